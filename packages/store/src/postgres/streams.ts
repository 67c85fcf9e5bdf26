import type { PostgresStatement, SqlValue } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import type { Stream } from '../plan.ts';
import { filterKey } from './conditions.ts';
import { firstLookMax, firstLookMin, fullDepthRowsMax } from './limits.ts';
import { hex, hexArray, numberArray } from './literal.ts';
import type { Position } from './row.ts';

/** A statement with its parameters. */
export interface Bound {
  readonly statement: PostgresStatement;
  readonly values: readonly SqlValue[];
}

/** Which part of the streams is asked for: events after that position, down to the filter's `since`. */
export interface Window {
  readonly after: Position;
  readonly since: number;
  readonly rows: number;
}

/** The start of a filter's streams: before the newest event that it may match. */
export function startOf(filter: Filter): Position {
  return { created_at: filter.until ?? Number.MAX_SAFE_INTEGER, id: '' };
}

/**
 * The next rows of a union of streams, newest first, then lowest id, as one statement. One stream is read straight
 * from its index. Several are each read to the full number of rows and merged while that stays small; above it, a
 * first look at each gives a time down to which enough rows are known, and only streams that reach further are read
 * again, down to that time. An event that stands in several streams comes several times, one after the other.
 */
export function readStreams(streams: readonly Stream[], window: Window): Bound {
  const [first] = streams;
  const index = first?.index ?? 'time';
  const hasKind = first?.index === 'time' || first?.kind !== undefined;
  const { after, since, rows } = window;
  const range = [after.created_at, hex(after.id), since, rows];
  if (streams.length === 1 && hasKind) {
    const values = keyValues(first).concat(range);
    return { statement: statements[index].one, values };
  }
  const values = [...listValues(streams, index, hasKind), ...range];
  if (streams.length * rows <= fullDepthRowsMax && hasKind) {
    return { statement: statements[index].fullDepth, values };
  }
  const depth = Math.min(Math.max(Math.ceil((2 * rows) / streams.length), firstLookMin), firstLookMax, rows);
  return { statement: hasKind ? statements[index].firstLook : statements[index].anyKind, values: [...values, depth] };
}

const columns = 'e.seq, e.id, e.kind, e.created_at, e.expires_at, e.json';

/** The condition of one stream on table alias `x`, given the expressions for its key and kind. */
function streamCondition(index: Stream['index'], key: string, kind: string): string[] {
  switch (index) {
    case 'tag':
      return [`x.key = ${key}`, `x.kind = ${kind}`];
    case 'author':
      return [`x.pubkey = ${key}`, `x.kind = ${kind}`];
    case 'kind':
      return [`x.kind = ${kind}`];
    case 'time':
      return [];
  }
}

/** After the position, not before `since`; `from` is the number of the first of these parameters. */
function rangeCondition(from: number): string[] {
  const at = `$${from}::bigint`;
  return [
    `x.created_at <= ${at}`,
    `(x.created_at < ${at} OR x.id > $${from + 1}::bytea)`,
    `x.created_at >= $${from + 2}::bigint`,
  ];
}

function tableOf(index: Stream['index']): string {
  return index === 'tag' ? 'tag' : 'event';
}

function keyValues(stream: Stream | undefined): SqlValue[] {
  switch (stream?.index) {
    case 'tag':
      return [filterKey(stream.letter, stream.value), stream.kind ?? null];
    case 'author':
      return [hex(stream.pubkey), stream.kind ?? null];
    case 'kind':
      return [stream.kind];
    default:
      return [];
  }
}

const keyTypes = { tag: 'bigint', author: 'bytea' } as const;

function oneStream(index: Stream['index']): string {
  const hasKey = index === 'tag' || index === 'author';
  const key = hasKey ? `$1::${keyTypes[index]}` : '';
  const kindNumber = hasKey ? 2 : 1;
  const rangeFrom = index === 'time' ? 1 : kindNumber + 1;
  const where = [...streamCondition(index, key, `$${kindNumber}::int`), ...rangeCondition(rangeFrom)].join(' AND ');
  const limit = `ORDER BY x.created_at DESC, x.id LIMIT $${rangeFrom + 3}`;
  if (index !== 'tag') return `SELECT ${columns} FROM (SELECT * FROM event x WHERE ${where} ${limit}) AS e`;
  return `SELECT ${columns} FROM (SELECT x.created_at, x.id FROM tag x WHERE ${where} ${limit}) AS t
    JOIN event e ON e.id = t.id ORDER BY t.created_at DESC, t.id`;
}

function listValues(streams: readonly Stream[], index: Stream['index'], hasKind: boolean): SqlValue[] {
  const kinds = numberArray(streams.map((stream) => (stream.index === 'time' ? undefined : stream.kind)));
  if (index === 'kind') return [kinds];
  const keys =
    index === 'tag'
      ? numberArray(streams.map((stream) => (stream.index === 'tag' ? filterKey(stream.letter, stream.value) : 0)))
      : hexArray(streams.flatMap((stream) => (stream.index === 'author' ? [stream.pubkey] : [])));
  return hasKind ? [keys, kinds] : [keys];
}

/**
 * The streams as a table `s (n, key, kind)`. Without kinds, the kinds that stand under each key are found by skipping
 * from one to the next in the index.
 */
function streamList(index: Stream['index'], hasKind: boolean): string {
  if (index === 'kind') {
    return `s AS MATERIALIZED (SELECT n, NULL::int AS key, kind FROM unnest($1::int[]) WITH ORDINALITY AS l (kind, n))`;
  }
  const type = index === 'tag' ? 'bigint' : 'bytea';
  if (hasKind) {
    return `s AS MATERIALIZED (
      SELECT n, key, kind FROM unnest($1::${type}[], $2::int[]) WITH ORDINALITY AS l (key, kind, n))`;
  }
  const column = index === 'tag' ? 'key' : 'pubkey';
  const next = (key: string, after: string): string =>
    `(SELECT x.kind FROM ${tableOf(index)} x WHERE x.${column} = ${key}${after} ORDER BY x.kind LIMIT 1)`;
  return `run (key, kind) AS (
      SELECT l.key, ${next('l.key', '')} FROM unnest($1::${type}[]) AS l (key)
      UNION ALL
      SELECT run.key, ${next('run.key', ' AND x.kind > run.kind')} FROM run WHERE run.kind IS NOT NULL
    ), s AS MATERIALIZED (SELECT row_number() OVER () AS n, key, kind FROM run WHERE kind IS NOT NULL)`;
}

function parameterCount(index: Stream['index'], hasKind: boolean): number {
  return index !== 'kind' && hasKind ? 2 : 1;
}

/** What `readEach` reads: of each stream of `list` so many rows, under further conditions. */
interface Each {
  readonly list: 's' | 'deep';
  readonly where: readonly string[];
  readonly limit: string;
}

function readEach(index: Stream['index'], { list, where, limit }: Each): string {
  const conditions = [...streamCondition(index, `${list}.key`, `${list}.kind`), ...where].join(' AND ');
  return `SELECT ${list}.n, r.created_at, r.id FROM ${list} CROSS JOIN LATERAL (
      SELECT x.created_at, x.id FROM ${tableOf(index)} x WHERE ${conditions}
      ORDER BY x.created_at DESC, x.id LIMIT ${limit}
    ) AS r`;
}

const joinEvents = (list: string): string =>
  `SELECT ${columns} FROM (${list}) AS m JOIN event e ON e.id = m.id ORDER BY m.created_at DESC, m.id`;

function fullDepth(index: Stream['index'], hasKind: boolean): string {
  const from = parameterCount(index, hasKind) + 1;
  const rows = `$${from + 3}::bigint`;
  return `WITH RECURSIVE ${streamList(index, hasKind)},
    found AS (${readEach(index, { list: 's', where: rangeCondition(from), limit: rows })})
    ${joinEvents(`SELECT created_at, id FROM found ORDER BY created_at DESC, id LIMIT ${rows}`)}`;
}

function firstLook(index: Stream['index'], hasKind: boolean): string {
  const from = parameterCount(index, hasKind) + 1;
  const range = rangeCondition(from);
  const rows = `$${from + 3}::bigint`;
  const depth = `$${from + 4}::bigint`;
  return `WITH RECURSIVE ${streamList(index, hasKind)},
    look AS MATERIALIZED (${readEach(index, { list: 's', where: range, limit: depth })}),
    horizon AS MATERIALIZED (
      SELECT coalesce((SELECT created_at FROM look ORDER BY created_at DESC OFFSET ${rows} - 1 LIMIT 1), 0) AS down_to),
    deep AS MATERIALIZED (
      SELECT n, key, kind FROM s WHERE n = ANY (ARRAY (
        SELECT n FROM look GROUP BY n
        HAVING count(*) = ${depth} AND min(created_at) >= (SELECT down_to FROM horizon)))),
    found AS (
      SELECT created_at, id FROM look WHERE n NOT IN (SELECT n FROM deep)
      UNION ALL
      SELECT created_at, id FROM (
        ${readEach(index, { list: 'deep', where: [...range, 'x.created_at >= (SELECT down_to FROM horizon)'], limit: rows })}
      ) AS d)
    ${joinEvents(`SELECT created_at, id FROM found ORDER BY created_at DESC, id LIMIT ${rows}`)}`;
}

/** The statements over one index: prepared by name, and so written once. */
interface IndexStatements {
  readonly one: PostgresStatement;
  readonly fullDepth: PostgresStatement;
  readonly firstLook: PostgresStatement;
  readonly anyKind: PostgresStatement;
}

function writeStatements(index: Stream['index']): IndexStatements {
  const write = (name: string, text: string): PostgresStatement => ({ name: `query_${name}_${index}`, text });
  return {
    one: write('one', oneStream(index)),
    fullDepth: write('full', fullDepth(index, true)),
    firstLook: write('look', firstLook(index, true)),
    anyKind: write('any', firstLook(index, false)),
  };
}

/** The statements of each index. */
export const statements: Readonly<Record<Stream['index'], IndexStatements>> = {
  tag: writeStatements('tag'),
  author: writeStatements('author'),
  kind: writeStatements('kind'),
  time: writeStatements('time'),
};
