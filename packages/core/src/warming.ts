import type { Clock } from '@nostrata/network';
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
