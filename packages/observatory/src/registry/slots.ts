/** What a slot is given by. */
export interface SlotClaim {
  readonly relay: number;
  readonly isSeed: boolean;
  /** Events that this relay was the first to deliver, for seven days of connection; null where it was not tried for long. */
  readonly novel: number | null;
  /** Share of probes of the last seven days that succeeded; null without a probe. */
  readonly uptime: number | null;
}

/** A claim with its worth. */
export interface ScoredClaim extends SlotClaim {
  readonly score: number;
}

/** What a seed is worth at least: the operator has a reason. */
const seedScoreMin = 0.5;

/** Novelty, as a share of the median, that a relay gets before it was tried: below any seed, above what brings nothing. */
const untriedShare = 0.25;

/** Uptime of what was never probed: not known to be bad. */
const unprobedUptime = 1;

/** Values relays: 0.7 · min(novel / median, 2) + 0.3 · uptime, the best first. The median is of those that were tried. */
export function scoreClaims(claims: readonly SlotClaim[]): ScoredClaim[] {
  const tried = claims.flatMap(({ novel }) => (novel === null ? [] : [novel])).sort((a, b) => a - b);
  const median = medianOf(tried);
  const shareOf = (novel: number | null): number => {
    if (novel === null) return untriedShare;
    if (median === 0) return novel > 0 ? 2 : 0;
    return Math.min(novel / median, 2);
  };
  return claims
    .map((claim) => {
      const worth = 0.7 * shareOf(claim.novel) + 0.3 * (claim.uptime ?? unprobedUptime);
      return { ...claim, score: claim.isSeed ? Math.max(worth, seedScoreMin) : worth };
    })
    .sort(compareClaims);
}

function medianOf(sorted: readonly number[]): number {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2;
}

function compareClaims(a: ScoredClaim, b: ScoredClaim): number {
  return b.score - a.score || Number(b.isSeed) - Number(a.isSeed) || a.relay - b.relay;
}

/**
 * Gives the slots: those that hold one and still may keep it, free ones go to the best, and then at most `swapsMax`
 * go from the least to those that are worth more. The best first.
 */
export function assignSlots(
  held: readonly number[],
  claims: readonly ScoredClaim[],
  { slots, swapsMax }: { readonly slots: number; readonly swapsMax: number },
): number[] {
  const holders = new Set(held);
  const kept = claims.filter(({ relay }) => holders.has(relay)).slice(0, slots);
  const waiting = claims.filter(({ relay }) => !holders.has(relay));
  const filled = [...kept, ...waiting.splice(0, slots - kept.length)].sort(compareClaims);
  for (let swaps = 0; swaps < swapsMax; swaps++) {
    const least = filled.at(-1 - swaps);
    const next = waiting[swaps];
    if (least === undefined || next === undefined || next.score <= least.score) break;
    filled[filled.length - 1 - swaps] = next;
  }
  return filled.sort(compareClaims).map(({ relay }) => relay);
}
