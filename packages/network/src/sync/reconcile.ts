import { type Filter, normalizeRelayUrl } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import type { Clock, RelayPool } from '../contract.ts';
import { matchesNothing } from '../requests/split.ts';
import { compareWindow, type Difference } from './compare.ts';
import { findUnknown, type PageCursor, type PagesOptions, readPages } from './pages.ts';
import { beginProgress, type OpenProgress, type SyncProgress } from './progress.ts';
import { fetchIds, LostError, sendIds, type TransferOptions, wait } from './transfer.ts';
import { readWindow, type Window } from './windows.ts';

/** The pieces a sync works with. Events come in through the pool's own door. */
export interface SyncParts {
  readonly store: Pick<EventStore, 'items' | 'query' | 'sightings'>;
  readonly pool: Pick<RelayPool, 'load' | 'send' | 'count' | 'negotiate'>;
  readonly clock: Clock;
}

/** Options of a sync. */
export interface SyncOptions {
  /** `down`: get what we lack; `up`: send what the relay lacks; `both` unless told. */
  readonly direction?: 'down' | 'up' | 'both' | undefined;
  /** `doneSeconds` of an earlier sync of the same filter, by relay: it goes on after them. */
  readonly resume?: ReadonlyMap<string, number> | undefined;
  /** Events of ours compared at a time, about 50 bytes each; 50,000 unless told. */
  readonly windowEventsMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Failures in a row after which a relay is left alone, and the wait after the first of them. */
const triesMax = 4;
const retryMs = 1_000;
const defaultWindowEvents = 50_000;

/**
 * Makes our store and relays equal for a filter, one relay after another: compared by negentropy (NIP-77) in windows of
 * time, or page by page where a relay does not speak it. A connection that is lost costs the window under way. Limits
 * and searches in the filter are not looked at. Ends each relay with `done` or `failed`; throws only what the store
 * or the signal throws.
 */
export async function* reconcile(
  parts: SyncParts,
  filter: Filter,
  options: SyncOptions & { readonly relays: readonly string[] },
): AsyncGenerator<SyncProgress> {
  // Where events came from is remembered by the one spelling of a URL.
  const relays = new Set(options.relays.map((relay) => normalizeRelayUrl(relay) ?? relay));
  for (const relay of relays) {
    const progress = beginProgress(relay);
    // A filter with an empty list matches nothing; some relays would read it as everything.
    if (!matchesNothing(filter)) yield* syncRelay(createRun(parts, options, { filter, progress }));
    options.signal?.throwIfAborted();
    yield { ...progress, phase: progress.phase === 'failed' ? 'failed' : 'done' };
  }
}

/** One relay's sync under way. */
interface Run {
  readonly parts: SyncParts;
  readonly filter: Filter;
  readonly options: SyncOptions;
  readonly progress: OpenProgress;
  readonly transfer: TransferOptions;
  readonly pages: PagesOptions;
  /** Everything before this second is settled; the end; and how many seconds are compared at a time. */
  since: number;
  readonly until: number;
  spanSeconds: number;
  /** Where paging has come, so that a lost connection does not begin it again. */
  readonly cursor: PageCursor;
  /** Whether the relay has ever ended a negotiation. */
  hasReconciled: boolean;
}

/** Events may be dated ahead; what lies further in the future is a mistake. */
const futureSeconds = 31_536_000;

function createRun(
  parts: SyncParts,
  options: SyncOptions,
  { filter, progress }: { readonly filter: Filter; readonly progress: OpenProgress },
): Run {
  const { signal } = options;
  const { relay } = progress;
  const until = filter.until ?? Math.floor(parts.clock.now() / 1000) + futureSeconds;
  const since = Math.max(filter.since ?? 0, options.resume?.get(relay) ?? 0);
  const common = { ...parts, relay, signal, progress };
  return {
    parts,
    filter,
    options,
    progress,
    transfer: common,
    pages: { ...common, filter },
    since,
    until,
    spanSeconds: Number.POSITIVE_INFINITY,
    cursor: { until },
    hasReconciled: false,
  };
}

async function* syncRelay(run: Run): AsyncGenerator<SyncProgress> {
  const { progress, parts, options } = run;
  let failures = 0;
  while (run.since <= run.until) {
    try {
      const isPaging = progress.method === 'paging';
      for await (const _ of isPaging ? syncPages(run, run) : syncWindow(run)) {
        failures = 0;
        yield { ...progress };
      }
    } catch (error) {
      if (!(error instanceof LostError)) throw error;
      options.signal?.throwIfAborted();
      progress.reason = error.message;
      if (++failures >= triesMax) {
        progress.phase = 'failed';
        return;
      }
      // A relay that lists NIP-77 and never answers it may still answer a REQ.
      if (failures > 1 && !run.hasReconciled) progress.method = 'paging';
      await wait(parts.clock, retryMs * 2 ** failures, options.signal);
    }
  }
}

async function* syncWindow(run: Run): AsyncGenerator<void> {
  const { parts, filter, options, progress } = run;
  const { signal, windowEventsMax: itemsMax = defaultWindowEvents } = options;
  progress.phase = 'comparing';
  const until = Math.min(run.until, run.since + run.spanSeconds);
  const window = await readWindow(parts.store, filter, { since: run.since, until, itemsMax, signal });
  const difference = await compareWindow(parts.pool, progress.relay, { filter, window, signal });
  switch (difference.end) {
    case 'reconciled':
      run.hasReconciled = true;
      yield* moveDifference(run, difference);
      run.spanSeconds *= 4;
      return yield settle(run, window.until);
    case 'too-large':
      if (window.until > window.since) run.spanSeconds = Math.floor((window.until - window.since) / 2);
      else yield* syncPages(run, window);
      return;
    case 'unsupported':
      progress.method = 'paging';
      return;
    case 'aborted':
    case 'timeout':
    case 'unreachable':
      signal?.throwIfAborted();
      throw new LostError(difference.end === 'timeout' ? 'no answer to a negotiation' : 'no connection');
  }
}

async function* moveDifference(run: Run, { need, have }: Difference): AsyncGenerator<void> {
  const { progress, transfer, options } = run;
  const { direction = 'both' } = options;
  // What was moved before the connection was lost is not counted again.
  progress.needed = progress.fetched + progress.missing + need.length;
  progress.offered = progress.sent + progress.refused + have.length;
  yield;
  if (direction !== 'up') yield* fetchIds(need, transfer);
  if (direction !== 'down') yield* sendIds(have, transfer);
}

async function* syncPages(run: Run, span: Pick<Window, 'since' | 'until'>): AsyncGenerator<void> {
  const { progress, pages, transfer, options } = run;
  const { direction = 'both' } = options;
  const { since, until } = span;
  const cursor = until === run.until ? run.cursor : { until };
  if (direction !== 'up') yield* readPages(pages, cursor, since);
  if (direction !== 'down') {
    for await (const ids of findUnknown(pages, since, until)) {
      progress.offered += ids.length;
      yield* sendIds(ids, transfer);
    }
  }
  yield settle(run, until);
}

/** Everything up to this second is equal on both sides now. */
function settle(run: Run, until: number): void {
  run.since = until + 1;
  run.progress.doneSeconds = Math.min(until, Math.floor(run.parts.clock.now() / 1000));
}
