import type { ActivePoint, Cohort, LiveFigures, ThroughputPoint } from '@nostrata/observatory';
import { seededRandom } from '@nostrata/testing';

/** Users by bucket. */
export function activeOf(buckets: readonly string[]): readonly ActivePoint[] {
  const random = seededRandom('active');
  return buckets.map((at, index) => {
    const open = index === buckets.length - 1;
    const all = Math.round((44_000 + index * 90 + random.integer(4_000)) * (open ? 0.5 : 1));
    return {
      at,
      all,
      withProfile: Math.round(all * 0.41),
      withFollows: Math.round(all * 0.29),
      withBoth: Math.round(all * 0.24),
      trusted: Math.round(all * 0.13),
      newUsers: Math.round(all * (0.07 + random.next() * 0.03)),
      open,
    };
  });
}

/** Cohorts, the newest last, each with fewer periods behind it than the one before. */
export function cohortsOf(period: 'week' | 'month', count: number): readonly Cohort[] {
  const random = seededRandom(`cohorts ${period}`);
  return Array.from({ length: count }, (_, index) => {
    const from = new Date(Date.UTC(2026, 10, 16 - 7 * (count - 1 - index)));
    const month = new Date(Date.UTC(2026, 10 - (count - 1 - index), 1));
    const periods = count - index;
    return {
      from: (period === 'week' ? from : month).toISOString().slice(0, 10),
      users: 3_000 + random.integer(2_400),
      active: Array.from({ length: periods }, (_cell, age) =>
        age === 0 ? 1 : 0.09 + 0.22 / age + random.next() * 0.03,
      ),
      lastOpen: true,
    };
  });
}

/** Zaps by bucket. */
export function zapSeriesOf(buckets: readonly string[]): readonly { at: string; count: number; msat: number }[] {
  const random = seededRandom('zaps');
  return buckets.map((at) => {
    const count = 4_000 + random.integer(2_500);
    return { at, count, msat: count * (300_000 + random.integer(160_000)) };
  });
}

/** What was received by bucket. */
export function throughputOf(buckets: readonly string[]): readonly ThroughputPoint[] {
  const random = seededRandom('throughput');
  return buckets.map((at) => {
    const unique = 16_000 + random.integer(7_000);
    return {
      at,
      received: unique * 5 + random.integer(9_000),
      unique,
      invalid: random.integer(60),
      bytes: unique * 3_400,
    };
  });
}

/** Live figures of some seconds up to one. */
export function liveFiguresOf(untilMs: number, seconds: number): readonly LiveFigures[] {
  return Array.from({ length: seconds }, (_, index) => {
    const second = Math.floor(untilMs / 1000) - seconds + 1 + index;
    const wave = 1 + 0.25 * Math.sin(second / 9) + 0.12 * Math.sin(second / 2.3);
    const count = (share: number): number =>
      Math.max(0, Math.round(share * wave * 90 + 3 * Math.sin(second * share * 40)));
    const kinds = {
      1: count(0.36),
      7: count(0.28),
      6: count(0.06),
      9735: count(0.03),
      0: count(0.05),
      10002: count(0.04),
      1059: count(0.14),
    };
    const unique = Object.values(kinds).reduce((sum, value) => sum + value, 0);
    return {
      atMs: second * 1000,
      received: Math.round(unique * 5.3),
      unique,
      invalid: second % 7 === 0 ? 1 : 0,
      connected: 248,
      kinds,
    };
  });
}
