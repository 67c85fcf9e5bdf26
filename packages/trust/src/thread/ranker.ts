import type { EventStore } from '@nostrata/store';
import type { TrustClock, TrustMetrics, TrustState } from '../contract.ts';
import { TrustError } from '../errors.ts';
import { flushIntervalMs, rankIntervalMs, restartFirstMs, restartMaxMs, scoreTtlMs } from '../limits.ts';
import { createFeed } from './feed.ts';
import type { NetworkFigures } from './messages.ts';
import { type Ask, startThread, type Thread } from './thread.ts';

/** What the ranks say now, and since when. */
export interface Ranked {
  readonly figures: NetworkFigures;
  /** The time (ms) up to which the log is in the ranks. */
  readonly asOf: number;
  readonly ask: Ask;
}

/** What a ranker is made of. */
export interface RankerOptions {
  readonly store: EventStore;
  readonly anchors: readonly string[];
  readonly clock: TrustClock;
  readonly seed: number;
  /** Told of everything that goes wrong in the background. */
  readonly onProblem?: ((error: unknown) => void) | undefined;
  readonly metrics?: TrustMetrics | undefined;
  /** How a thread is started; for tests that end it. */
  readonly startThread?: typeof startThread | undefined;
}

/** Keeps a thread with the graph alive, fed and ranked. */
export interface Ranker {
  readonly state: TrustState;
  /** @throws TrustError where there are no ranks now */
  ranked(): Ranked;
  start(): Promise<void>;
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/** Creates a ranker. One round at a time: take changes in, and rank where it is due; a thread that ended is replaced. */
export function createRanker(options: RankerOptions): Ranker {
  const { store, anchors, clock, onProblem } = options;
  const feed = createFeed(store);
  let thread: Thread | undefined;
  let ranked: Ranked | undefined;
  let isChanged = true;
  let rankedAtMs = 0;
  let backOffMs = restartFirstMs;
  let isStopped = false;
  let forget: (() => void) | undefined;
  let running: Promise<void> = Promise.resolve();

  const open = async (): Promise<Thread> => {
    const opened = (options.startThread ?? startThread)(options.seed);
    thread = opened;
    void opened.ended.then(() => {
      if (thread !== opened) return;
      thread = undefined;
      ranked = undefined;
      isChanged = true;
      if (!isStopped) schedule(backOffMs);
      backOffMs = Math.min(backOffMs * 2, restartMaxMs);
    });
    try {
      await feed.load(opened.ask);
    } catch (error) {
      // Half a graph would rank people down whose lists are missing.
      await opened.stop();
      throw error;
    }
    return opened;
  };
  const round = async (isDue: boolean): Promise<void> => {
    if (isStopped) throw new TrustError('stopped', 'the web of trust is stopped');
    const isNew = thread === undefined;
    const { ask } = thread ?? (await open());
    const asOf = clock.now();
    if (feed.mustLoad) {
      await thread?.stop();
      throw new TrustError('unavailable', 'too much has changed at once: the web of trust is read anew');
    }
    isChanged = (await feed.flush(ask)) || isChanged;
    if (isChanged && (isDue || isNew || asOf - rankedAtMs >= rankIntervalMs)) {
      const startedMs = clock.now();
      const figures = await ask('rank', { anchors });
      options.metrics?.ranked?.((clock.now() - startedMs) / 1_000, figures);
      isChanged = false;
      rankedAtMs = asOf;
      ranked = { figures, asOf, ask };
    } else if (!isChanged && ranked) ranked = { ...ranked, asOf };
    backOffMs = restartFirstMs;
  };
  /** Rounds wait for one another, and the next is always planned. */
  const run = (isDue: boolean): Promise<void> => {
    const mine = running.then(() => round(isDue));
    running = mine.catch(() => undefined).then(() => schedule(thread ? flushIntervalMs : backOffMs));
    return mine;
  };
  const schedule = (milliseconds: number): void => {
    forget?.();
    if (!isStopped) forget = clock.after(milliseconds, () => void run(false).catch((error) => onProblem?.(error)));
  };

  return {
    get state() {
      if (isStopped) return 'stopped';
      if (!thread) return 'unavailable';
      if (!ranked) return 'building';
      return clock.now() - ranked.asOf > scoreTtlMs ? 'behind' : 'ready';
    },
    ranked() {
      if (isStopped) throw new TrustError('stopped', 'the web of trust is stopped');
      if (!ranked) throw new TrustError('unavailable', 'the web of trust is being computed');
      return ranked;
    },
    start: () => run(true),
    refresh: () => run(true),
    async stop() {
      isStopped = true;
      forget?.();
      feed.stop();
      await thread?.stop();
      await running;
    },
  };
}
