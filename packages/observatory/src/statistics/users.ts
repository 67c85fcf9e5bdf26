import type { ActivePoint, Cohort } from '../answers.ts';
import { nextStart, startOf, toDate } from '../spans.ts';
import type { AuthorIndex } from './author-index.ts';
import { type AuthorSet, forEachAuthor } from './author-set.ts';
import type { Trusted } from './tier-counts.ts';

/** The sum of a count by day over days, both ends inclusive. */
export function sumDays(countByDay: ReadonlyMap<number, number>, from: number, to: number): number {
  let sum = 0;
  for (const [day, count] of countByDay) if (day >= from && day <= to) sum += count;
  return sum;
}

/** Everybody who ever published anything that is dated. */
export function everybody({ firstDays, size }: AuthorIndex): AuthorSet {
  const set = new Uint32Array((size + 31) >>> 5);
  for (let author = 0; author < size; author++) {
    if ((firstDays[author] ?? 0) !== 0) set[author >>> 5] = (set[author >>> 5] ?? 0) | (1 << (author & 31));
  }
  return set;
}

/** What cohorts are made from. */
export interface CohortOptions {
  readonly period: 'week' | 'month';
  readonly periods: number;
  readonly today: number;
}

/** Users by the period of their first event, and the share of them that was active in each period from then on. */
export async function loadCohorts(index: AuthorIndex, options: CohortOptions): Promise<Cohort[]> {
  const starts = listStarts(options);
  const cohortByStart = new Map(starts.map((start, number) => [start, number]));
  const active = starts.map(() => [] as number[]);
  const sizes = starts.map(() => 0);
  for (let author = 0; author < index.size; author++) {
    const cohort = findCohort(index.firstDays[author] ?? 0, options.period, cohortByStart);
    if (cohort !== undefined) sizes[cohort] = (sizes[cohort] ?? 0) + 1;
  }
  for (const [number, start] of starts.entries()) {
    const end = Math.min(nextStart(options.period, start) - 1, options.today);
    const counts = starts.map(() => 0);
    const cohortByDay = new Map<number, number | undefined>();
    forEachAuthor(await index.activeIn({ unit: 'day', from: start, to: end }), (author) => {
      const day = index.firstDays[author] ?? 0;
      if (!cohortByDay.has(day)) cohortByDay.set(day, findCohort(day, options.period, cohortByStart));
      const cohort = cohortByDay.get(day);
      if (cohort !== undefined) counts[cohort] = (counts[cohort] ?? 0) + 1;
    });
    for (let cohort = 0; cohort <= number; cohort++) active[cohort]?.push(counts[cohort] ?? 0);
  }
  const cohorts = starts.map((start, number) => {
    const users = sizes[number] ?? 0;
    const shares = (active[number] ?? []).map((count) => (users === 0 ? 0 : count / users));
    return { from: toDate(start), users, active: shares, lastOpen: true };
  });
  // Before the first user there was nobody to come back.
  const first = cohorts.findIndex(({ users }) => users > 0);
  return first < 0 ? [] : cohorts.slice(first);
}

/** Active and new users of each bucket; a bucket counts everybody once. */
export async function loadActivePoints(
  index: AuthorIndex,
  buckets: readonly { readonly from: number; readonly to: number; readonly open: boolean }[],
  trusted: Trusted,
): Promise<ActivePoint[]> {
  const points: ActivePoint[] = [];
  for (const { from, to, open } of buckets) {
    const tiers = await index.countTiers({ unit: 'day', from, to }, trusted);
    points.push({ at: toDate(from), ...tiers, newUsers: sumDays(index.newByDay, from, to), open });
  }
  return points;
}

function listStarts({ period, periods, today }: CohortOptions): number[] {
  const starts = [startOf(period, today)];
  while (starts.length < periods) starts.unshift(startOf(period, (starts[0] ?? 0) - 1));
  return starts;
}

function findCohort(
  firstDay: number,
  period: 'week' | 'month',
  cohortByStart: ReadonlyMap<number, number>,
): number | undefined {
  return firstDay <= 0 ? undefined : cohortByStart.get(startOf(period, firstDay));
}
