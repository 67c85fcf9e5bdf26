import type { Clock } from '@nostrata/network';
import { keepWarmEveryMs } from './limits.ts';
import type { Reader } from './reads/reader.ts';
import type { Specs } from './reads/specs.ts';

/** How much to warm. */
export interface WarmOptions {
  /** Also the people whom they follow; true unless told. */
  readonly follows?: boolean | undefined;
  /** People at most; 500 unless told. */
  readonly peopleMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What warming did. */
export interface WarmReport {
  readonly people: number;
  /** Answers that were fresh already, that relays gave, and that the budget left out. */
  readonly fresh: number;
  readonly refreshed: number;
  readonly skipped: number;
}

/** What warming is made of. */
export interface WarmParts {
  readonly reader: Reader;
  readonly specs: Pick<Specs, 'profile' | 'follows' | 'relayList'>;
  readonly mayRefresh: () => boolean;
}

/** Loads profiles, follow lists and relay lists of these people, and then of those whom they follow. */
export async function warm(
  pubkeys: readonly string[],
  { follows = true, peopleMax = 500, signal }: WarmOptions,
  { reader, specs, mayRefresh }: WarmParts,
): Promise<WarmReport> {
  const count = { fresh: 0, refreshed: 0, skipped: 0 };
  const touch = async <T>(spec: Parameters<Reader['read']>[0] & { local(): Promise<T | undefined> }): Promise<void> => {
    signal?.throwIfAborted();
    if (!mayRefresh()) {
      count.skipped += 1;
      return;
    }
    const { source } = await reader.read(spec, { policy: 'cache-first', isInternal: true });
    count[source === 'relay' ? 'refreshed' : 'fresh'] += 1;
  };
  const first = [...new Set(pubkeys)].slice(0, peopleMax);
  await Promise.all(
    first.flatMap((pubkey) => [
      touch(specs.relayList(pubkey)),
      touch(specs.profile(pubkey)),
      touch(specs.follows(pubkey)),
    ]),
  );
  const people = new Set(first);
  if (follows) {
    for (const pubkey of first) {
      const { value } = await reader.read(specs.follows(pubkey), { policy: 'cache-only' });
      for (const followed of value?.follows ?? []) if (people.size < peopleMax) people.add(followed.pubkey);
    }
    const others = [...people].slice(first.length);
    await Promise.all(others.flatMap((pubkey) => [touch(specs.relayList(pubkey)), touch(specs.profile(pubkey))]));
  }
  return { people: people.size, ...count };
}

/** How often to warm. */
export interface KeepWarmOptions extends WarmOptions {
  /** Milliseconds between two rounds; 15 minutes unless told. Only what is not fresh any more is asked for. */
  readonly everyMs?: number | undefined;
}

/** Warms at once and then at intervals. A round that takes longer than the interval is not joined by another. */
export function keepWarm(
  pubkeys: readonly string[],
  { everyMs = keepWarmEveryMs, ...options }: KeepWarmOptions,
  parts: WarmParts & {
    readonly clock: Clock;
    readonly isOnline: () => boolean;
    readonly onFailed: (what: string, error: unknown) => void;
  },
): () => void {
  const ended = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, ended.signal]) : ended.signal;
  let cancel: (() => void) | undefined;
  const round = async (): Promise<void> => {
    if (signal.aborted) return;
    try {
      if (parts.isOnline()) await warm(pubkeys, { ...options, signal }, parts);
    } catch (error) {
      if (!signal.aborted) parts.onFailed('warming', error);
    }
    if (!signal.aborted) cancel = parts.clock.after(everyMs, () => void round());
  };
  void round();
  return () => {
    ended.abort();
    cancel?.();
  };
}

/** A bucket of bytes that fills over an hour: what background work may receive. */
export interface ByteBudget {
  mayRefresh(): boolean;
}

/** Counts the bytes that came in since the last look against what an hour allows. */
export function createByteBudget(bytesPerHour: number, clock: Clock, bytesIn: () => number): ByteBudget {
  let left = bytesPerHour;
  let [lastMs, lastBytes] = [clock.now(), bytesIn()];
  return {
    mayRefresh: () => {
      const [now, bytes] = [clock.now(), bytesIn()];
      left = Math.min(bytesPerHour, left + (Math.max(0, now - lastMs) / 3_600_000) * bytesPerHour);
      left -= Math.max(0, bytes - lastBytes);
      [lastMs, lastBytes] = [now, bytes];
      return left > 0;
    },
  };
}
