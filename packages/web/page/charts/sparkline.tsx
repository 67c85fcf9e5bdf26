import type { JSX } from 'preact';
import { linePath } from './scale.ts';
import type { Tone } from './series.ts';

const [width, height] = [120, 32];

/** A small line without axes: only the course, beside the figure that it belongs to. */
export function Sparkline({ values, tone = 1 }: { values: readonly number[]; tone?: Tone }): JSX.Element | null {
  if (values.length < 3) return null;
  const max = Math.max(1, ...values);
  const step = width / (values.length - 1);
  const points = values.map((value, index) => [index * step, height - 3 - (value / max) * (height - 6)] as const);
  const line = linePath(points);
  return (
    <svg class="sparkline" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path class={`wash tone-${tone}`} d={`${line}L${width} ${height}L0 ${height}Z`} />
      <path class={`line tone-${tone}`} d={line} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
