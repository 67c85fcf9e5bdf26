import { useCallback, useEffect, useState } from 'preact/hooks';
import { useSurroundings } from '../surroundings.ts';
import type { ListAnswer } from './answers.ts';
import { CallError, type CallOptions, callApi, messageOf } from './request.ts';
import { useSession } from './session.tsx';

/** Asks the API. */
export type Call = <Answer>(path: string, options?: CallOptions) => Promise<Answer>;

/** Asks the API as whoever is signed in. A session that has ended is noticed here. */
export function useCall(): Call {
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

/** A list of which more can be had. */
export interface FetchedList<Entry> extends Fetched<ListAnswer<Entry>> {
  /** Loads the next part; undefined where there is none. */
  readonly more: Action | undefined;
}

/** Loads a list, and more of it when asked. */
export function useFetchedList<Entry>(path: string | undefined): FetchedList<Entry> {
  const call = useCall();
  const list = useFetched<ListAnswer<Entry>>(path);
  const next = list.answer?.next ?? undefined;
  const more = useAction(async () => {
    if (path === undefined || next === undefined) return;
    const { items = [] } = list.answer ?? {};
    const part = await call<ListAnswer<Entry>>(
      `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(next)}`,
    );
    list.replace({ items: [...items, ...part.items], next: part.next });
  });
  return { ...list, more: next === undefined ? undefined : more };
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
