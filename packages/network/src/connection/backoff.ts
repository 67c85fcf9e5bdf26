/** What a back-off is computed from. */
export interface BackoffOptions {
  readonly backoffMs: number;
  readonly backoffMsMax: number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/**
 * Milliseconds to wait after that many failures in a row (1 or more): doubled each time up to the maximum, then
 * between half and all of it, so that thousands of clients do not come back to a relay at the same moment.
 */
export function computeBackoff(failures: number, { backoffMs, backoffMsMax, random }: BackoffOptions): number {
  const full = Math.min(backoffMsMax, backoffMs * 2 ** Math.min(30, failures - 1));
  return Math.round(full / 2 + (full / 2) * random());
}
