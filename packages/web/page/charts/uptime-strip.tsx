import type { JSX } from 'preact';
import { formatShare } from '../format.ts';

/** Availability over a range in pieces of equal length: full, partly, none, not probed. Told apart by height too. */
export function UptimeStrip({ pieces, label }: { pieces: readonly (number | null)[]; label: string }): JSX.Element {
  const known = pieces.filter((share) => share !== null);
  const down = known.filter((share) => share < 0.5).length;
  const told = known.length === 0 ? 'never probed' : `${down} of ${known.length} pieces mostly down`;
  return (
    <svg
      class="uptime-strip"
      viewBox={`0 0 ${pieces.length * 4} 20`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${told}`}
    >
      {pieces.map((share, place) => {
        const height = share === null ? 3 : 6 + 14 * share;
        // Pieces have no name but their place.
        return (
          <rect key={`${place}`} class={classOf(share)} x={place * 4} width={3.2} y={20 - height} height={height} />
        );
      })}
    </svg>
  );
}

function classOf(share: number | null): string {
  if (share === null) return 'none';
  if (share >= 0.995) return 'up';
  return share >= 0.5 ? 'shaky' : 'down';
}

/** The share of probes that succeeded, as a figure with a bar. */
export function UptimeFigure({ uptime }: { uptime: number | null }): JSX.Element {
  return <span class={`uptime-figure ${classOf(uptime)}`}>{formatShare(uptime)}</span>;
}
