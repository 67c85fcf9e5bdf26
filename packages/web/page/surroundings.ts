import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** What the page takes from the browser: handed in once, so that every part can be tried with others. */
export interface Surroundings {
  /** Milliseconds since 1970. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  openSocket(url: string): WebSocket;
  openStream(path: string): EventSource;
  /** The WebSocket address of the page's own relay. */
  readonly ownRelay: string;
  readonly api: ApiClient;
}

/** An answer as it lies in the cache of the page. */
export interface Cached {
  readonly body: unknown;
  readonly atMs: number;
}

/** Answers that the page has seen, by path; bounded, the oldest go first. */
export interface ApiClient {
  peek(path: string): Cached | undefined;
  load(path: string, signal: AbortSignal): Promise<Cached>;
}

/** The surroundings that the application was started with. */
export const SurroundingsContext = createContext<Surroundings | undefined>(undefined);

/** The surroundings, in a component. */
export function useSurroundings(): Surroundings {
  const found = useContext(SurroundingsContext);
  if (!found) throw new Error('the application was started without its surroundings');
  return found;
}
