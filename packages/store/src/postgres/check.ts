import type { PostgresDatabase, PostgresSession } from '@nostrata/database';
import { getExpiration, type NostrEvent, serializeEvent } from '@nostrata/protocol';
import type { CheckReport } from '../contract.ts';
import { problemsMax } from './limits.ts';
import { hexArray, numberArray } from './literal.ts';
import { readAllEvents, type TextRow } from './rebuild.ts';
import { searchWords } from './search.ts';
import { tagKeys } from './tag-rows.ts';

/** Compares every event's text with its columns, tags and search words, and counts what belongs to no event. */
export async function checkStore(database: PostgresDatabase): Promise<CheckReport> {
  return await database.transaction(async (session) => {
    await session.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    // Whole tables are compared here, which look-ups cannot do in time.
    await session.query('SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on');
    const problems: string[] = [];
    const expected = { events: 0, tags: 0, words: 0 };
    for await (const rows of readAllEvents(session)) {
      const parsed = rows.map(parseRow);
      expected.events += rows.length;
      expected.tags += parsed.reduce((sum, { event }) => sum + tagKeys(event).length, 0);
      expected.words += parsed.filter(({ isSearchable }) => isSearchable).length;
      problems.push(...(await checkColumns(session, parsed)), ...(await checkTags(session, parsed)));
    }
    problems.push(...(await checkCounts(session, expected)), ...(await checkLog(session)));
    return { events: expected.events, problems: problems.slice(0, problemsMax) };
  });
}

interface Parsed extends TextRow {
  readonly event: NostrEvent;
  readonly isSearchable: boolean;
}

function parseRow(row: TextRow): Parsed {
  const event = JSON.parse(row.json) as NostrEvent;
  return { ...row, event, isSearchable: searchWords(event) !== null };
}

const columns = {
  name: 'check_columns',
  text: `SELECT e.seq, e.id, e.pubkey, e.kind, e.created_at, e.expires_at, s.seq AS word_seq
    FROM unnest($1::bigint[]) WITH ORDINALITY AS l (seq, n) JOIN event e ON e.seq = l.seq
    LEFT JOIN search s ON s.seq = e.seq ORDER BY l.n`,
};

interface ColumnRow extends Pick<NostrEvent, 'id' | 'pubkey' | 'kind' | 'created_at'> {
  readonly expires_at: number | null;
  readonly word_seq: number | null;
}

async function checkColumns(session: PostgresSession, rows: readonly Parsed[]): Promise<string[]> {
  const found = await session.run<ColumnRow>(columns, [numberArray(rows.map(({ seq }) => seq))]);
  return rows.flatMap(({ event, json, isSearchable }, index) => {
    const row = found[index];
    const isSame =
      row?.id === event.id &&
      row.pubkey === event.pubkey &&
      row.kind === event.kind &&
      row.created_at === event.created_at &&
      (row.expires_at ?? undefined) === getExpiration(event);
    const problems: string[] = [];
    if (!isSame) problems.push(`event ${event.id} has columns that are not those of its text`);
    if (json !== serializeEvent(event)) problems.push(`event ${event.id} has a text that is not its canonical text`);
    if ((row?.word_seq != null) !== isSearchable) {
      problems.push(`event ${event.id} is not in the search index as it should be`);
    }
    return problems;
  });
}

const missingTags = {
  name: 'check_tags',
  text: `SELECT DISTINCT w.id FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bytea[]) AS w (key, kind, created_at, id)
    WHERE NOT EXISTS (SELECT FROM tag t
      WHERE t.key = w.key AND t.kind = w.kind AND t.created_at = w.created_at AND t.id = w.id)`,
};

async function checkTags(session: PostgresSession, rows: readonly Parsed[]): Promise<string[]> {
  const wanted = rows.flatMap(({ event }) => tagKeys(event).map((key) => ({ key, event })));
  const missing = await session.run<{ id: string }>(missingTags, [
    numberArray(wanted.map(({ key }) => key)),
    numberArray(wanted.map(({ event }) => event.kind)),
    numberArray(wanted.map(({ event }) => event.created_at)),
    hexArray(wanted.map(({ event }) => event.id)),
  ]);
  return missing.map(({ id }) => `event ${id} is missing from the tag index`);
}

async function checkCounts(
  session: PostgresSession,
  expected: { readonly tags: number; readonly words: number },
): Promise<string[]> {
  const text = `SELECT (SELECT count(*) FROM tag) AS tags, (SELECT count(*) FROM search) AS words,
    (SELECT count(*) FROM sighting s WHERE NOT EXISTS (SELECT FROM event e WHERE e.seq = s.seq)) AS sightings`;
  const [found] = await session.run<{ tags: number; words: number; sightings: number }>({ text });
  const problems: string[] = [];
  if (found?.tags !== expected.tags) {
    problems.push(`the tag index holds ${found?.tags} rows, the events call for ${expected.tags}`);
  }
  if (found?.words !== expected.words) {
    problems.push(`the search index holds ${found?.words} rows, the events call for ${expected.words}`);
  }
  if (found?.sightings !== 0) problems.push(`${found?.sightings} sightings belong to no event`);
  return problems;
}

async function checkLog(session: PostgresSession): Promise<string[]> {
  const text = `SELECT (SELECT count(*) FROM event e JOIN removal r ON r.seq = e.seq) AS shared,
    (SELECT count(*) FROM event e JOIN removal r ON r.id = e.id AND r.seq > e.seq) AS undead,
    (SELECT greatest((SELECT max(seq) FROM event), (SELECT max(seq) FROM removal), 0)) AS last,
    (SELECT seq FROM log_end) AS log_end`;
  const [found] = await session.run<{ shared: number; undead: number; last: number; log_end: number }>({ text });
  const problems: string[] = [];
  if (found?.shared !== 0) problems.push(`${found?.shared} positions of the log are used twice`);
  if (found?.undead !== 0) problems.push(`${found?.undead} events are stored although the log says that they left`);
  if ((found?.last ?? 0) !== found?.log_end) {
    problems.push(`the log ends at ${found?.last}, its end is noted as ${found?.log_end}`);
  }
  return problems;
}
