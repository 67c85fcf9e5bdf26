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

const daysByRange: Readonly<Record<Range, number | undefined>> = {
  '24h': 1,
  '7d': 7,
  '30d': 30,
  '90d': 90,
  all: undefined,
};

/** The buckets of a range as the series of the API take them. */
export function seriesOf(
  range: Range,
  nowMs: number,
  groupBy: string = bucketOf(range),
): Record<string, string | undefined> {
  const days = daysByRange[range];
  const hourMs = 3_600_000;
  // A whole hour, so that all readers of one hour ask the same.
  const until = Math.ceil(nowMs / hourMs) * hourMs;
  const since = days === undefined ? undefined : new Date(until - days * 24 * hourMs).toISOString();
  return { group_by: groupBy, since };
}

/** Every path that the page asks for. */
export const routes = {
  full: (range: Range): Route<Snapshot> => route(`/full/${range}`),
  clients: (range: Range): Route<Clients> => route('/clients', { range }),
  relays: (range: Range): Route<readonly RelayRow[]> => route('/relays', { range, limit: '2000' }),
  relay: (url: string, range: Range): Route<RelayDetails> => route(`/relays/${encodeURIComponent(url)}`, { range }),
  latency: (url: string, series: Record<string, string | undefined>): Route<readonly LatencyPoint[]> =>
    route(`/relays/${encodeURIComponent(url)}/latency`, series),
  uptime: (url: string, series: Record<string, string | undefined>): Route<readonly UptimePoint[]> =>
    route(`/relays/${encodeURIComponent(url)}/uptime`, series),
  relayEvents: (url: string, series: Record<string, string | undefined>): Route<readonly RelayEventsPoint[]> =>
    route(`/relays/${encodeURIComponent(url)}/events`, series),
  kinds: (range: Range): Route<readonly KindCount[]> => route('/kinds', { range }),
  kind: (kind: number, series: Record<string, string | undefined>): Route<readonly { at: string; events: number }[]> =>
    route(`/kinds/${kind}`, series),
  activeUsers: (series: Record<string, string | undefined>): Route<readonly ActivePoint[]> =>
    route('/users/active', series),
  retention: (period: 'week' | 'month', periods: number): Route<readonly Cohort[]> =>
    route('/users/retention', { period, periods: String(periods) }),
  hours: (range: Range): Route<readonly HourCell[]> => route('/activity/hourly', { range }),
  zaps: (series: Record<string, string | undefined>): Route<readonly { at: string; count: number; msat: number }[]> =>
    route('/zaps', series),
  software: (): Route<readonly Share[]> => route('/software'),
  live: `${base}/live`,
};

/** The same figures as a table for other programs. */
export function csvOf({ path }: { readonly path: string }): string {
  return `${path}${path.includes('?') ? '&' : '?'}format=csv`;
}
