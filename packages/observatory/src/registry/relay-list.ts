import type { Queryable, SqlValue } from '@nostrata/database';
import type { Quantiles, Range, RelayRow } from '../answers.ts';
import type { RelayQuery } from '../contract.ts';
import { listMax, listUsual } from './limits.ts';

/** One row of the joined tables. */
export type ListRecord = {
  readonly relay: number;
  readonly url: string;
  readonly source: string;
  readonly first_seen_ms: number;
  readonly name: string | null;
  readonly state: string;
  readonly software_name: string | null;
  readonly version: string | null;
  readonly nips: string;
  readonly country: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly auth_required: number;
  readonly payment_required: number;
  readonly last_probe_ms: number | null;
  readonly last_failure: string | null;
  readonly probes: number | null;
  readonly failures: number | null;
  readonly open_samples: number | null;
  readonly open_p50: number | null;
  readonly open_p95: number | null;
  readonly read_samples: number | null;
  readonly read_p50: number | null;
  readonly read_p95: number | null;
  readonly events: number | null;
  readonly novel: number | null;
  readonly repeats: number | null;
  readonly invalid: number | null;
  readonly bytes: number | null;
  readonly last_event_ms: number | null;
  readonly strip: string | null;
};

/** The state of a relay, from the tables `r` (relay) and `p` (probes). */
export const stateSql = `CASE WHEN r.dead_ms IS NOT NULL THEN 'dead' WHEN p.outage_from_ms IS NOT NULL THEN 'outage'
  WHEN p.last_ok_ms IS NOT NULL THEN 'online' ELSE 'unknown' END`;

const fromSql = `FROM registry_relay r LEFT JOIN probe_relay p ON p.relay = r.relay
  LEFT JOIN registry_span s ON s.span = $1 AND s.relay = r.relay`;

const selectSql = `SELECT r.relay, r.url, r.source, r.first_seen_ms, r.name, ${stateSql} AS state, r.software_name,
  r.version, r.nips, r.country, r.latitude, r.longitude, r.auth_required, r.payment_required, p.last_probe_ms,
  p.last_failure, s.probes, s.failures, s.open_samples, s.open_p50, s.open_p95, s.read_samples, s.read_p50, s.read_p95,
  s.events, s.novel, s.repeats, s.invalid, s.bytes, s.last_event_ms,
  s.strip ${fromSql}`;

const uptimeSql = 'CASE WHEN s.probes > 0 THEN (s.probes - s.failures) * 1.0 / s.probes END';

const orders: Readonly<Record<NonNullable<RelayQuery['sort']>, string>> = {
  events: 'coalesce(s.events, 0)',
  novel: 'coalesce(s.novel, 0)',
  uptime: uptimeSql,
  open: 's.open_p50',
  read: 's.read_p50',
  url: 'r.url',
};

/** Small is good for these, and first unless told. */
const ascending: ReadonlySet<string> = new Set(['open', 'read', 'url']);

/** One page of the relays that a query asks for, and how many there are in all. */
export async function listRelays(
  queryable: Queryable,
  query: RelayQuery,
): Promise<{ readonly rows: readonly ListRecord[]; readonly total: number }> {
  const { where, values } = toConditions(query);
  const sort = query.sort ?? 'events';
  const direction = (query.descending ?? !ascending.has(sort)) ? 'DESC' : 'ASC';
  const limit = Math.min(Math.max(0, query.limit ?? listUsual), listMax);
  const offset = Math.max(0, query.offset ?? 0);
  const order = orders[sort];
  // What was not measured is neither good nor bad: it comes last either way.
  const orderSql = `ORDER BY CASE WHEN ${order} IS NULL THEN 1 ELSE 0 END, ${order} ${direction}, r.url`;
  const rows = await queryable.query<ListRecord>(
    `${selectSql} ${where} ${orderSql} LIMIT ${limit} OFFSET ${offset}`,
    values,
  );
  if (offset === 0 && rows.length < limit) return { rows, total: rows.length };
  const [count] = await queryable.query<{ total: number }>(`SELECT count(*) AS total ${fromSql} ${where}`, values);
  return { rows, total: count?.total ?? 0 };
}

/** One relay with its figures of a range. */
export async function findRelay(queryable: Queryable, url: string, range: Range): Promise<ListRecord | undefined> {
  const [row] = await queryable.query<ListRecord>(`${selectSql} WHERE r.url = $2`, [range, url]);
  return row;
}

function toConditions(query: RelayQuery): { readonly where: string; readonly values: readonly SqlValue[] } {
  const values: SqlValue[] = [query.range];
  const conditions: string[] = [];
  // The range stands in the join; a parameter that no statement names is an error of PostgreSQL.
  const put = (value: SqlValue): string => `$${values.push(value)}`;
  if (query.nip !== undefined) conditions.push(`r.nips LIKE ${put(`%,${query.nip},%`)}`);
  if (query.software !== undefined) {
    const place = put(query.software.toLowerCase());
    conditions.push(`(r.software = ${place} OR lower(r.software_name) = ${place})`);
  }
  if (query.country !== undefined) conditions.push(`r.country = ${put(query.country.toUpperCase())}`);
  if (query.state !== undefined) conditions.push(`${stateSql} = ${put(query.state)}`);
  if (query.search !== undefined && query.search !== '') {
    const place = put(`%${query.search.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`);
    const matches = ['r.url', 'r.name', 'r.software_name'].map(
      (column) => `lower(${column}) LIKE ${place} ESCAPE '\\'`,
    );
    conditions.push(`(${matches.join(' OR ')})`);
  }
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

/** A row of the list as the API shows it. */
export function toRelayRow(row: ListRecord, isConnected: (row: ListRecord) => boolean): RelayRow {
  return {
    url: row.url,
    name: row.name,
    state: row.state as RelayRow['state'],
    connected: isConnected(row),
    software: row.software_name,
    version: row.version,
    nips: parseNips(row.nips),
    country: row.country,
    latitude: row.latitude,
    longitude: row.longitude,
    authRequired: row.auth_required === 1,
    paymentRequired: row.payment_required === 1,
    openMs: toQuantiles(row.open_p50, row.open_p95, row.open_samples),
    readMs: toQuantiles(row.read_p50, row.read_p95, row.read_samples),
    uptime: row.probes ? (row.probes - (row.failures ?? 0)) / row.probes : null,
    uptimeStrip: row.strip === null ? undefined : (JSON.parse(row.strip) as (number | null)[]),
    events: row.events ?? 0,
    novel: row.novel ?? 0,
    repeats: row.repeats ?? 0,
    invalid: row.invalid ?? 0,
    bytes: row.bytes ?? 0,
    lastEventMs: row.last_event_ms,
  };
}

/** The NIPs in `,1,11,`. */
export function parseNips(text: string): number[] {
  return text
    .split(',')
    .filter((nip) => nip !== '')
    .map(Number);
}

function toQuantiles(p50: number | null, p95: number | null, samples: number | null): Quantiles {
  return { p50, p95, samples: samples ?? 0 };
}
