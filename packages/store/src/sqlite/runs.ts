import type { SqliteStatement } from '@nostrata/database';
import { getGeohashPrefix } from '@nostrata/protocol';
import { geohashPrefixKey, hexKey, tagKey } from '../keys.ts';
import type { Stream } from '../plan.ts';
import { guessesMax, headRows, manyRowsMax, mergedRunsMax } from './limits.ts';
import type { Reader } from './reader.ts';

/** One index entry: when, key of the id, position; and the key of the author where the index holds it. */
export type IndexRow = readonly [createdAt: number, id48: number, seq: number, author48: number];

/** A place between two index entries: everything before it was handed out. */
export interface Position {
  readonly createdAt: number;
  readonly id48: number;
}

/** One ordered run of an index. */
export interface Run {
  readonly index: Stream['index'];
  /** Key of tag or author; 0 where the index has none. */
  readonly key: number;
  /** 0 for the index over time; undefined among many runs, which are then read over all kinds. */
  readonly kind: number | undefined;
}

/** The next entries of some runs, merged: newest first, then lowest key; complete as far as they go. */
export interface Round {
  readonly rows: readonly IndexRow[];
  /** Whether nothing follows. */
  readonly done: boolean;
}

/** What part of the runs is wanted. */
export interface Range {
  readonly after: Position;
  /** Seconds, inclusive. */
  readonly since: number;
  /** Seconds before `after` in which the wanted entries of many runs are expected; no promise. */
  readonly guess?: number | undefined;
  /** How many entries are wanted. */
  readonly count: number;
}

/** Turns the streams of a plan into runs; few streams without a kind become one run for each kind under their key. */
export function toRuns(reader: Reader, streams: readonly Stream[]): readonly Run[] {
  const runs = streams.map((stream): Run => {
    if (stream.index === 'time') return { index: 'time', key: 0, kind: 0 };
    if (stream.index === 'kind') return { index: 'kind', key: 0, kind: stream.kind };
    const key = stream.index === 'author' ? hexKey(stream.pubkey) : keyOfTag(stream.letter, stream.value);
    return { index: stream.index, key, kind: stream.kind };
  });
  return runs.length > mergedRunsMax ? runs : splitByKind(reader, runs);
}

function splitByKind(reader: Reader, runs: readonly Run[]): readonly Run[] {
  if (runs.every(({ kind }) => kind !== undefined)) return runs;
  return runs.flatMap((run) =>
    run.kind === undefined ? kindsUnder(reader, run).map((kind) => ({ ...run, kind })) : [run],
  );
}

/** The next `count` entries of the runs, or fewer where there are no more. */
export function nextRound(reader: Reader, runs: readonly Run[], range: Range): Round {
  for (let wanted = range.count; ; wanted *= 2) {
    const wider = { ...range, count: wanted + 1 };
    const rows = runs.length <= mergedRunsMax ? mergeRuns(reader, runs, wider) : mergeMany(reader, runs, wider);
    if (rows.length <= wanted) return { rows, done: true };
    const cut = cutBeforeTie(rows, wanted);
    if (cut.length > 0) return { rows: cut, done: false };
  }
}

/** The kinds that an index has under a key, found by jumping from one to the next. */
function kindsUnder(reader: Reader, { index, key }: Run): number[] {
  const column = index === 'tag' ? 'key' : 'author48';
  const table = index === 'tag' ? 'tag' : 'event INDEXED BY by_author';
  const first = `SELECT min(kind) FROM ${table} WHERE ${column} = ?1`;
  const statement = reader.prepare(
    `WITH RECURSIVE found (kind) AS (${first} UNION ALL SELECT (${first} AND kind > found.kind) FROM found WHERE found.kind IS NOT NULL) SELECT kind FROM found WHERE kind IS NOT NULL`,
  );
  return (statement.all(key) as unknown as [number][]).map(([kind]) => kind);
}

function keyOfTag(letter: string, value: string): number {
  const prefix = getGeohashPrefix(letter, value);
  return prefix === undefined ? tagKey(letter, value) : geohashPrefixKey(prefix);
}

/** What has been read of a run: the last entry, and whether there is more. */
interface Reading {
  readonly run: Run;
  last: IndexRow | undefined;
  wanted: number;
  isDone: boolean;
}

/**
 * One statement for each run, a few entries at first. Together they tell how far back the newest `count` can reach;
 * only runs whose last entry is newer than that are read on.
 */
function mergeRuns(reader: Reader, runs: readonly Run[], range: Range): readonly IndexRow[] {
  const { count } = range;
  const wanted = runs.length === 1 ? count : Math.min(count, Math.ceil((count / runs.length) * 2) + headRows);
  let open = runs.map((run): Reading => ({ run, last: undefined, wanted, isDone: false }));
  let merged: readonly IndexRow[] = [];
  while (open.length > 0) {
    for (const reading of open) {
      const since = merged.length >= count ? Math.max(range.since, merged[count - 1]?.[0] ?? 0) : range.since;
      const rows = readOn(reader, reading, { after: range.after, since, count });
      merged = merged.length === 0 ? rows : mergeRows(merged, rows, count);
    }
    const reach = merged.length >= count ? merged[count - 1] : undefined;
    open = open.filter(({ isDone, last }) => !isDone && (!reach || (last && compareRows(last, reach) < 0)));
  }
  return merged;
}

/** The next entries of a run. The last one is read again, as the entries after it may share its key. */
function readOn(reader: Reader, reading: Reading, { after, since, count }: Range): IndexRow[] {
  const { last, wanted, run } = reading;
  const from = last ? { createdAt: last[0], id48: last[1] - 1 } : after;
  const rows = readRun(reader, run, { after: from, since, count: wanted });
  reading.isDone = rows.length < wanted;
  reading.wanted = isTie(rows[0], rows.at(-1)) ? wanted * 4 : Math.min(count, wanted * 4);
  reading.last = rows.at(-1) ?? last;
  return rows;
}

const runStatements: Readonly<Record<Stream['index'], string>> = {
  tag: 'SELECT created_at, id48, seq, 0 FROM tag WHERE key = ?1 AND kind = ?2',
  author: 'SELECT created_at, id48, seq, 0 FROM event INDEXED BY by_author WHERE author48 = ?1 AND kind = ?2',
  kind: 'SELECT created_at, id48, seq, author48 FROM event INDEXED BY by_kind WHERE ?1 = 0 AND kind = ?2',
  time: 'SELECT created_at, id48, seq, author48 FROM event INDEXED BY by_time WHERE ?1 = 0 AND ?2 = 0',
};

const runRange =
  ' AND created_at <= ?3 AND created_at >= ?4 AND (created_at < ?3 OR id48 > ?5) ORDER BY created_at DESC, id48 LIMIT ?6';

function readRun(reader: Reader, run: Run, { after, since, count }: Range): IndexRow[] {
  const statement = reader.prepare(runStatements[run.index] + runRange);
  return allRows(statement, [run.key, run.kind ?? 0, after.createdAt, since, after.id48, count]);
}

/**
 * Many runs: one statement for all keys of a kind. It gives its entries in no useful order, so what it reads is
 * bounded: first by `Range.guess`, how far back the newest are expected to reach, then by a number of entries; where
 * that is met, the entries seen so far still prove how far back the newest `count` can reach.
 */
function mergeMany(reader: Reader, runs: readonly Run[], range: Range): readonly IndexRow[] {
  const { count } = range;
  const groups = keysByKind(runs);
  let span = range.guess ?? Number.POSITIVE_INFINITY;
  for (let pass = 1; ; pass += 1) {
    const since = Math.max(range.since, range.after.createdAt - span);
    const merged = readGroups(reader, { groups, runs, range: { ...range, since } });
    if (merged.length >= count || since <= range.since) return merged;
    const factor = Math.min(16, Math.max(1.5, (count / (merged.length + 1)) * 1.4));
    span = pass < guessesMax ? Math.ceil(span * factor) : Number.POSITIVE_INFINITY;
  }
}

interface Many {
  readonly groups: ReadonlyMap<number | undefined, string>;
  readonly runs: readonly Run[];
  readonly range: Range;
}

function readGroups(reader: Reader, { groups, runs, range }: Many): readonly IndexRow[] {
  const { count } = range;
  const bound = Math.max(manyRowsMax, count * 2);
  const { createdAt, id48 } = range.after;
  let merged: readonly IndexRow[] = [];
  let since = range.since;
  for (const [kind, keys] of groups) {
    const statement = manyStatement(reader, runs, kind);
    for (;;) {
      const rows = allRows(statement, [keys, kind ?? 0, createdAt, since, id48, bound]).sort(compareRows);
      const together = mergeRows(merged, rows, count);
      const reach = together.length >= count ? (together[count - 1]?.[0] ?? since) : since;
      if (rows.length < bound) {
        merged = together;
        since = Math.max(since, reach);
        break;
      }
      if (reach <= since) return mergeRuns(reader, splitByKind(reader, runs), range);
      since = reach;
    }
  }
  return merged;
}

/** What the values of the JSON list are joined to: keys of tags or authors, or the kinds themselves. */
const manySources: Readonly<Record<Stream['index'], string>> = {
  tag: 'tag e ON e.key = j.value',
  author: 'event e INDEXED BY by_author ON e.author48 = j.value',
  kind: 'event e INDEXED BY by_kind ON e.kind = j.value',
  time: 'event e INDEXED BY by_time ON j.value = 0',
};

function manyStatement(reader: Reader, runs: readonly Run[], kind: number | undefined): SqliteStatement {
  const from = manySources[runs[0]?.index ?? 'author'];
  return reader.prepare(
    `SELECT e.created_at, e.id48, e.seq, 0 FROM json_each(?1) j CROSS JOIN ${from} WHERE ${kind === undefined ? '?2 = 0' : 'e.kind = ?2'} AND e.created_at <= ?3 AND e.created_at >= ?4 AND (e.created_at < ?3 OR e.id48 > ?5) LIMIT ?6`,
  );
}

/** The keys of each kind as a JSON list; runs of kinds alone have no other key. */
function keysByKind(runs: readonly Run[]): Map<number | undefined, string> {
  const byKind = new Map<number | undefined, number[]>();
  for (const { index, kind, key } of runs) {
    const [group, value] = index === 'kind' ? [undefined, kind ?? 0] : [kind, key];
    const keys = byKind.get(group);
    if (keys) keys.push(value);
    else byKind.set(group, [value]);
  }
  return new Map([...byKind].map(([kind, keys]) => [kind, `[${keys.join()}]`]));
}

function allRows(statement: SqliteStatement, parameters: readonly (number | string)[]): IndexRow[] {
  return statement.all(...parameters) as unknown as IndexRow[];
}

function compareRows(a: IndexRow, b: IndexRow): number {
  return b[0] - a[0] || a[1] - b[1] || a[2] - b[2];
}

/** Merges two ordered lists up to `count` entries; an entry that is in both comes once. */
function mergeRows(a: readonly IndexRow[], b: readonly IndexRow[], count: number): readonly IndexRow[] {
  const merged: IndexRow[] = [];
  let i = 0;
  let j = 0;
  let last = 0;
  while (merged.length < count) {
    const left = a[i];
    const right = b[j];
    const row = left && (!right || compareRows(left, right) <= 0) ? left : right;
    if (!row) break;
    if (row === left) i += 1;
    else j += 1;
    if (row[2] === last) continue;
    merged.push(row);
    last = row[2];
  }
  return merged;
}

/** The first rows, at most `count`, ending where the next has another time or key: ties are ordered by the full id. */
function cutBeforeTie(rows: readonly IndexRow[], count: number): readonly IndexRow[] {
  let end = count;
  while (end > 0 && isTie(rows[end - 1], rows[end])) end -= 1;
  return rows.slice(0, end);
}

/** Whether two entries cannot be told apart by time and key. */
export function isTie(a: IndexRow | undefined, b: IndexRow | undefined): boolean {
  return a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1];
}
