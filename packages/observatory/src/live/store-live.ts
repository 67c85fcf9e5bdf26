import type { Change, EventStore } from '@nostrata/store';
import type { Clock, LiveFigures, LiveReads } from '../contract.ts';
import { figuresKept } from './limits.ts';

/** What enters a store, for programs that do not collect: a relay that counts what its clients bring. */
export type StoreLive = LiveReads & AsyncDisposable;

/** Follows the log and says every second what was new. What clients sent and was known or refused is not seen here. */
export function createStoreLive({
  store,
  clock,
}: {
  readonly store: Pick<EventStore, 'follow'>;
  readonly clock: Clock;
}): StoreLive {
  const listeners = new Set<(figures: LiveFigures) => void>();
  const recent: LiveFigures[] = [];
  let kinds: Record<string, number> = {};
  let unique = 0;
  const unfollow = store.follow((changes: readonly Change[]) => {
    for (const change of changes) {
      if (change.type !== 'stored') continue;
      const { kind } = change.event;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      unique += 1;
    }
  });
  let cancel = (): void => undefined;
  const tick = (): void => {
    const figures = { atMs: clock.now(), received: unique, unique, invalid: 0, connected: 0, kinds };
    kinds = {};
    unique = 0;
    recent.push(figures);
    if (recent.length > figuresKept) recent.shift();
    for (const listener of [...listeners]) listener(figures);
    cancel = clock.after(1_000, tick);
  };
  cancel = clock.after(1_000, tick);
  return {
    recent: () => recent,
    onFigures(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      cancel();
      unfollow();
      listeners.clear();
    },
  };
}
