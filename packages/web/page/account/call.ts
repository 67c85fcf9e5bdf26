import { useCallback, useEffect, useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.ts';
import { CallError, type CallOptions, callApi, messageOf } from './request.ts';
import { useSession } from './session.tsx';

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
