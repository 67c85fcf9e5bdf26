import { rateBucketsMax } from '../limits.ts';

/** How many events a second are taken in the long run, and how many at once. */
export interface Rate {
  readonly eventsPerSecond: number;
  readonly burstEvents: number;
}

/** Token buckets by key. */
export interface TokenBuckets {
  /** Says whether a token is there, without taking it. */
  has(key: string): boolean;
  /** Takes a token; false where there is none. */
  take(key: string): boolean;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * Buckets that fill at the rate and start full. At most `rateBucketsMax` are kept, in two generations: those used
 * lately stay, and one that was left alone comes back full, which it nearly was.
 */
export function createTokenBuckets({ eventsPerSecond, burstEvents }: Rate, now: () => number): TokenBuckets {
  let young = new Map<string, Bucket>();
  let old = new Map<string, Bucket>();

  function open(key: string): Bucket {
    const atMs = now();
    const bucket = young.get(key) ?? old.get(key) ?? { tokens: burstEvents, atMs };
    // A clock that is set back fills nothing.
    const seconds = Math.max(0, atMs - bucket.atMs) / 1000;
    bucket.tokens = Math.min(burstEvents, bucket.tokens + seconds * eventsPerSecond);
    bucket.atMs = atMs;
    return bucket;
  }

  function keep(key: string, bucket: Bucket): void {
    if (young.size >= rateBucketsMax / 2 && !young.has(key)) {
      old = young;
      young = new Map();
    }
    young.set(key, bucket);
  }

  return {
    has: (key) => open(key).tokens >= 1,
    take(key) {
      const bucket = open(key);
      const isThere = bucket.tokens >= 1;
      if (isThere) bucket.tokens--;
      keep(key, bucket);
      return isThere;
    },
  };
}
