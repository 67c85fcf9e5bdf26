import { DatabaseError, type SqliteHandle, toDatabaseError } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import type { PutResult } from '../contract.ts';
import { sourceCharactersMax } from '../limits.ts';
import { createOwnRelayCheck } from '../own-relay.ts';
import { applyEvent, type RuleOptions, withdrawEvent } from '../rules.ts';
import { checkDatabase, expireEvents, rebuildIndexes, retainEvents } from './maintenance.ts';
import { outcomes, type PutReply, type WriterReplies, type WriterRequest } from './messages.ts';
import { indexSearch } from './search-index.ts';
import { createShelf, type SqliteShelf } from './shelf.ts';
import { idOf, parseCanonical } from './texts.ts';

/** What whoever writes works with: the only one in this process that changes the database, one request after the other. */
export interface WritingParts {
  readonly path: string;
  readonly handle: SqliteHandle;
  readonly shelf: SqliteShelf;
  readonly isOwnRelay: (url: string) => boolean;
  readonly bytesOnDisk: () => number;
}

/** Where a writer works. */
export interface WritingPlace {
  readonly path: string;
  readonly relayUrls: readonly string[];
  /** The size of the files of the database. */
  readonly bytesOnDisk: () => number;
}

/** What writes through a connection to a database that has its tables. */
export function createWriting(handle: SqliteHandle, { path, relayUrls, bytesOnDisk }: WritingPlace): WritingParts {
  return { path, handle, shelf: createShelf(handle), isOwnRelay: createOwnRelayCheck(relayUrls), bytesOnDisk };
}

/** Does what is asked and answers it. */
export function serveRequest(writer: WritingParts, request: WriterRequest): WriterReplies[keyof WriterReplies] {
  const { handle, shelf, bytesOnDisk } = writer;
  switch (request.type) {
    case 'put':
      return put(writer, request);
    case 'sightings':
      return noteSightings(shelf, request.notes);
    case 'withdraw':
      return withdraw(writer, request);
    case 'expire':
      return expireEvents(handle, shelf, Math.floor(request.nowMs / 1_000));
    case 'retain':
      return retainEvents({ handle, shelf, bytesOnDisk }, request.policy, Math.floor(request.nowMs / 1_000));
    case 'indexSearch':
      return indexSearch(handle);
    case 'rebuild':
      return rebuildIndexes(handle);
    case 'check':
      return checkDatabase(handle);
    case 'stop':
      closeWriting(writer);
      return 0;
  }
}

/** On a full disk the log cannot be written back; it stays, and is read at the next start. */
function closeWriting({ handle, path }: WritingParts): void {
  try {
    handle.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    const known = toDatabaseError(path, error);
    if (!(known instanceof DatabaseError) || known.fault !== 'full') throw error;
  } finally {
    handle.close();
  }
}

function put(writer: WritingParts, { texts, sources, nowMs }: WriterRequest & { type: 'put' }): PutReply {
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

function withdraw(writer: WritingParts, { text, previousText, nowMs }: WriterRequest & { type: 'withdraw' }): boolean {
  const { shelf, isOwnRelay } = writer;
  const event = parseCanonical(text);
  const previous = previousText === undefined ? undefined : (parseCanonical(previousText) as VerifiedEvent);
  let isWithdrawn = false;
  inTransaction(shelf, () => {
    isWithdrawn = withdrawEvent(shelf, { event, previous }, { nowSeconds: Math.floor(nowMs / 1_000), isOwnRelay });
  });
  // The log is read for what has changed, as with every other work than puts.
  shelf.takeRemovals();
  return isWithdrawn;
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

/** A failure as it is sent to whoever asked. */
export function describeFailure(path: string, error: unknown): { fault: DatabaseError['fault']; message: string } {
  const known = toDatabaseError(path, error);
  if (known instanceof DatabaseError) return { fault: known.fault, message: known.message };
  return { fault: 'other', message: known instanceof Error ? (known.stack ?? known.message) : String(known) };
}
