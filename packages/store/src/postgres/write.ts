import type { PostgresSession } from '@nostrata/database';
import { getExpiration, type NostrEvent } from '@nostrata/protocol';
import type { RemovedChange, Seq } from '../contract.ts';
import { addressHash } from './address-hash.ts';
import { maintenanceEvents } from './limits.ts';
import { hexArray, numberArray, textArray } from './literal.ts';
import type { Insertion, Written } from './overlay.ts';
import { searchWords } from './search.ts';
import { tagKeys } from './tag-rows.ts';

/** Where and when the events of a batch were first seen. */
export interface Receipt {
  readonly receivedAtMs: number;
  /** The number of the source of an event id. */
  readonly sourceById: ReadonlyMap<string, number>;
}

/** Writes what a batch changes; the statements go out together. */
export async function writeBatch(session: PostgresSession, written: Written, receipt: Receipt): Promise<void> {
  await Promise.all([
    deleteEvents(session, written.removedSeqs),
    insertEvents(session, written.insertions, receipt),
    insertTags(
      session,
      written.insertions.map(({ event }) => event),
    ),
    insertSearch(session, written.insertions),
    insertRemovals(session, written.removals),
    writeMarks(session, written),
    writeDeletions(session, written),
  ]);
}

const eventsInsert = {
  name: 'write_events',
  text: `INSERT INTO event (seq, id, pubkey, kind, created_at, expires_at, source, received_at_ms, json)
    SELECT seq, id, pubkey, kind, created_at, expires_at, source, $8, json
    FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::int[], $5::bigint[], $6::bigint[], $7::int[], $9::text[])
      AS e (seq, id, pubkey, kind, created_at, expires_at, source, json)`,
};

async function insertEvents(session: PostgresSession, rows: readonly Insertion[], receipt: Receipt): Promise<void> {
  if (rows.length === 0) return;
  await session.run(eventsInsert, [
    numberArray(rows.map(({ seq }) => seq)),
    hexArray(rows.map(({ event }) => event.id)),
    hexArray(rows.map(({ event }) => event.pubkey)),
    numberArray(rows.map(({ event }) => event.kind)),
    numberArray(rows.map(({ event }) => event.created_at)),
    numberArray(rows.map(({ event }) => getExpiration(event))),
    numberArray(rows.map(({ event }) => receipt.sourceById.get(event.id))),
    receipt.receivedAtMs,
    textArray(rows.map(({ json }) => json)),
  ]);
}

const tagsInsert = {
  name: 'write_tags',
  text: `INSERT INTO tag (key, kind, created_at, id)
    SELECT key, kind, created_at, id FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bytea[])
      AS t (key, kind, created_at, id)`,
};

/** Writes the tag rows of events. */
export async function insertTags(session: PostgresSession, events: readonly NostrEvent[]): Promise<void> {
  const parameters = tagParameters(events);
  if (parameters) await session.run(tagsInsert, parameters);
}

function tagParameters(events: readonly NostrEvent[]): string[] | null {
  const keys: number[] = [];
  const kinds: number[] = [];
  const times: number[] = [];
  const ids: string[] = [];
  for (const event of events) {
    for (const key of tagKeys(event)) {
      keys.push(key);
      kinds.push(event.kind);
      times.push(event.created_at);
      ids.push(event.id);
    }
  }
  return keys.length === 0 ? null : [numberArray(keys), numberArray(kinds), numberArray(times), hexArray(ids)];
}

const searchInsert = {
  name: 'write_search',
  text: `INSERT INTO search (seq, words) SELECT seq, words::tsvector FROM unnest($1::bigint[], $2::text[]) AS s (seq, words)`,
};

/** Writes the words of those events that are searchable. */
export async function insertSearch(
  session: PostgresSession,
  rows: readonly { readonly seq: Seq; readonly event: NostrEvent }[],
): Promise<void> {
  const seqs: number[] = [];
  const words: string[] = [];
  for (const { seq, event } of rows) {
    const text = searchWords(event);
    if (text === null) continue;
    seqs.push(seq);
    words.push(text);
  }
  if (seqs.length > 0) await session.run(searchInsert, [numberArray(seqs), textArray(words)]);
}

const removalsInsert = {
  name: 'write_removals',
  text: `INSERT INTO removal (seq, id, pubkey, kind, created_at, reason, cause)
    SELECT * FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::int[], $5::bigint[], $6::text[], $7::bytea[])`,
};

/** Writes log entries of events that left. */
export async function insertRemovals(session: PostgresSession, removals: readonly RemovedChange[]): Promise<void> {
  if (removals.length === 0) return;
  await session.run(removalsInsert, [
    numberArray(removals.map(({ seq }) => seq)),
    hexArray(removals.map(({ id }) => id)),
    hexArray(removals.map(({ pubkey }) => pubkey)),
    numberArray(removals.map(({ kind }) => kind)),
    numberArray(removals.map(({ created_at }) => created_at)),
    textArray(removals.map(({ reason }) => reason)),
    textArray(removals.map(({ cause }) => cause && `\\x${cause}`)),
  ]);
}

const eventsDelete = {
  name: 'delete_events',
  text: 'DELETE FROM event WHERE seq = ANY ($1::bigint[]) RETURNING json',
};
const searchDelete = { name: 'delete_search', text: 'DELETE FROM search WHERE seq = ANY ($1::bigint[])' };
const sightingsDelete = { name: 'delete_sightings', text: 'DELETE FROM sighting WHERE seq = ANY ($1::bigint[])' };
const tagsDelete = {
  name: 'delete_tags',
  text: `DELETE FROM tag t USING unnest($1::bigint[], $2::int[], $3::bigint[], $4::bytea[]) AS d (key, kind, created_at, id)
    WHERE t.key = d.key AND t.kind = d.kind AND t.created_at = d.created_at AND t.id = d.id`,
};

/** Deletes events with all that hangs on them, and returns the bytes of text that they had. */
export async function deleteEvents(session: PostgresSession, seqs: readonly Seq[]): Promise<void> {
  for (let start = 0; start < seqs.length; start += maintenanceEvents) {
    const some = numberArray(seqs.slice(start, start + maintenanceEvents));
    const [rows] = await Promise.all([
      session.run<{ json: string }>(eventsDelete, [some]),
      session.run(searchDelete, [some]),
      session.run(sightingsDelete, [some]),
    ]);
    const parameters = tagParameters(rows.map(({ json }) => JSON.parse(json) as NostrEvent));
    if (parameters) await session.run(tagsDelete, parameters);
  }
}

const marksUpsert = {
  name: 'write_marks',
  text: `INSERT INTO mark (address, id, created_at) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[])
    ON CONFLICT (address) DO UPDATE SET id = excluded.id, created_at = excluded.created_at`,
};

async function writeMarks(session: PostgresSession, { marks }: Written): Promise<void> {
  if (marks.size === 0) return;
  const values = [...marks.values()];
  await session.run(marksUpsert, [
    hexArray([...marks.keys()].map(addressHash)),
    hexArray(values.map(({ id }) => id)),
    numberArray(values.map(({ created_at }) => created_at)),
  ]);
}

const idDeletionsInsert = {
  name: 'write_id_deletions',
  text: 'INSERT INTO id_deletion (id, author) SELECT * FROM unnest($1::bytea[], $2::bytea[]) ON CONFLICT DO NOTHING',
};
const addressDeletionsUpsert = {
  name: 'write_address_deletions',
  text: `INSERT INTO address_deletion (address, until) SELECT * FROM unnest($1::bytea[], $2::bigint[])
    ON CONFLICT (address) DO UPDATE SET until = excluded.until`,
};
const vanishedUpsert = {
  name: 'write_vanished',
  text: `INSERT INTO vanished (pubkey, until) SELECT * FROM unnest($1::bytea[], $2::bigint[])
    ON CONFLICT (pubkey) DO UPDATE SET until = excluded.until`,
};

async function writeDeletions(session: PostgresSession, written: Written): Promise<void> {
  const { idDeletions, addressDeletions, vanished } = written;
  if (idDeletions.length > 0) {
    const ids = hexArray(idDeletions.map(([id]) => id));
    await session.run(idDeletionsInsert, [ids, hexArray(idDeletions.map(([, author]) => author))]);
  }
  if (addressDeletions.size > 0) {
    const hashes = hexArray([...addressDeletions.keys()].map(addressHash));
    await session.run(addressDeletionsUpsert, [hashes, numberArray([...addressDeletions.values()])]);
  }
  if (vanished.size > 0) {
    await session.run(vanishedUpsert, [hexArray([...vanished.keys()]), numberArray([...vanished.values()])]);
  }
}
