import type { LiveFigures } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { kindGroups, sumByGroup } from '../kind-groups.ts';
import { useWidth } from './use-size.ts';

const height = 132;
/** Seconds across the band. */
const seconds = 120;
/** Seconds that are averaged, so that the layers flow. */
const smoothing = 5;

/** What arrives now, in layers: one for each group of kinds, the newest second at the right. */
export function Strata({ figures }: { figures: readonly LiveFigures[] }): JSX.Element {
  const [ref, width] = useWidth<HTMLDivElement>(900);
  const layers = stack(figures);
  const newest = figures.at(-1)?.atMs ?? 0;
  const most = Math.max(1, ...layers.map(({ tops }) => tops.at(-1) ?? 0));
  const x = (atMs: number): number => width - ((newest - atMs) / 1000 / seconds) * width;
  const y = (value: number): number => height - (value / most) * (height - 12);
  const pathOf = (place: number): string => {
    const upper = layers.map(({ atMs, tops }) => `${x(atMs).toFixed(1)} ${y(tops[place + 1] ?? 0).toFixed(1)}`);
    const lower = layers.map(({ atMs, tops }) => `${x(atMs).toFixed(1)} ${y(tops[place] ?? 0).toFixed(1)}`);
    return layers.length < 2 ? '' : `M${upper.join('L')}L${lower.reverse().join('L')}Z`;
  };
  return (
    <div ref={ref} class="strata-band">
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {kindGroups.map(({ name, tone }, place) => (
          <path key={name} class={`fill tone-${tone} seam`} d={pathOf(place)} />
        ))}
      </svg>
    </div>
  );
}

/** For each second the upper edge of each layer, from 0; averaged over the seconds before it. */
function stack(figures: readonly LiveFigures[]): { readonly atMs: number; readonly tops: readonly number[] }[] {
  const sums = figures.map(({ kinds }) => sumByGroup(kinds));
  return figures
    .map(({ atMs }, index) => {
      const part = sums.slice(Math.max(0, index - smoothing + 1), index + 1);
      let top = 0;
      const tops = kindGroups.map((_, place) => {
        top += part.reduce((sum, values) => sum + (values[place] ?? 0), 0) / part.length;
        return top;
      });
      return { atMs, tops: [0, ...tops] };
    })
    .slice(-seconds - 1);
}
