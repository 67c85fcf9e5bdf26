import type { Clock } from '@nostrata/network';
import { elapsed } from '../clock.ts';
import type { Freshness, FreshnessClass, Loaded, LoadOptions, ReadPolicy } from '../contract.ts';
import type { FigureBook, ReadResult } from '../figures.ts';
import { type Check, type FreshnessLedger, isBackingOff, isFresh } from '../freshness/ledger.ts';
import { readDeadlineMs } from '../limits.ts';
import type { LoadOutcome } from '../loading/loader.ts';

/** One thing that can be read: where it is in the store, and how it is got from relays. */
export interface ReadSpec<T> {
  readonly class: FreshnessClass;
  /** The key of its check in the ledger. */
  readonly key: string;
  /** The answer is there even when nothing is known, as a count of nothing is: then the first read waits. */
  readonly isAlwaysThere?: boolean | undefined;
  local(): Promise<T | undefined>;
  /** Gets it from relays; the outcome names those that answered. `value` is what is here now. */
  load(value: T | undefined, hints: readonly string[]): Promise<LoadOutcome>;
}

/** Options of a read; internal ones are not counted as reads of the application. */
export interface ReaderLoadOptions extends LoadOptions {
  readonly isInternal?: boolean | undefined;
}

/** Answers reads from the store and keeps the store fresh. */
export interface Reader {
  read<T>(spec: ReadSpec<T>, options?: ReaderLoadOptions): Promise<Loaded<T>>;
  /** Asks relays now, for nobody in particular. */
  refresh<T>(spec: ReadSpec<T>, hints?: readonly string[]): Promise<Loaded<T>>;
  setOnline(isOnline: boolean): void;
  /** Waits for refreshes under way; the network must have ended before. */
  stop(): Promise<void>;
}

/** What the reader is made of. */
export interface ReaderOptions {
  readonly ledger: FreshnessLedger;
  readonly clock: Clock;
  readonly freshness: Readonly<Record<FreshnessClass, Freshness>>;
  readonly book: FigureBook;
  /** Resolves when views show everything that was stored so far. */
  readonly caughtUp: () => Promise<void>;
  /** False where the budget has nothing left for what nobody waits for. */
  readonly mayRefresh: () => boolean;
}

interface Standing<T> {
  readonly value: T | undefined;
  readonly check: Check | undefined;
  readonly isFresh: boolean;
}

/** Makes the reader. */
export function createReader(options: ReaderOptions): Reader {
  const { ledger, clock, freshness, book } = options;
  const underWay = new Map<string, Promise<Loaded<unknown>>>();
  let isOnline = true;

  const stand = async <T>(spec: ReadSpec<T>, freshForMs: number | undefined): Promise<Standing<T>> => {
    const found = ledger.get(spec.key);
    const check = found instanceof Promise ? await found : found;
    const times = freshness[spec.class];
    const value = await spec.local();
    const limits = freshForMs === undefined ? times : { ...times, freshForMs };
    return { value, check, isFresh: isFresh(check, limits, clock.now()) && check?.found === (value !== undefined) };
  };

  const refresh = <T>(spec: ReadSpec<T>, hints: readonly string[] = []): Promise<Loaded<T>> => {
    const known = underWay.get(spec.key);
    if (known) return known as Promise<Loaded<T>>;
    const run = runRefresh(spec, hints, options).finally(() => underWay.delete(spec.key));
    underWay.set(spec.key, run);
    return run;
  };

  const read = async <T>(spec: ReadSpec<T>, readOptions: ReaderLoadOptions = {}): Promise<Loaded<T>> => {
    const startedMs = elapsed();
    readOptions.signal?.throwIfAborted();
    const policy = readOptions.policy ?? freshness[spec.class].policy;
    const standing = await stand(spec, readOptions.freshForMs);
    const isHopeless = !isOnline || isBackingOff(standing.check, clock.now());
    const isKnown =
      spec.isAlwaysThere === true ? toCheckedAt(standing.check) !== undefined : standing.value !== undefined;
    const move = chooseMove(policy, { isKnown, isGood: standing.isFresh, isHopeless });
    const finish = (loaded: Loaded<T>, result: ReadResult): Loaded<T> => {
      if (readOptions.isInternal !== true) book.read(result, elapsed() - startedMs);
      return loaded;
    };
    if (move === 'wait') {
      const refreshed = refresh(spec, readOptions.relays);
      const loaded = await withDeadline(refreshed, readOptions, clock);
      const isLate = loaded === undefined;
      const answer = isLate ? { ...toLoaded(standing), refresh: refreshed } : loaded;
      if (policy === 'network-only' && (isLate || loaded.state !== 'fresh')) {
        return finish({ ...answer, value: undefined, state: 'missing' }, 'missing');
      }
      return finish(answer, isLate ? resultOf(standing) : answer.value === undefined ? 'missing' : 'waited');
    }
    const answer = toLoaded(standing);
    const isRefreshed = move === 'refresh' && options.mayRefresh();
    return finish(isRefreshed ? { ...answer, refresh: refresh(spec, readOptions.relays) } : answer, resultOf(standing));
  };

  return {
    read,
    refresh,
    setOnline: (value) => {
      isOnline = value;
    },
    stop: async () => {
      await Promise.allSettled(underWay.values());
    },
  };
}

/** What to do about the network: nothing, a refresh that nobody waits for, or wait for it. */
function chooseMove(
  policy: ReadPolicy,
  { isKnown, isGood, isHopeless }: Record<'isKnown' | 'isGood' | 'isHopeless', boolean>,
): 'answer' | 'refresh' | 'wait' {
  switch (policy) {
    case 'cache-only':
      return 'answer';
    case 'network-first':
    case 'network-only':
      return 'wait';
    case 'cache-first':
      return isGood || isHopeless ? 'answer' : 'wait';
    case 'stale-while-revalidate':
      if (isGood || isHopeless) return 'answer';
      return isKnown ? 'refresh' : 'wait';
  }
}

async function runRefresh<T>(
  spec: ReadSpec<T>,
  hints: readonly string[],
  { ledger, caughtUp, book, clock }: ReaderOptions,
): Promise<Loaded<T>> {
  const before = await spec.local();
  const { relays } = await spec.load(before, hints);
  await caughtUp();
  const value = await spec.local();
  const isOk = relays.length > 0;
  if (isOk) ledger.checked(spec.key, { relays, found: value !== undefined });
  else ledger.failed(spec.key);
  book.refreshed(isOk);
  const found = ledger.get(spec.key);
  const check = found instanceof Promise ? await found : found;
  return {
    value,
    state: value === undefined ? 'missing' : isOk ? 'fresh' : 'stale',
    source: isOk ? 'relay' : 'store',
    checkedAtMs: isOk ? clock.now() : toCheckedAt(check),
    relays: isOk ? relays : (check?.relays ?? []),
  };
}

function toLoaded<T>({ value, check, isFresh: isGood }: Standing<T>): Loaded<T> {
  return {
    value,
    state: value === undefined ? 'missing' : isGood ? 'fresh' : 'stale',
    source: 'store',
    checkedAtMs: toCheckedAt(check),
    relays: check?.relays ?? [],
  };
}

function toCheckedAt(check: Check | undefined): number | undefined {
  return check === undefined || check.checkedAtMs === 0 ? undefined : check.checkedAtMs;
}

function resultOf({ value, isFresh: isGood }: Standing<unknown>): ReadResult {
  if (value === undefined) return 'missing';
  return isGood ? 'hit' : 'stale';
}

/** The value, or undefined at the deadline. @throws the signal's reason */
async function withDeadline<T>(
  promise: Promise<T>,
  { deadlineMs = readDeadlineMs, signal }: LoadOptions,
  clock: Clock,
): Promise<T | undefined> {
  signal?.throwIfAborted();
  const { promise: ended, resolve, reject } = Promise.withResolvers<undefined>();
  const cancel = clock.after(deadlineMs, () => resolve(undefined));
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    cancel();
    signal?.removeEventListener('abort', abort);
  }
}
