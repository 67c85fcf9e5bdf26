import { useCallback, useEffect, useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.ts';
import { useSession } from './session.tsx';

/** A request that was refused or did not arrive. The message is for people, the code for this program. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** 0 where the server was not reached. */
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** How a request is made. */
export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: unknown;
  readonly csrfToken?: string | null | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

const timeoutMs = 20_000;

/** Asks the API of accounts; the session is in a cookie, and what changes something carries the token against forgery. */
export async function callApi<Answer>(
  fetch: (path: string, init?: RequestInit) => Promise<Response>,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const { method = 'GET', body, csrfToken, headers = {}, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(csrfToken && method !== 'GET' ? { 'x-csrf-token': csrfToken } : {}),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new CallError(0, 'offline', 'The server cannot be reached. Check the connection and try again.');
  }
  if (response.status === 204) return undefined as Answer;
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer as Answer;
  const { error, message } = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  throw new CallError(
    response.status,
    typeof error === 'string' ? error : String(response.status),
    typeof message === 'string' ? toSentence(message) : `The server answered with status ${response.status}.`,
  );
}

/** Messages of the API are sentences without their dress. */
function toSentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error && error.message !== '') return toSentence(error.message);
  return 'Something went wrong.';
}

/** Asks the API as whoever is signed in. A session that has ended is noticed here. */
export function useCall(): <Answer>(path: string, options?: CallOptions) => Promise<Answer> {
  const { fetch } = useSurroundings();
  const { csrfToken, forget } = useSession();
  return useCallback(
    async <Answer>(path: string, options: CallOptions = {}): Promise<Answer> => {
      try {
        return await callApi<Answer>(fetch, path, { csrfToken, ...options });
      } catch (error) {
        if (error instanceof CallError && error.status === 401) forget();
        throw error;
      }
    },
    [fetch, csrfToken, forget],
  );
}

/** What a part knows of what it shows. */
export interface Fetched<Answer> {
  readonly answer: Answer | undefined;
  readonly fault: string | undefined;
  reload(): void;
  /** Shows another answer at once, such as the one that a change came back with. */
  replace(answer: Answer): void;
}

/** Loads a path, again when asked; with `everyMs` also by itself while the page is looked at. */
export function useFetched<Answer>(path: string | undefined, everyMs?: number): Fetched<Answer> {
  const call = useCall();
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ path: string | undefined; answer?: Answer; fault?: string }>({ path });
  useEffect(() => {
    if (path === undefined) return;
    const leaving = new AbortController();
    const load = async (): Promise<void> => {
      try {
        const answer = await call<Answer>(path, { signal: leaving.signal });
        setState({ path, answer });
      } catch (error) {
        if (leaving.signal.aborted) return;
        setState((old) => ({ ...(old.path === path ? old : { path }), fault: messageOf(error) }));
      }
    };
    void load();
    const timer =
      everyMs === undefined
        ? undefined
        : setInterval(() => {
            if (document.visibilityState === 'visible') void load();
          }, everyMs);
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [path, turn, everyMs, call]);
  const current = state.path === path ? state : undefined;
  return {
    answer: current?.answer,
    fault: current?.fault,
    reload: () => setTurn(turn + 1),
    replace: (answer) => setState({ path, answer }),
  };
}

/** An action of a button or a form. */
export interface Action {
  readonly isRunning: boolean;
  readonly fault: string | undefined;
  run(): void;
}

/** Runs something once at a time and keeps what went wrong until the next try. */
export function useAction(work: () => Promise<void>): Action {
  const [state, setState] = useState<{ isRunning: boolean; fault?: string | undefined }>({ isRunning: false });
  return {
    isRunning: state.isRunning,
    fault: state.fault,
    run: () => {
      if (state.isRunning) return;
      setState({ isRunning: true });
      work().then(
        () => setState({ isRunning: false }),
        (error: unknown) => setState({ isRunning: false, fault: messageOf(error) }),
      );
    },
  };
}
