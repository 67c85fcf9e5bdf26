import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { DatabaseError, migrate, openSqlite, type SqliteDatabase, toDatabaseError } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import type { PutResult } from '../contract.ts';
import { sourceCharactersMax } from '../limits.ts';
import { createOwnRelayCheck } from '../own-relay.ts';
import { applyEvent, type RuleOptions } from '../rules.ts';
import { checkpointPages, pageBytes, walBytesMax, writerCacheKib } from './limits.ts';
import { checkDatabase, expireEvents, rebuildIndexes, retainEvents } from './maintenance.ts';
import {
  outcomes,
  type PutReply,
  type WriterAnswer,
  type WriterOptions,
  type WriterReplies,
  type WriterRequest,
} from './messages.ts';
import { migrations } from './schema.ts';
import { indexSearch } from './search-index.ts';
import { createShelf, type SqliteShelf } from './shelf.ts';
import { idOf, parseCanonical } from './texts.ts';

/** The writer: the only thread of this process that changes the database. It serves one request after the other. */
interface Writer {
  readonly path: string;
  readonly database: SqliteDatabase;
  readonly shelf: SqliteShelf;
  readonly isOwnRelay: (url: string) => boolean;
}

if (parentPort) await serve(parentPort, workerData as WriterOptions);

async function serve(port: NonNullable<typeof parentPort>, options: WriterOptions): Promise<void> {
  const answer = (message: WriterAnswer): void => port.postMessage(message);
  let writer: Writer;
  try {
    writer = await openWriter(options);
  } catch (error) {
    answer({ number: 0, ...describe(options.path, error) });
    return;
  }
  port.on('message', ({ number, request }: { number: number; request: WriterRequest }) => {
    try {
      answer({ number, reply: handle(writer, request) });
      keepLogShort(writer);
    } catch (error) {
      answer({ number, ...describe(writer.path, error) });
    }
    if (request.type === 'stop') port.close();
  });
  answer({ number: 0, reply: 0 });
}

async function openWriter({ path, relayUrls, fileBytesMax }: WriterOptions): Promise<Writer> {
  const database = openSqlite(path, {
    pragmas: {
      // Both take effect only while the file is empty.
      page_size: pageBytes,
      auto_vacuum: 'INCREMENTAL',
      journal_mode: 'WAL',
      synchronous: 'FULL',
      wal_autocheckpoint: checkpointPages,
      journal_size_limit: checkpointPages * pageBytes,
      cache_size: -writerCacheKib,
      temp_store: 'MEMORY',
      ...(fileBytesMax !== undefined && { max_page_count: Math.ceil(fileBytesMax / pageBytes) }),
    },
  });
  try {
    await migrate(database, { room: 'store', migrations });
    return { path, database, shelf: createShelf(database.handle), isOwnRelay: createOwnRelayCheck(relayUrls) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function handle(writer: Writer, request: WriterRequest): WriterReplies[keyof WriterReplies] {
  const { database, shelf, path } = writer;
  switch (request.type) {
    case 'put':
      return put(writer, request);
    case 'sightings':
      return noteSightings(shelf, request.notes);
    case 'expire':
      return expireEvents(database.handle, shelf, Math.floor(request.nowMs / 1_000));
    case 'retain':
      return retainEvents({ handle: database.handle, shelf, path }, request.policy, Math.floor(request.nowMs / 1_000));
    case 'indexSearch':
      return indexSearch(database.handle);
    case 'rebuild':
      return rebuildIndexes(database.handle);
    case 'check':
      return checkDatabase(database.handle);
    case 'stop':
      database.handle.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.handle.close();
      return 0;
  }
}

function put(writer: Writer, { texts, sources, nowMs }: WriterRequest & { type: 'put' }): PutReply {
  const { shelf } = writer;
  const options: RuleOptions = { nowSeconds: Math.floor(nowMs / 1_000), isOwnRelay: writer.isOwnRelay };
  const results: PutResult[] = [];
  let beforeSeq = 0;
  inTransaction(shelf, () => {
    beforeSeq = shelf.lastSeq();
    for (const [index, json] of texts.entries()) {
      const result = applyEvent(shelf, { event: parseCanonical(json) as VerifiedEvent, json }, options);
      results.push(result);
      const source = sources?.[index];
      if (source !== undefined) note(shelf, result.seq, { id: idOf(json), source, seenMs: nowMs });
    }
  });
  const reasons = new Map<number, string>();
  for (const [index, { reason }] of results.entries()) if (reason !== undefined) reasons.set(index, reason);
  return {
    outcomes: Uint8Array.from(results, ({ outcome }) => outcomes.indexOf(outcome)),
    seqs: Float64Array.from(results, ({ seq }) => seq ?? 0),
    reasons: reasons.size > 0 ? reasons : undefined,
    removals: shelf.takeRemovals(),
    beforeSeq,
    lastSeq: shelf.lastSeq(),
  };
}

function noteSightings(shelf: SqliteShelf, notes: readonly { id: string; source: string; seenMs: number }[]): number {
  inTransaction(shelf, () => {
    for (const one of notes) note(shelf, undefined, one);
  });
  return notes.length;
}

/** Notes a sighting; without a position it is looked up, and nothing is noted where the event is not stored. */
function note(
  shelf: SqliteShelf,
  seq: number | undefined,
  { id, source, seenMs }: { id: string; source: string; seenMs: number },
): void {
  const place = seq ?? shelf.findById(id)?.seq;
  if (place !== undefined) shelf.addSighting(place, source.slice(0, sourceCharactersMax), seenMs);
}

function inTransaction(shelf: SqliteShelf, work: () => void): void {
  shelf.begin();
  try {
    work();
    shelf.commit();
  } catch (error) {
    shelf.rollback();
    throw error;
  }
}

/** A reader that is always in the middle of something keeps the log from starting anew; then it is waited for. */
function keepLogShort({ path, database }: Writer): void {
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (wal && wal.size > walBytesMax && database.handle.isOpen) database.handle.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

function describe(path: string, error: unknown): { fault: DatabaseError['fault']; message: string } {
  const known = toDatabaseError(path, error);
  if (known instanceof DatabaseError) return { fault: known.fault, message: known.message };
  return { fault: 'other', message: known instanceof Error ? (known.stack ?? known.message) : String(known) };
}
