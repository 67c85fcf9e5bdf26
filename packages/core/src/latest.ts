/**
 * A stream of states of which only the newest counts: a slow reader skips what it missed and memory stays bounded.
 */
export interface Latest<T> {
  emit(value: T): void;
  /** Ends every reader after the last value. */
  end(): void;
  /** The newest value first, where there is one, and then each that is newer when the reader comes back. */
  read(signal?: AbortSignal): AsyncIterable<T>;
}

/** Makes a stream; with `initial` a new reader gets that until something was emitted. */
export function createLatest<T>(): Latest<T> {
  let current: { readonly value: T; readonly number: number } | undefined;
  let isEnded = false;
  let number = 0;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const resolve of waiting) resolve();
    waiting.clear();
  };
  const wait = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      waiting.add(resolve);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  return {
    emit: (value) => {
      number += 1;
      current = { value, number };
      wake();
    },
    end: () => {
      isEnded = true;
      wake();
    },
    async *read(signal) {
      let seen = 0;
      while (signal?.aborted !== true) {
        if (current && current.number > seen) {
          seen = current.number;
          yield current.value;
        } else if (isEnded) return;
        else await wait(signal);
      }
    },
  };
}
