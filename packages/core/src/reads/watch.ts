import type { Clock } from '@nostrata/network';
import type { Change } from '@nostrata/store';
import type { Freshness, FreshnessClass, Loaded, LoadOptions } from '../contract.ts';
import { createLatest } from '../latest.ts';
import { emitEveryMs } from '../limits.ts';
import type { Reader, ReadSpec } from './reader.ts';

/** What watching is made of. */
export interface WatchParts {
  readonly reader: Reader;
  readonly clock: Clock;
  readonly freshness: Readonly<Record<FreshnessClass, Freshness>>;
  /** Calls back after changes of the store are visible to reads; returns the function that ends it. */
  readonly onChanges: (listener: (changes: readonly Change[]) => void) => () => void;
  readonly onFailed: (what: string, error: unknown) => void;
}

/**
 * The store's answer first, then every newer one: after a refresh, after a change that came by any path, and after a
 * check when the time of the answer has run out. Ends with the signal or when the reader leaves.
 */
export async function* watch<T>(
  spec: ReadSpec<T> & { readonly isTouched: (change: Change) => boolean },
  options: LoadOptions,
  { reader, clock, freshness, onChanges, onFailed }: WatchParts,
): AsyncGenerator<Loaded<T>, void, undefined> {
  const latest = createLatest<Loaded<T>>();
  const cancels = new Map<'read' | 'refresh', () => void>();
  let isOver = false;
  const again = (when: 'read' | 'refresh', afterMs: number, work: () => Promise<void>): void => {
    if (isOver || cancels.has(when)) return;
    const cancel = clock.after(afterMs, () => {
      cancels.delete(when);
      work().catch((error: unknown) => onFailed('watch', error));
    });
    cancels.set(when, cancel);
  };
  const emit = (loaded: Loaded<T>): void => {
    if (isOver) return;
    latest.emit(loaded);
    if (options.policy !== 'cache-only') {
      again('refresh', options.freshForMs ?? freshness[spec.class].freshForMs, async () => {
        emit(await reader.read(spec, { ...options, policy: 'network-first' }));
      });
    }
  };
  const stop = onChanges((changes) => {
    if (!changes.some(spec.isTouched)) return;
    again('read', emitEveryMs, async () => emit(await reader.read(spec, { ...options, policy: 'cache-only' })));
  });
  try {
    const first = await reader.read(spec, options);
    emit(first);
    first.refresh?.then(emit, (error: unknown) => onFailed('watch', error));
    yield* latest.read(options.signal);
  } finally {
    isOver = true;
    stop();
    for (const cancel of cancels.values()) cancel();
  }
}
