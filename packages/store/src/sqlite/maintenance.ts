import type { SqliteHandle } from '@nostrata/database';
import type { RemovalReason, RetentionPolicy, RetentionReport, Seq } from '../contract.ts';
import { hexKey } from '../keys.ts';
import { removalBatchEvents } from '../limits.ts';
import { problemsMax, vacuumPages } from './limits.ts';
import { eventIndexes, indexStatements, searchTable, tagTable } from './schema.ts';
import { numbers, prepareArrays, type SqliteShelf } from './shelf.ts';
import { idOf, parseCanonical, pubkeyOf, tagKeys } from './texts.ts';

type Candidate = readonly [seq: Seq, kind: number, createdAt: number, json: string];

/** Removes one batch of what has expired; returns how many events. */
export function expireEvents(handle: SqliteHandle, shelf: SqliteShelf, nowSeconds: number): number {
  const find = prepareArrays(
    handle,
    'SELECT seq, kind, created_at, json FROM event WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
  );
  return removeBatch(shelf, 'expired', () => find.all(nowSeconds, removalBatchEvents) as unknown as Candidate[]);
}

function removeBatch(shelf: SqliteShelf, reason: RemovalReason, find: () => readonly Candidate[]): number {
  shelf.begin();
  try {
    const found = find();
    for (const [seq, kind, created_at, json] of found) {
      shelf.remove({ seq, id: idOf(json), pubkey: pubkeyOf(json), kind, created_at }, reason, undefined);
    }
    shelf.commit();
    shelf.takeRemovals();
    return found.length;
  } catch (error) {
    shelf.rollback();
    throw error;
  }
}

/** The place that retention works on. */
export interface RetentionPlace {
  readonly handle: SqliteHandle;
  readonly shelf: SqliteShelf;
  /** The size of the files of the database. */
  readonly bytesOnDisk: () => number;
}

/** Removes what the policy does not keep, oldest first, and gives the pages back to the file system. */
export function retainEvents(place: RetentionPlace, policy: RetentionPolicy, nowSeconds: number): RetentionReport {
  const bytesBefore = place.bytesOnDisk();
  const size = policy.batchEvents ?? removalBatchEvents;
  const next = createOldestFirst(place.handle, policy, nowSeconds);
  let removed = 0;
  let batches = 0;
  let dryBytes = 0;
  const liveBytes = (): number => bytesInUse(place.handle) - dryBytes;
  const isTooLarge = (): boolean => policy.maxBytes !== undefined && liveBytes() > policy.maxBytes;
  let incomplete = false;
  for (;;) {
    const tooLarge = isTooLarge();
    const excess = policy.maxBytes === undefined ? 0 : liveBytes() - policy.maxBytes;
    const batch = (): Candidate[] => next(excess, size);
    let found: number;
    if (policy.dryRun) {
      const rows = batch();
      found = rows.length;
      for (const [, , , json] of rows) dryBytes += estimateBytes(json);
    } else found = removeBatch(place.shelf, 'retained', batch);
    removed += found;
    if (found > 0) batches += 1;
    if (found === 0) {
      incomplete = tooLarge;
      break;
    }
  }
  if (!policy.dryRun && removed > 0) giveBack(place.handle);
  return { removed, batches, bytesBefore, bytesAfter: place.bytesOnDisk(), incomplete };
}

/** Measured: an event takes its text and about 300 bytes of index entries. */
function estimateBytes(json: string): number {
  return json.length + 300;
}

/** Gives out the oldest events that may go, batch after batch, without looking at the same ones twice. */
function createOldestFirst(
  handle: SqliteHandle,
  policy: RetentionPolicy,
  nowSeconds: number,
): (excess: number, size: number) => Candidate[] {
  const oldest = prepareArrays(
    handle,
    'SELECT e.seq, e.kind, e.created_at, e.json, e.id48 FROM event e INDEXED BY by_time WHERE created_at >= ?1 AND (created_at > ?1 OR id48 < ?2) AND created_at <= ?3 ORDER BY created_at, id48 DESC LIMIT ?4',
  );
  const ageLimit = policy.maxAgeSeconds === undefined ? -1 : nowSeconds - policy.maxAgeSeconds - 1;
  const mayGo = ([, kind, , json]: Candidate): boolean =>
    !policy.protectedKinds?.has(kind) && !policy.protectedPubkeys?.has(pubkeyOf(json));
  let [createdAt, id48] = [0, 2 ** 48];
  const isOld = (row: Candidate): boolean => row[2] <= ageLimit;
  return (excess, size) => {
    const found: Candidate[] = [];
    const until = excess > 0 ? Number.MAX_SAFE_INTEGER : ageLimit;
    let bytes = 0;
    while (found.length < size) {
      const rows = oldest.all(createdAt, id48, until, size - found.length) as unknown as (readonly [
        ...Candidate,
        number,
      ])[];
      if (rows.length === 0) break;
      for (const [seq, kind, created, json, key] of rows) {
        const candidate: Candidate = [seq, kind, created, json];
        if (found.length > 0 && bytes >= excess && !isOld(candidate)) return found;
        [createdAt, id48] = [created, key];
        if (!mayGo(candidate)) continue;
        found.push(candidate);
        bytes += estimateBytes(json);
      }
    }
    return found;
  };
}

function giveBack(handle: SqliteHandle): void {
  const free = prepareArrays(handle, 'PRAGMA freelist_count');
  for (let left = numbers(free.get())[0] ?? 0; left > 0; ) {
    handle.exec(`PRAGMA incremental_vacuum(${vacuumPages})`);
    const now = numbers(free.get())[0] ?? 0;
    if (now >= left) break;
    left = now;
  }
  handle.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

function bytesInUse(handle: SqliteHandle): number {
  const read = (name: string): number => numbers(prepareArrays(handle, `PRAGMA ${name}`).get())[0] ?? 0;
  return (read('page_count') - read('freelist_count')) * read('page_size');
}

/** Drops every index and derived table and makes it again from the events; returns the number of events. */
export function rebuildIndexes(handle: SqliteHandle): number {
  handle.exec('BEGIN IMMEDIATE');
  try {
    for (const name of Object.keys(eventIndexes)) handle.exec(`DROP INDEX IF EXISTS ${name}`);
    handle.exec('DROP TABLE IF EXISTS tag');
    handle.exec('DROP TABLE IF EXISTS search');
    for (const statement of [tagTable, searchTable, ...indexStatements()]) handle.exec(statement);
    handle.exec("DELETE FROM meta WHERE name = 'searched'");
    const events = rebuildTags(handle);
    handle.exec('COMMIT');
    return events;
  } catch (error) {
    if (handle.isTransaction) handle.exec('ROLLBACK');
    throw error;
  }
}

function rebuildTags(handle: SqliteHandle): number {
  const page = prepareArrays(handle, 'SELECT seq, json FROM event WHERE seq > ? ORDER BY seq LIMIT 1000');
  const insert = handle.prepare('INSERT INTO tag (key, kind, created_at, id48, seq) VALUES (?, ?, ?, ?, ?)');
  let after = 0;
  for (let events = 0; ; ) {
    const rows = page.all(after) as unknown as [number, string][];
    for (const [seq, json] of rows) {
      const event = parseCanonical(json);
      for (const key of tagKeys(event)) insert.run(key, event.kind, event.created_at, hexKey(event.id), seq);
      after = seq;
    }
    events += rows.length;
    if (rows.length === 0) return events;
  }
}

/** Reads everything and compares events with indexes; returns one sentence for each problem. */
export function checkDatabase(handle: SqliteHandle): string[] {
  const problems = (prepareArrays(handle, `PRAGMA integrity_check(${problemsMax})`).all() as unknown as [string][])
    .map(([text]) => text)
    .filter((text) => text !== 'ok');
  handle.exec('BEGIN');
  try {
    checkEvents(handle, problems);
  } finally {
    handle.exec('COMMIT');
  }
  return problems.slice(0, problemsMax);
}

type EventRow = readonly [seq: number, id48: number, author48: number, kind: number, createdAt: number, json: string];

function checkEvents(handle: SqliteHandle, problems: string[]): void {
  const page = prepareArrays(
    handle,
    'SELECT seq, id48, author48, kind, created_at, json FROM event WHERE seq > ? ORDER BY seq LIMIT 1000',
  );
  const tagged = prepareArrays(
    handle,
    'SELECT count(*) FROM tag WHERE key = ? AND kind = ? AND created_at = ? AND id48 = ? AND seq = ?',
  );
  let tags = 0;
  let after = 0;
  for (;;) {
    const rows = page.all(after) as unknown as EventRow[];
    for (const row of rows) {
      after = row[0];
      tags += checkEvent(row, { tagged, problems });
    }
    if (rows.length === 0 || problems.length >= problemsMax) break;
  }
  const [stored = 0] = numbers(prepareArrays(handle, 'SELECT count(*) FROM tag').get());
  if (stored !== tags) problems.push(`the tag index has ${stored} entries instead of ${tags}`);
  const [both = 0] = numbers(prepareArrays(handle, 'SELECT count(*) FROM event JOIN removal USING (seq)').get());
  if (both > 0) problems.push(`${both} positions of the log are used twice`);
}

function checkEvent(
  [seq, id48, author48, kind, createdAt, json]: EventRow,
  { tagged, problems }: { tagged: ReturnType<typeof prepareArrays>; problems: string[] },
): number {
  const event = parseCanonical(json);
  if (hexKey(event.id) !== id48 || hexKey(event.pubkey) !== author48 || event.kind !== kind) {
    problems.push(`event ${event.id} is indexed under a wrong key`);
  }
  if (event.created_at !== createdAt) problems.push(`event ${event.id} is indexed at a wrong time`);
  const keys = tagKeys(event);
  for (const key of keys) {
    if (numbers(tagged.get(key, kind, createdAt, id48, seq))[0] !== 1) {
      problems.push(`a tag of event ${event.id} is not in the index`);
    }
  }
  return keys.length;
}
