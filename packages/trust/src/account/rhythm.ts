/** Notes less than this many seconds apart are one sitting: a thread that is sent at once is no rhythm. */
const sittingSeconds = 10;
const hourSeconds = 3_600;
const hoursOfDay = 24;

/** The standard deviation of the time between notes, as a share of its mean; infinite with fewer than three. */
export function intervalVariation(times: readonly number[]): number {
  const gaps = gapsOf(times);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  if (gaps.length < 2 || mean === 0) return Number.POSITIVE_INFINITY;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  return Math.sqrt(variance) / mean;
}

/**
 * How much the times between sittings differ from one another: the entropy of their lengths in steps of 5 %, 0 where
 * all are alike and 1 where none is like another. Infinite with fewer than `least` of them.
 */
export function intervalEntropy(times: readonly number[], least: number): number {
  const gaps = gapsOf(times).filter((gap) => gap >= sittingSeconds);
  if (gaps.length < Math.max(2, least)) return Number.POSITIVE_INFINITY;
  const steps = Map.groupBy(gaps, (gap) => Math.round(Math.log(gap) / Math.log(1.05)));
  const shares = [...steps.values()].map((alike) => alike.length / gaps.length);
  const entropy = shares.reduce((sum, share) => sum - share * Math.log(share), 0);
  return entropy / Math.log(gaps.length);
}

/** Days (UTC) with notes in more than 20 different hours. */
export function sleeplessDays(times: readonly number[]): number {
  const hours = new Set(times.map((time) => Math.floor(time / hourSeconds)));
  const hoursByDay = Map.groupBy(hours, (hour) => Math.floor(hour / hoursOfDay));
  return [...hoursByDay.values()].filter((active) => active.length > 20).length;
}

/** How long after their date events came, in seconds. */
export interface Skew {
  readonly seconds: number;
  readonly deviation: number;
  readonly events: number;
}

/** The mean and the standard deviation of what lies between the date of an event and its arrival. */
export function skewOf(secondsLate: readonly number[]): Skew | undefined {
  const events = secondsLate.length;
  if (events === 0) return undefined;
  const seconds = secondsLate.reduce((sum, late) => sum + late, 0) / events;
  const variance = secondsLate.reduce((sum, late) => sum + (late - seconds) ** 2, 0) / events;
  return { seconds, deviation: Math.sqrt(variance), events };
}

function gapsOf(times: readonly number[]): number[] {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.slice(1).map((time, at) => time - (sorted[at] ?? 0));
}
