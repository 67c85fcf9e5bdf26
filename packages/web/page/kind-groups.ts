import type { Series } from './charts/series.ts';

/** Kinds as the layers of a chart show them: the few that most events are of, and all others. */
export interface KindGroup extends Series {
  readonly kinds: readonly number[];
}

/** From the bottom up; the last takes what no other takes. */
export const kindGroups: readonly KindGroup[] = [
  { name: 'Notes', tone: 1, kinds: [1, 11, 1111, 30023] },
  { name: 'Reactions', tone: 2, kinds: [7] },
  { name: 'Reposts', tone: 3, kinds: [6, 16] },
  { name: 'Zaps', tone: 4, kinds: [9734, 9735] },
  { name: 'Profiles and lists', tone: 5, kinds: [0, 3, 10000, 10001, 10002, 10003, 30000] },
  { name: 'Others', tone: 7, kinds: [] },
];

/** Counts by kind, gathered into the groups. */
export function sumByGroup(countByKind: Readonly<Record<string, number>>): readonly number[] {
  const sums = kindGroups.map(() => 0);
  for (const [kind, count] of Object.entries(countByKind)) {
    const place = kindGroups.findIndex(({ kinds }) => kinds.includes(Number(kind)));
    const target = place < 0 ? sums.length - 1 : place;
    sums[target] = (sums[target] ?? 0) + count;
  }
  return sums;
}
