import { niceTicks } from './scale.ts';

/** One of the colours that series are drawn in; they are told apart also by people who see few colours. */
export type Tone = 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** One line or layer of a chart. */
export interface Series {
  readonly name: string;
  readonly tone: Tone;
}

/** One bucket of time with a value for each series. */
export interface Bucket {
  readonly at: number;
  readonly values: readonly (number | null)[];
  /** True where the bucket has not ended: it will still rise. */
  readonly open?: boolean | undefined;
}

/** How long a bucket is; `age`: no time at all but the number of periods since a beginning. */
export type BucketSize = 'hour' | 'day' | 'week' | 'month' | 'age';

/** The places of a chart's parts, in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Room of one bucket. */
  readonly step: number;
  readonly ticks: readonly number[];
  x(at: number): number;
  y(value: number): number;
}

/** Room for the labels of the values, at the left. */
const gutter = 46;

/** Places buckets by their time, so that a missing one leaves a gap. */
export function layOut(options: {
  readonly buckets: readonly Bucket[];
  readonly width: number;
  readonly height: number;
  readonly stacked: boolean;
  readonly inset: boolean;
}): Layout {
  const { buckets, width, height } = options;
  const [left, right, top, bottom] = [gutter, width - 2, 10, height - 24];
  const first = buckets[0]?.at ?? 0;
  const last = buckets.at(-1)?.at ?? 1;
  const gaps = buckets.slice(1).map(({ at }, index) => at - (buckets[index]?.at ?? 0));
  const gap = gaps.length === 0 ? 1 : Math.max(1, Math.min(...gaps));
  const slots = (last - first) / gap + 1;
  const step = (right - left) / Math.max(1, options.inset ? slots : slots - 1);
  const max = Math.max(0, ...buckets.map(({ values }) => heightOf(values, options.stacked)));
  const ticks = niceTicks(max);
  const ceiling = ticks.at(-1) ?? 1;
  const shift = options.inset ? step / 2 : 0;
  return {
    ...{ width, height, left, right, top, bottom, step, ticks },
    x: (at) => (slots <= 1 ? (left + right) / 2 : left + shift + ((at - first) / gap) * step),
    y: (value) => bottom - (value / ceiling) * (bottom - top),
  };
}

function heightOf(values: readonly (number | null)[], stacked: boolean): number {
  const known = values.map((value) => value ?? 0);
  return stacked ? known.reduce((sum, value) => sum + value, 0) : Math.max(0, ...known);
}
