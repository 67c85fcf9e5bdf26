/** A rate with room for bursts. */
export interface TokenBucket {
  /** Takes that many tokens; false where there are not enough, and then takes none. */
  take(tokens: number, nowMs: number): boolean;
}

/** Creates a full bucket that refills by `perSecond` up to `burst`. */
export function createTokenBucket(perSecond: number, burst: number, nowMs: number): TokenBucket {
  let tokens = burst;
  let filledAtMs = nowMs;
  return {
    take(wanted, atMs) {
      if (tokens < wanted) {
        // A clock that is set back fills nothing and takes nothing away.
        tokens = Math.min(burst, tokens + (Math.max(0, atMs - filledAtMs) * perSecond) / 1_000);
        filledAtMs = atMs;
        if (tokens < wanted) return false;
      }
      tokens -= wanted;
      return true;
    },
  };
}
