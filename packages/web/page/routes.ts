import type {
  ActivePoint,
  Clients,
  Cohort,
  HourCell,
  KindCount,
  LatencyPoint,
  Range,
  RelayDetails,
  RelayEventsPoint,
  RelayRow,
  Share,
  Snapshot,
  ThroughputPoint,
  UptimePoint,
} from '@nostrata/observatory';

/** A path of the API, and the type of what it answers with. */
export interface Route<Data> {
  readonly path: string;
  readonly of?: Data;
}

const base = '/api/v1/stats';

function route<Data>(path: string, query: Readonly<Record<string, string | undefined>> = {}): Route<Data> {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const text = new URLSearchParams(given).toString();
  return { path: `${base}${path}${text === '' ? '' : `?${text}`}` };
}

/** The size of the buckets that a range is drawn in. */
export function bucketOf(range: Range): 'hour' | 'day' | 'month' {
  if (range === '24h') return 'hour';
  return range === 'all' ? 'month' : 'day';
}

/** What a series is asked for by. */
export interface SeriesQuery {
  readonly range: Range;
  readonly groupBy: 'hour' | 'day' | 'week' | 'month';
}

function series<Data>(path: string, { range, groupBy }: SeriesQuery): Route<Data> {
  return route(path, { range, group_by: groupBy });
}

const relayPath = (url: string): string => `/relays/${encodeURIComponent(url)}`;

/** Every path that the page asks for. */
export const routes = {
  full: (range: Range): Route<Snapshot> => route(`/full/${range}`),
  activity: (range: Range): Route<unknown> => route('/activity', { range }),
  topRelays: (range: Range): Route<unknown> => route('/top-relays', { range }),
  clients: (range: Range): Route<Clients> => route('/clients', { range, limit: '200' }),
  kinds: (range: Range): Route<readonly KindCount[]> => route('/kinds', { range, limit: '500' }),
  kind: (kind: number, query: SeriesQuery): Route<readonly { readonly at: string; readonly events: number }[]> =>
    series(`/kinds/${kind}`, query),
  relays: (range: Range): Route<readonly RelayRow[]> => route('/relays', { range, limit: '2000' }),
  relay: (url: string, range: Range): Route<RelayDetails> => route(relayPath(url), { range }),
  latency: (url: string, query: SeriesQuery): Route<readonly LatencyPoint[]> =>
    series(`${relayPath(url)}/latency`, query),
  uptime: (url: string, query: SeriesQuery): Route<readonly UptimePoint[]> => series(`${relayPath(url)}/uptime`, query),
  relayEvents: (url: string, query: SeriesQuery): Route<readonly RelayEventsPoint[]> =>
    series(`${relayPath(url)}/events`, query),
  activeUsers: (query: SeriesQuery): Route<readonly ActivePoint[]> => series('/users/active', query),
  retention: (period: 'week' | 'month', periods: number): Route<readonly Cohort[]> =>
    route('/users/retention', { period, periods: String(periods) }),
  hours: (range: Range): Route<readonly HourCell[]> => route('/activity/hourly', { range }),
  zapHistogram: (range: Range): Route<unknown> => route('/zaps/histogram', { range }),
  zaps: (
    query: SeriesQuery,
  ): Route<readonly { readonly at: string; readonly count: number; readonly msat: number }[]> => series('/zaps', query),
  throughput: (query: SeriesQuery): Route<readonly ThroughputPoint[]> => series('/throughput', query),
  software: (): Route<readonly Share[]> => route('/software'),
  nips: (): Route<readonly Share[]> => route('/nips'),
  countries: (): Route<readonly Share[]> => route('/geography'),
  live: `${base}/live`,
};

/** The same figures as a table for other programs. */
export function csvOf({ path }: { readonly path: string }): string {
  return `${path}${path.includes('?') ? '&' : '?'}format=csv`;
}
