import type { Cohort } from '@nostrata/observatory';
import type { JSX } from 'preact';
import { formatBucket, formatShare } from '../format.ts';
import type { Bucket, Series } from './series.ts';
import { TimeChart } from './time-chart.tsx';

/** Cohorts that are drawn beside the average: the oldest, one of the middle, the newest that is two periods old. */
const tones = [5, 2, 4] as const;

/** How fast people leave: the share that came back by the periods since they began. */
export function CohortCurves({
  cohorts,
  period,
}: {
  cohorts: readonly Cohort[];
  period: 'week' | 'month';
}): JSX.Element | null {
  const old = cohorts.filter(({ active, lastOpen }) => active.length - (lastOpen ? 1 : 0) > 2);
  const [first, middle, last] = [old[0], old[Math.floor(old.length / 2)], old.at(-1)];
  const drawn = [...new Set([first, middle, last])].filter((cohort) => cohort !== undefined);
  const average = averageRetention(cohorts);
  if (drawn.length === 0) return null;
  const series: Series[] = [
    { name: 'All', tone: 1 },
    ...drawn.map(({ from }, place) => ({ name: formatBucket(from, period), tone: tones[place] ?? 5 })),
  ];
  // The beginning itself is 100 % for everybody and would only press the rest to the ground.
  const buckets: Bucket[] = average.slice(1).flatMap((share, place) => {
    const age = place + 1;
    if (share === null) return [];
    return [{ at: age, values: [share, ...drawn.map((cohort) => closedShare(cohort, age))] }];
  });
  return (
    <TimeChart
      label={`Share that came back, by ${period}s since they began`}
      height={180}
      buckets={buckets}
      series={series}
      shape="lines"
      size="age"
      format={formatShare}
    />
  );
}

function closedShare({ active, lastOpen }: Cohort, age: number): number | null {
  return age < active.length - (lastOpen ? 1 : 0) ? (active[age] ?? null) : null;
}

/** The share of all users that were active so long after they began; periods that have not ended are left out. */
export function averageRetention(cohorts: readonly Cohort[]): readonly (number | null)[] {
  const periods = Math.max(0, ...cohorts.map(({ active }) => active.length));
  return Array.from({ length: periods }, (_, age) => {
    const old = cohorts.filter((cohort) => closedShare(cohort, age) !== null);
    const users = old.reduce((sum, cohort) => sum + cohort.users, 0);
    if (users === 0) return null;
    return old.reduce((sum, cohort) => sum + cohort.users * (cohort.active[age] ?? 0), 0) / users;
  });
}
