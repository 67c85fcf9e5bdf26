import type { Range, Snapshot } from '@nostrata/observatory';
import {
  answerOf,
  bucketsOf,
  countriesOf,
  coverage,
  fixtureNow,
  kindsOf,
  nipsOf,
  snapshotOf,
  softwareOf,
} from './test-fixtures.ts';
import { latencyOf, relayDetails, relayEventsOf, relayRows, summaryOf, uptimeOf } from './test-fixtures-relays.ts';
import { activeOf, cohortsOf, throughputOf, zapSeriesOf } from './test-fixtures-series.ts';

/** How the API is doing: each state that the page has a face for. */
export type Scene = 'usual' | 'empty' | 'stale' | 'partial' | 'error' | 'offline' | 'loading' | 'foreign';

/** What the fixture server answers with; `cut`: with nothing at all. */
export interface FixtureAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly cut?: boolean;
}

/** A request to the fixtures. */
export interface FixtureRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: Record<string, unknown>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The answer of a path in a scene. */
export function answerFixture(scene: Scene, url: URL, relays: number): FixtureAnswer {
  if (scene === 'offline') return { status: 0, cut: true };
  if (scene === 'error')
    return { status: 503, body: { error: 'unavailable', message: 'The statistics cannot be read at the moment.' } };
  const found = find(url, relays);
  if (found === undefined)
    return { status: 404, body: { error: 'not-found', message: `There is nothing at ${url.pathname}.` } };
  if (scene === 'empty')
    return {
      status: 200,
      body: answerOf(emptied(found), {
        coverage: { ...coverage, relaysConnected: 0, covered: 1, unseenEvents: null, sinceMs: null },
      }),
    };
  if (scene === 'foreign') return { status: 200, body: answerOf({ of: 'another version' }) };
  if (scene === 'stale')
    return {
      status: 503,
      body: answerOf(found, { stale: true, asOf: new Date(fixtureNow - 5_400_000).toISOString() }),
    };
  return { status: 200, body: answerOf(found, { partial: scene === 'partial' }) };
}

function find({ pathname, searchParams: query }: URL, relays: number): unknown {
  const parts = pathname.replace('/api/v1/stats/', '').split('/').map(decodeURIComponent);
  const [first = '', second, third] = parts;
  const range = rangeOf(second) ?? rangeOf(query.get('range')) ?? '30d';
  const buckets = bucketsOfQuery(query);
  switch (first) {
    case 'full':
      return rangeOf(second) ? snapshotOf(range) : undefined;
    case 'clients':
      return snapshotOf(range).clients;
    case 'kinds':
      return second === undefined ? kindsOf(12_000_000) : kindSeries(Number(second), buckets);
    case 'users':
      return second === 'active' ? activeOf(buckets) : retention(query);
    case 'activity':
      return snapshotOf(range).hours;
    case 'zaps':
      return second === 'histogram' ? snapshotOf(range).zaps.histogram : zapSeriesOf(buckets);
    case 'throughput':
      return throughputOf(buckets);
    case 'software':
      return softwareOf();
    case 'nips':
      return nipsOf();
    case 'geography':
      return countriesOf();
    case 'relays':
      return findRelay([second, third], { relays, buckets });
    default:
      return undefined;
  }
}

function findRelay(
  [url, part]: readonly (string | undefined)[],
  options: { relays: number; buckets: readonly string[] },
): unknown {
  const rows = relayRows(options.relays);
  if (url === undefined) return rows;
  if (url === 'summary') return summaryOf(rows);
  const row = rows.find((candidate) => candidate.url === url);
  if (!row) return undefined;
  if (part === 'latency') return latencyOf(options.buckets);
  if (part === 'uptime') return uptimeOf(options.buckets);
  return part === 'events' ? relayEventsOf(options.buckets) : relayDetails(row);
}

function rangeOf(text: string | null | undefined): Range | undefined {
  return (['24h', '7d', '30d', '90d', 'all'] as const).find((range) => range === text);
}

function bucketsOfQuery(query: URLSearchParams): readonly string[] {
  if (query.get('group_by') === 'hour') return bucketsOf('24h');
  if (query.get('group_by') === 'month') return bucketsOf('all');
  const range = rangeOf(query.get('range')) ?? '30d';
  const buckets = bucketsOf(range === 'all' ? '90d' : range);
  return query.get('group_by') === 'week'
    ? buckets.filter((_, index) => (buckets.length - 1 - index) % 7 === 0)
    : buckets;
}

function kindSeries(kind: number, buckets: readonly string[]): unknown {
  const share = kindsOf(430_000).find((row) => row.kind === kind)?.events ?? 120;
  return buckets.map((at, index) => ({ at, events: Math.round(share * (0.9 + 0.2 * Math.sin(index + kind))) }));
}

function retention(query: URLSearchParams): unknown {
  return cohortsOf(query.get('period') === 'month' ? 'month' : 'week', Number(query.get('periods') ?? 12));
}

/** The same with nothing in it. */
function emptied(found: unknown): unknown {
  if (Array.isArray(found)) return [];
  if (typeof found === 'number') return 0;
  if (typeof found !== 'object' || found === null) return found;
  return Object.fromEntries(Object.entries(found as Snapshot).map(([name, value]) => [name, emptied(value)]));
}
