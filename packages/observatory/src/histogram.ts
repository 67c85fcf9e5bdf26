import type { Quantiles } from './answers.ts';

/** What one probe measures, in the order of its course. `open` is from the dialling on, with TCP and TLS. */
export const phases = ['dns', 'tcp', 'tls', 'open', 'information', 'read', 'eose', 'write'] as const;

/** One part of a probe. */
export type Phase = (typeof phases)[number];

/** Measurements in logarithmic buckets: how many by bucket. Histograms merge by addition. */
export type Histogram = Map<number, number>;

/** Histograms by phase; those without a measurement are not there. */
export type Histograms = Map<Phase, Histogram>;

/** The middle of the first bucket in milliseconds: what is faster is not told apart. */
const firstMs = 0.1;

/** Eight buckets for each doubling: a value is known to 4.4 %. */
const bucketsPerDoubling = 8;

/** The last bucket is at about 100 s; deadlines end far below it. */
const lastBucket = 160;

/** The bucket of a time. */
function bucketOf(milliseconds: number): number {
  const bucket = Math.round(Math.log2(Math.max(milliseconds, firstMs) / firstMs) * bucketsPerDoubling);
  return Math.min(bucket, lastBucket);
}

/** The time in the middle of a bucket, in milliseconds. */
function toMilliseconds(bucket: number): number {
  return firstMs * 2 ** (bucket / bucketsPerDoubling);
}

/** Adds one measurement. */
export function addMeasurement(histograms: Histograms, phase: Phase, milliseconds: number): void {
  addToBucket(histograms, phase, { bucket: bucketOf(milliseconds), count: 1 });
}

/** Adds everything that is in `more`. */
export function mergeHistograms(histograms: Histograms, more: Histograms): void {
  for (const [phase, histogram] of more) {
    for (const [bucket, count] of histogram) addToBucket(histograms, phase, { bucket, count });
  }
}

function addToBucket(
  histograms: Histograms,
  phase: Phase,
  { bucket, count }: { readonly bucket: number; readonly count: number },
): void {
  let histogram = histograms.get(phase);
  if (histogram === undefined) {
    histogram = new Map();
    histograms.set(phase, histogram);
  }
  histogram.set(bucket, (histogram.get(bucket) ?? 0) + count);
}

/** The time below which that share of the measurements is (nearest rank), and the usual two of them. */
export function getQuantiles(histogram: Histogram | undefined): Quantiles {
  if (histogram === undefined || histogram.size === 0) return { p50: null, p95: null, samples: 0 };
  const buckets = [...histogram].sort(([a], [b]) => a - b);
  const samples = buckets.reduce((sum, [, count]) => sum + count, 0);
  return { p50: getQuantile(buckets, samples * 0.5), p95: getQuantile(buckets, samples * 0.95), samples };
}

function getQuantile(buckets: readonly (readonly [number, number])[], rank: number): number | null {
  let below = 0;
  for (const [bucket, count] of buckets) {
    below += count;
    // A hundredth of a millisecond is more than a bucket knows.
    if (below >= rank) return Math.round(toMilliseconds(bucket) * 100) / 100;
  }
  return null;
}

/** Histograms as the database keeps them: by phase, buckets and counts in turn, in their order. */
export function formatHistograms(histograms: Histograms): string {
  const lists = phases.flatMap((phase) => {
    const histogram = histograms.get(phase);
    return histogram === undefined ? [] : [[phase, [...histogram].sort(([a], [b]) => a - b).flat()]];
  });
  return JSON.stringify(Object.fromEntries(lists));
}

/** Reads what `formatHistograms` wrote. */
export function parseHistograms(text: string): Histograms {
  const histograms: Histograms = new Map();
  mergeText(histograms, text, phases);
  return histograms;
}

/** Adds what `formatHistograms` wrote, as far as these phases go: many rows are summed up with nothing between. */
export function mergeText(histograms: Histograms, text: string, wanted: readonly Phase[]): void {
  const lists = JSON.parse(text) as Partial<Record<Phase, readonly number[]>>;
  for (const phase of wanted) {
    const list = lists[phase];
    if (list === undefined) continue;
    let histogram = histograms.get(phase);
    if (histogram === undefined) {
      histogram = new Map();
      histograms.set(phase, histogram);
    }
    for (let at = 0; at + 1 < list.length; at += 2) {
      const bucket = list[at] ?? 0;
      histogram.set(bucket, (histogram.get(bucket) ?? 0) + (list[at + 1] ?? 0));
    }
  }
}
