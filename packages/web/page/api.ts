import type { Answer, Range, Snapshot } from '@nostrata/observatory';
import { useEffect, useState } from 'preact/hooks';
import { routes } from './routes.ts';
import { type ApiClient, type Cached, useSurroundings } from './surroundings.ts';

/** Why an answer could not be had. */
export interface Fault {
  /** `offline`: no connection to the server at all; `refused`: it answered with an error. */
  readonly reason: 'offline' | 'refused';
  readonly message: string;
  readonly code: string;
}

/** What a part knows of what it shows: the newest answer, and what stands in the way of a newer one. */
export interface Loaded<Data> {
  readonly answer: Answer<Data> | undefined;
  readonly fault: Fault | undefined;
  readonly loading: boolean;
  reload(): void;
}

/** Answers kept in memory: the pages of one visit for all ranges fit several times. */
const answersMax = 60;
/** Figures are computed every five minutes. */
const refreshMs = 300_000;
/** A last good copy may be followed by a newer answer sooner. */
const staleMs = 60_000;
const timeoutMs = 15_000;

/** Creates the client of the API: what was seen is shown at once, and asked for again behind it. */
export function createApiClient(options: {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  now(): number;
}): ApiClient {
  const cachedByPath = new Map<string, Cached>();
  return {
    peek: (path) => cachedByPath.get(path),
    load: async (path, signal) => {
      const late = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const response = await options.fetch(path, { signal: late, headers: { accept: 'application/json' } });
      const body: unknown = await response.json();
      // The last good copy comes with status 503: it is an answer that says how old it is.
      if (!response.ok && !isAnswer(body)) throw new RefusedError(body, response.status);
      if (!isAnswer(body)) throw new RefusedError({ message: 'The server answered with something else.' }, 502);
      const cached = { body, atMs: options.now() };
      cachedByPath.delete(path);
      cachedByPath.set(path, cached);
      const [oldest] = cachedByPath.keys();
      if (cachedByPath.size > answersMax && oldest !== undefined) cachedByPath.delete(oldest);
      return cached;
    },
  };
}

class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: string;
  constructor(body: unknown, status: number) {
    const { error, message } = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    super(typeof message === 'string' ? message : `The server answered with status ${status}.`);
    this.code = typeof error === 'string' ? error : String(status);
  }
}

function isAnswer(body: unknown): body is Answer<unknown> {
  return typeof body === 'object' && body !== null && 'data' in body && 'asOf' in body;
}

function toFault(error: unknown): Fault {
  if (error instanceof RefusedError) return { reason: 'refused', message: error.message, code: error.code };
  if (error instanceof SyntaxError) {
    return { reason: 'refused', message: 'The server answered with something that is not JSON.', code: 'not-json' };
  }
  return { reason: 'offline', message: 'The server cannot be reached.', code: 'offline' };
}

function isYoung({ body, atMs }: Cached, nowMs: number): boolean {
  const { stale = false } = body as Partial<Answer<unknown>>;
  return nowMs - atMs < (stale ? staleMs : refreshMs);
}

/** A part of all figures of a range: pages that show parts of the same answer ask for it once. */
export function usePart<Part>(range: Range, pick: (snapshot: Snapshot) => Part): Loaded<Part> {
  const { answer, ...state } = useAnswer(routes.full(range));
  return { ...state, answer: answer && { ...answer, data: pick(answer.data) } };
}

/**
 * The answer of a path, in a component: at once where it was seen before, fresh where that is older than figures live,
 * and again as often while the page is looked at: the server counts requests. The paths and the types of their data are named in one place, `routes.ts`.
 */
export function useAnswer<Data>(route: { readonly path: string; readonly of?: Data } | undefined): Loaded<Data> {
  const { api, now } = useSurroundings();
  const path = route?.path;
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ path: string | undefined; fault: Fault | undefined; loading: boolean }>();
  useEffect(() => {
    if (path === undefined) return;
    const leaving = new AbortController();
    setState({ path, fault: undefined, loading: true });
    const load = async (): Promise<void> => {
      try {
        await api.load(path, leaving.signal);
        if (!leaving.signal.aborted) setState({ path, fault: undefined, loading: false });
      } catch (error) {
        if (!leaving.signal.aborted) setState({ path, fault: toFault(error), loading: false });
      }
    };
    const again = (): void => {
      if (document.visibilityState === 'visible') void load();
    };
    const known = api.peek(path);
    if (known && turn === 0 && isYoung(known, now())) setState({ path, fault: undefined, loading: false });
    else void load();
    const timer = setInterval(again, refreshMs);
    addEventListener('online', again);
    return () => {
      leaving.abort();
      clearInterval(timer);
      removeEventListener('online', again);
    };
  }, [path, turn, api, now]);
  const current = state?.path === path ? state : undefined;
  return {
    answer: path === undefined ? undefined : (api.peek(path)?.body as Answer<Data> | undefined),
    fault: current?.fault,
    loading: current?.loading ?? true,
    reload: () => setTurn(turn + 1),
  };
}
