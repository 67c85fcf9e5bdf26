import type { HourCell } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { formatCount, formatShort } from '../format.ts';
import { heatStep } from './heat.ts';

/** At most four characters, so that a cell holds them. */
const tiny = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 0 });

/** The days in the order of the rows. */
export const weekdays: readonly string[] = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
];

/** Events by hour of the day and day of the week: a table whose cells are coloured, so that it reads as one. */
export function HourMap({ cells }: { cells: readonly HourCell[] }): JSX.Element {
  const countByPlace = new Map(cells.map(({ weekday, hour, events }) => [weekday * 24 + hour, events]));
  const counts = cells.map(({ events }) => events);
  const ends = [Math.min(...counts), Math.max(...counts)] as const;
  return (
    <div>
      <table class="heat hours">
        <caption class="unseen">Events by day of the week and hour of the day, UTC</caption>
        <thead>
          <tr>
            <td />
            {Array.from({ length: 24 }, (_, hour) => (
              <th key={`${hour}`} scope="col">
                {String(hour).padStart(2, '0')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {weekdays.map((name, weekday) => (
            <tr key={name}>
              <th scope="row">
                <abbr title={name}>{name.slice(0, 3)}</abbr>
              </th>
              {Array.from({ length: 24 }, (_, hour) => {
                const events = countByPlace.get(weekday * 24 + hour);
                const step = events === undefined ? 0 : heatStep(events, ends);
                return (
                  <td
                    key={`${hour}`}
                    class={`heat-${step}`}
                    title={`${name}, ${hour}:00–${hour + 1}:00 UTC: ${formatCount(events)} events`}
                  >
                    <span>{events === undefined ? '' : tiny.format(events)}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <HeatKey from={formatShort(ends[0])} to={formatShort(ends[1])} unit="events an hour" />
    </div>
  );
}

/** What the colours mean. */
export function HeatKey({ from, to, unit }: { from: string; to: string; unit: string }): JSX.Element {
  return (
    <p class="heat-key">
      {from}
      <span aria-hidden="true">
        {[0, 1, 2, 3, 4, 5].map((step) => (
          <i key={step} class={`heat-${step}`} />
        ))}
      </span>
      {to} {unit}
    </p>
  );
}
