import type { ProbeLimits } from './limits.ts';

/** How often to probe, of the bounds of probes. */
export type Frequency = Pick<ProbeLimits, 'everyMs' | 'patienceFailures' | 'deadEveryMs'>;

/**
 * Milliseconds until the next probe of a relay after so many failures in a row: soon after the first, so that an outage
 * is found quickly, and ever less often for those that have long been down.
 */
export function intervalAfter(failures: number, { everyMs, patienceFailures, deadEveryMs }: Frequency): number {
  if (failures === 1) return everyMs / 4;
  if (failures <= patienceFailures) return everyMs;
  return Math.max(everyMs, Math.min(deadEveryMs, everyMs * 2 ** Math.min(failures - patienceFailures, 20)));
}

/** Probes that such an interval leaves out, of those that a relay which answers would have had. */
export function skippedBy(intervalMs: number, everyMs: number): number {
  return Math.max(0, Math.round(intervalMs / everyMs) - 1);
}

/** An interval up to a tenth shorter or longer, so that probes do not stay together. */
export function jitter(intervalMs: number, random: number): number {
  return intervalMs * (0.9 + 0.2 * random);
}
