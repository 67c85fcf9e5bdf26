import type { JSX, TargetedKeyboardEvent, TargetedPointerEvent } from 'preact';
import { useState } from 'preact/hooks';
import { formatBucket, formatTick } from '../format.ts';
import { linePath, spreadLabels } from './scale.ts';
import { type Bucket, type BucketSize, type Layout, layOut, type Series } from './series.ts';
import { useWidth } from './use-size.ts';

/** What a chart over time shows. */
export interface TimeChartProps {
  /** What the chart is of, for those who do not see it. */
  readonly label: string;
  readonly buckets: readonly Bucket[];
  readonly series: readonly Series[];
  readonly shape: 'lines' | 'bars';
  readonly size: BucketSize;
  readonly height?: number;
  format(value: number | null): string;
}

/**
 * Lines or stacked bars over time. The legend is the readout: it tells the values of the bucket under the pointer or
 * under the arrow keys, of the newest otherwise.
 */
export function TimeChart(props: TimeChartProps): JSX.Element {
  const { buckets, series, shape, size, format } = props;
  const [ref, width] = useWidth<HTMLDivElement>(640);
  const [picked, setPicked] = useState<number>();
  const layout = layOut({
    buckets,
    width,
    height: props.height ?? 220,
    stacked: shape === 'bars',
    inset: shape === 'bars',
  });
  const newest = buckets.length - 1;
  const index = Math.min(picked ?? newest, newest);
  const bucket = buckets[index];
  const onPointer = (event: TargetedPointerEvent<HTMLElement>): void => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    setPicked(nearest(buckets, layout, x));
  };
  const onKey = (event: TargetedKeyboardEvent<HTMLElement>): void => {
    const moves: Record<string, number> = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: newest };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setPicked(Math.max(0, Math.min(newest, to)));
  };
  const told = series.map(({ name }, place) => `${name} ${format(bucket?.values[place] ?? null)}`).join(', ');
  return (
    <div class="time-chart">
      <Legend series={series} values={bucket?.values ?? []} format={format} when={bucket ? whenOf(bucket, size) : ''} />
      <div
        ref={ref}
        class="chart-body"
        role="slider"
        tabIndex={0}
        aria-label={`${props.label}: pick a time`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, newest)}
        aria-valuenow={index}
        aria-valuetext={bucket ? `${whenOf(bucket, size)}: ${told}` : 'nothing'}
        onPointerMove={onPointer}
        onPointerDown={onPointer}
        onPointerLeave={() => setPicked(undefined)}
        onBlur={() => setPicked(undefined)}
        onKeyDown={onKey}
      >
        <svg width={width} height={layout.height} viewBox={`0 0 ${width} ${layout.height}`} aria-hidden="true">
          <Axes layout={layout} buckets={buckets} size={size} format={format} />
          {shape === 'bars' ? <Bars {...props} layout={layout} /> : <Lines {...props} layout={layout} />}
          {bucket && picked !== undefined ? (
            <Cross layout={layout} bucket={bucket} dots={shape === 'lines'} series={series} />
          ) : null}
        </svg>
      </div>
    </div>
  );
}

function whenOf({ at, open }: Bucket, size: BucketSize): string {
  return `${formatBucket(at, size)}${open ? ' (so far)' : ''}`;
}

function nearest(buckets: readonly Bucket[], layout: Layout, x: number): number {
  let best = 0;
  for (const [index, { at }] of buckets.entries()) {
    if (Math.abs(layout.x(at) - x) < Math.abs(layout.x(buckets[best]?.at ?? 0) - x)) best = index;
  }
  return best;
}

interface LegendProps extends Pick<TimeChartProps, 'series' | 'format'> {
  readonly values: readonly (number | null)[];
  readonly when: string;
}

function Legend({ series, values, format, when }: LegendProps): JSX.Element {
  return (
    <p class="legend" aria-hidden="true">
      <span class="legend-when">{when}</span>
      {series.map(({ name, tone }, place) => (
        <span key={name} class="legend-entry">
          <i class={`swatch tone-${tone}`} />
          {name} <b>{format(values[place] ?? null)}</b>
        </span>
      ))}
    </p>
  );
}

function Axes(props: {
  layout: Layout;
  buckets: readonly Bucket[];
  size: BucketSize;
  format(value: number): string;
}): JSX.Element {
  const { layout, buckets, size, format } = props;
  const labels = spreadLabels(buckets.length, Math.floor(layout.width / 92));
  return (
    <g class="axes">
      {layout.ticks.map((tick) => (
        <g key={tick}>
          <line
            x1={layout.left}
            x2={layout.right}
            y1={layout.y(tick)}
            y2={layout.y(tick)}
            class={tick === 0 ? 'base' : ''}
          />
          {tick === 0 ? null : (
            <text x={layout.left - 6} y={layout.y(tick) + 4} text-anchor="end">
              {format(tick)}
            </text>
          )}
        </g>
      ))}
      {labels.map((place) => {
        const at = buckets[place]?.at ?? 0;
        const x = layout.x(at);
        const anchor = x < 30 ? 'start' : x > layout.width - 30 ? 'end' : 'middle';
        return (
          <text
            key={place}
            x={anchor === 'middle' ? x : anchor === 'start' ? layout.left : layout.right}
            y={layout.height - 6}
            text-anchor={anchor}
          >
            {formatTick(at, size)}
          </text>
        );
      })}
    </g>
  );
}

function Bars({ buckets, series, layout }: TimeChartProps & { layout: Layout }): JSX.Element {
  const bar = Math.max(1, Math.min(layout.step * 0.78, 46));
  const gap = bar > 6 ? 1 : 0;
  return (
    <g>
      {buckets.map((bucket) => {
        let below = 0;
        return (
          <g key={bucket.at} class={bucket.open ? 'open' : ''}>
            {series.map(({ name, tone }, place) => {
              const value = bucket.values[place] ?? 0;
              const [from, to] = [layout.y(below), layout.y(below + value)];
              below += value;
              const height = Math.max(0, from - to - (place === 0 ? 0 : gap));
              return value > 0 ? (
                <rect
                  key={name}
                  class={`fill tone-${tone}`}
                  x={layout.x(bucket.at) - bar / 2}
                  width={bar}
                  y={to}
                  height={height}
                />
              ) : null;
            })}
          </g>
        );
      })}
    </g>
  );
}

function Lines({ buckets, series, layout }: TimeChartProps & { layout: Layout }): JSX.Element {
  const closed = buckets.at(-1)?.open ? buckets.slice(0, -1) : buckets;
  const tail = buckets.at(-1)?.open ? buckets.slice(-2) : [];
  const pathOf = (part: readonly Bucket[], place: number): string =>
    linePath(
      part.map(({ at, values }) => {
        const value = values[place];
        return value === null || value === undefined ? null : ([layout.x(at), layout.y(value)] as const);
      }),
    );
  return (
    <g>
      {series.map(({ name, tone }, place) => (
        <g key={name}>
          <path class={`line tone-${tone}`} d={pathOf(closed, place)} />
          {tail.length > 1 ? <path class={`line open tone-${tone}`} d={pathOf(tail, place)} /> : null}
        </g>
      ))}
    </g>
  );
}

function Cross(props: { layout: Layout; bucket: Bucket; dots: boolean; series: readonly Series[] }): JSX.Element {
  const { layout, bucket } = props;
  const x = layout.x(bucket.at);
  return (
    <g class="cross">
      <line x1={x} x2={x} y1={layout.top} y2={layout.bottom} />
      {props.dots
        ? props.series.map(({ name, tone }, place) => {
            const value = bucket.values[place];
            return value === null || value === undefined ? null : (
              <circle key={name} class={`tone-${tone}`} cx={x} cy={layout.y(value)} r={3.5} />
            );
          })
        : null}
    </g>
  );
}
