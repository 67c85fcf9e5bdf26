import type { JSX } from 'preact';
import { niceTicks } from './scale.ts';
import type { Tone } from './series.ts';
import { useWidth } from './use-size.ts';

/** One bar. */
export interface HistogramBar {
  readonly label: string;
  readonly value: number;
  readonly title: string;
}

const [height, foot, gutter] = [230, 26, 46];

/** Bars side by side, one for each bucket of size. */
export function Histogram(props: {
  label: string;
  bars: readonly HistogramBar[];
  tone: Tone;
  format(value: number): string;
}): JSX.Element {
  const [ref, width] = useWidth<HTMLDivElement>(640);
  const ticks = niceTicks(Math.max(0, ...props.bars.map(({ value }) => value)));
  const ceiling = ticks.at(-1) ?? 1;
  const y = (value: number): number => height - foot - (value / ceiling) * (height - foot - 12);
  const step = (width - gutter) / Math.max(1, props.bars.length);
  const labelEvery = Math.max(1, Math.ceil(46 / step));
  return (
    <div ref={ref}>
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={props.label}>
        <g class="axes">
          {ticks.map((tick) => (
            <g key={tick}>
              <line x1={gutter} x2={width} y1={y(tick)} y2={y(tick)} class={tick === 0 ? 'base' : ''} />
              {tick === 0 ? null : (
                <text x={gutter - 6} y={y(tick) + 4} text-anchor="end">
                  {props.format(tick)}
                </text>
              )}
            </g>
          ))}
          {props.bars.map(({ label }, place) =>
            place % labelEvery === 0 ? (
              <text key={label} x={gutter + place * step + step / 2} y={height - 8} text-anchor="middle">
                {label}
              </text>
            ) : null,
          )}
        </g>
        {props.bars.map(({ label, value, title }, place) => (
          <rect
            key={label}
            class={`fill tone-${props.tone}`}
            x={gutter + place * step + step * 0.1}
            width={step * 0.8}
            y={y(value)}
            height={Math.max(0, y(0) - y(value))}
          >
            <title>{title}</title>
          </rect>
        ))}
      </svg>
    </div>
  );
}
