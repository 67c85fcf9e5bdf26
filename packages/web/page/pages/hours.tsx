import type { Answer, HourCell } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { usePart } from '../api.ts';
import { HourMap, weekdays } from '../charts/hour-map.tsx';
import { formatShare, formatShort } from '../format.ts';
import { KeyFigure } from '../parts/key-figure.tsx';
import { Page } from '../parts/page.tsx';
import { Plate } from '../parts/plate.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { rangeOf, useRouter } from '../router.ts';
import { routes } from '../routes.ts';

/** When people publish. */
export function Hours(): JSX.Element {
  const range = rangeOf(useRouter().query);
  const loaded = usePart(range, ({ hours }) => hours);
  return (
    <Page title="Hours" lead="When events are written, by their own time, in UTC." ranged>
      <Answered
        loaded={loaded}
        isEmpty={(cells) => cells.every(({ events }) => events === 0)}
        empty={<Empty title="No events in this span" />}
      >
        {(answer) => <Figures answer={answer} />}
      </Answered>
    </Page>
  );
}

function Figures({ answer }: { answer: Answer<readonly HourCell[]> }): JSX.Element {
  const cells = answer.data;
  const total = cells.reduce((sum, { events }) => sum + events, 0);
  const byHour = sumBy(cells, ({ hour }) => hour);
  const byDay = sumBy(cells, ({ weekday }) => weekday);
  const [busyHour, quietHour, busyDay] = [
    placeOf(byHour, Math.max),
    placeOf(byHour, Math.min),
    placeOf(byDay, Math.max),
  ];
  const clock = (hour: number): string =>
    `${String(hour).padStart(2, '0')}–${String((hour + 1) % 24).padStart(2, '0')} h`;
  const shareOf = (part: number | undefined): string =>
    `${formatShare((part ?? 0) / Math.max(1, total))} of all events`;
  return (
    <>
      <dl class="key-figures">
        <KeyFigure name="Busiest hour" value={clock(busyHour)} note={shareOf(byHour.get(busyHour))} />
        <KeyFigure name="Quietest hour" value={clock(quietHour)} note={shareOf(byHour.get(quietHour))} />
        <KeyFigure name="Busiest day" value={weekdays[busyDay] ?? '–'} note={shareOf(byDay.get(busyDay))} />
        <KeyFigure name="Events" value={formatShort(total)} />
      </dl>
      <div class="plates">
        <Plate
          wide
          title="Hour of day and day of week"
          answer={answer}
          fields={['hours', 'events']}
          csv={routes.hours(rangeOf(useRouter().query))}
        >
          <HourMap cells={cells} />
        </Plate>
      </div>
    </>
  );
}

function sumBy(cells: readonly HourCell[], read: (cell: HourCell) => number): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const cell of cells) sums.set(read(cell), (sums.get(read(cell)) ?? 0) + cell.events);
  return sums;
}

function placeOf(sums: ReadonlyMap<number, number>, choose: (...values: number[]) => number): number {
  const wanted = choose(...sums.values());
  return [...sums].find(([, sum]) => sum === wanted)?.[0] ?? 0;
}
