import type { LiveFigures } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { Strata } from '../charts/strata.tsx';
import { formatCount, formatShare } from '../format.ts';
import { kindGroups, sumByGroup } from '../kind-groups.ts';
import { type LiveCourse, useLiveFigures } from '../live-figures.ts';

/** Seconds that the figures beside the band are averaged over. */
const averageSeconds = 10;

/** The network as it is right now: events by kind in layers that flow, and what they come to each second. */
export function LiveBand(): JSX.Element {
  const course = useLiveFigures();
  const recent = course.figures.slice(-averageSeconds);
  const newest = course.figures.at(-1);
  return (
    <section class="live-band" aria-labelledby="live-band-title">
      <header>
        <h2 id="live-band-title">
          <span class={`pulse ${course.state}`} aria-hidden="true" /> {titleByState[course.state]}
        </h2>
        <dl>
          <div>
            <dt>unique events/s</dt>
            <dd data-live="unique">{newest ? formatCount(average(recent, ({ unique }) => unique)) : '–'}</dd>
          </div>
          <div>
            <dt>received/s</dt>
            <dd>{newest ? formatCount(average(recent, ({ received }) => received)) : '–'}</dd>
          </div>
          <div>
            <dt>seen before</dt>
            <dd>{newest ? formatShare(repeated(recent)) : '–'}</dd>
          </div>
          <div>
            <dt>relays connected</dt>
            <dd>{newest ? formatCount(newest.connected) : '–'}</dd>
          </div>
        </dl>
      </header>
      <Strata figures={course.figures} />
      <Legend figures={recent} />
    </section>
  );
}

const titleByState: Readonly<Record<LiveCourse['state'], string>> = {
  connecting: 'Connecting to the live figures…',
  open: 'Arriving now, the last two minutes',
  lost: 'The live figures are interrupted; connecting again…',
};

function Legend({ figures }: { figures: readonly LiveFigures[] }): JSX.Element {
  const sums = figures.map(({ kinds }) => sumByGroup(kinds));
  return (
    <p class="legend">
      {kindGroups.map(({ name, tone }, place) => (
        <span key={name} class="legend-entry">
          <i class={`swatch tone-${tone}`} />
          {name}{' '}
          <b>{formatRate(sums.reduce((sum, values) => sum + (values[place] ?? 0), 0) / Math.max(1, sums.length))}</b>
        </span>
      ))}
      <span class="legend-entry soft">each second</span>
    </p>
  );
}

function formatRate(value: number): string {
  return value > 0 && value < 10 ? value.toFixed(1) : formatCount(value);
}

function average(figures: readonly LiveFigures[], read: (figures: LiveFigures) => number): number {
  return figures.reduce((sum, entry) => sum + read(entry), 0) / Math.max(1, figures.length);
}

function repeated(figures: readonly LiveFigures[]): number | null {
  const received = average(figures, (entry) => entry.received);
  if (received === 0) return null;
  return Math.max(0, 1 - average(figures, ({ unique, invalid }) => unique + invalid) / received);
}
