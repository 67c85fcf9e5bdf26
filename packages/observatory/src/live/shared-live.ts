import type { Cache } from '@nostrata/cache';
import type { Clock, LiveFigures, LiveReads } from '../contract.ts';
import { figuresKept, lateMs, sourceGoneMs } from './limits.ts';

/** Where collectors say what they take in, and the other processes listen. */
const channel = 'live';

/** What one collector took in during one second. */
interface Word {
  readonly source: string;
  readonly figures: LiveFigures;
}

/** Tells the processes of this installation what a collector takes in, every second. */
export function publishLive(
  live: Pick<LiveReads, 'onFigures'>,
  { cache, source, onFailed }: { readonly cache: Cache; readonly source: string; onFailed(error: unknown): void },
): () => void {
  return live.onFigures((figures) => {
    cache.publish(channel, JSON.stringify({ source, figures } satisfies Word)).catch(onFailed);
  });
}

/** What all collectors of an installation take in, for processes that do not collect themselves. */
export type SharedLive = LiveReads & AsyncDisposable;

/**
 * Listens to every collector and adds up what they say of the same second. A second is told when the slowest of them has
 * had time to speak; one that falls silent is taken for gone.
 * @throws CacheError where the cache cannot be reached
 */
export async function openSharedLive({
  cache,
  clock,
}: {
  readonly cache: Cache;
  readonly clock: Clock;
}): Promise<SharedLive> {
  const listeners = new Set<(figures: LiveFigures) => void>();
  const recent: LiveFigures[] = [];
  const openSeconds = new Map<number, Map<string, LiveFigures>>();
  const lastBySource = new Map<string, LiveFigures>();
  const tell = (second: number, words: ReadonlyMap<string, LiveFigures>): void => {
    openSeconds.delete(second);
    const figures = addUp(second, words, lastBySource);
    recent.push(figures);
    if (recent.length > figuresKept) recent.shift();
    for (const listener of [...listeners]) listener(figures);
  };
  let cancel = (): void => undefined;
  const tick = (): void => {
    const now = clock.now();
    for (const [source, { atMs }] of lastBySource) if (now - atMs > sourceGoneMs) lastBySource.delete(source);
    const due = [...openSeconds].filter(([second]) => (second + 1) * 1_000 + lateMs <= now).sort(([a], [b]) => a - b);
    for (const [second, words] of due) tell(second, words);
    cancel = clock.after(1_000, tick);
  };
  const unsubscribe = await cache.subscribe(channel, (message) => {
    const { source, figures } = JSON.parse(message) as Word;
    const second = Math.floor(figures.atMs / 1_000);
    const words = openSeconds.get(second) ?? new Map<string, LiveFigures>();
    openSeconds.set(second, words.set(source, figures));
    lastBySource.set(source, figures);
  });
  tick();
  return {
    recent: () => recent,
    onFigures(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async [Symbol.asyncDispose]() {
      cancel();
      listeners.clear();
      await unsubscribe();
    },
  };
}

function addUp(
  second: number,
  words: ReadonlyMap<string, LiveFigures>,
  lastBySource: ReadonlyMap<string, LiveFigures>,
): LiveFigures {
  const kinds: Record<string, number> = {};
  let [received, unique, invalid] = [0, 0, 0];
  for (const figures of words.values()) {
    received += figures.received;
    unique += figures.unique;
    invalid += figures.invalid;
    for (const [kind, count] of Object.entries(figures.kinds)) kinds[kind] = (kinds[kind] ?? 0) + count;
  }
  // A collector that said nothing in this second still holds its connections.
  const connected = [...lastBySource.values()].reduce((sum, figures) => sum + figures.connected, 0);
  return { atMs: second * 1_000, received, unique, invalid, connected, kinds };
}
