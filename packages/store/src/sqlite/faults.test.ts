import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openSqlite } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import { StoreError } from '../errors.ts';
import type { SqliteStore } from './assemble.ts';
import { openSqliteStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'nostrata-faults-'));
after(() => rmSync(root, { recursive: true, force: true }));

const now = (): number => 1_700_000_000_000;

function makeEvent(number: number): VerifiedEvent {
  const id = number.toString(16).padStart(8, '0').repeat(8);
  const content = `note ${number} `.repeat(80);
  const event = { id, pubkey: 'a'.repeat(64), created_at: number, kind: 1, tags: [], content, sig: id + id };
  return event as unknown as VerifiedEvent;
}

/** Fails with one sentence that people can read. */
function isSentence(pattern: RegExp): (error: unknown) => true {
  return (error) => {
    assert(error instanceof StoreError, String(error));
    assert.match(error.message, pattern);
    assert(!error.message.includes('\n'));
    return true;
  };
}

async function fill(store: SqliteStore): Promise<number> {
  for (let number = 1; ; number += 10) {
    const batch = Array.from({ length: 10 }, (_, index) => ({ event: makeEvent(number + index) }));
    try {
      await store.put(batch);
    } catch (error) {
      isSentence(/^there is no room left for .*events\.db$/)(error);
      return number - 1;
    }
  }
}

test('a full disk is told in one sentence, loses nothing, and is over when there is room', async () => {
  const folder = join(root, 'full');
  {
    await using store = await openSqliteStore(folder, { now, fileBytesMax: 1_000_000 });
    const stored = await fill(store);
    assert(stored > 100);
    assert.equal((await store.count([{}])).count, stored);
    assert.equal(store.lastSeq(), stored);
    assert.deepEqual((await store.check()).problems, []);
    await assert.rejects(store.put([{ event: makeEvent(100_000) }, ...batchOf(60)]), isSentence(/no room left/));
    // Room made by retention is room for new events.
    const { removed } = await store.retain({ maxBytes: 700_000 });
    assert(removed > 0);
    assert.deepEqual(
      (await store.put(batchOf(20))).map(({ outcome }) => outcome),
      new Array(20).fill('stored'),
    );
    assert.equal((await store.count([{}])).count, stored - removed + 20);
  }
  await using store = await openSqliteStore(folder, { now });
  await store.put(batchOf(400));
  assert.deepEqual((await store.check()).problems, []);
});

function batchOf(count: number): { event: VerifiedEvent }[] {
  return Array.from({ length: count }, (_, index) => ({ event: makeEvent(200_000 + index) }));
}

test('retention gives the space back to the file system', async () => {
  await using store = await openSqliteStore(join(root, 'space'), { now });
  await store.put(Array.from({ length: 4_000 }, (_, index) => ({ event: makeEvent(index + 1) })));
  const report = await store.retain({ maxAgeSeconds: now() / 1_000 - 3_500 });
  assert.equal(report.removed, 3_499);
  assert.equal(report.batches, 4);
  assert(report.bytesAfter * 3 < report.bytesBefore, `${report.bytesBefore} → ${report.bytesAfter}`);
  assert.equal((await store.statistics()).bytes, report.bytesAfter);
});

test('a database of a newer version is refused', async () => {
  const folder = join(root, 'newer');
  await (await openSqliteStore(folder, { now })).stop();
  const database = openSqlite(join(folder, 'events.db'));
  await database.query("INSERT INTO migration (room, version, name, checksum) VALUES ('store', 99, 'later', '')");
  await database.close();
  await assert.rejects(openSqliteStore(folder, { now }), isSentence(/has version 99 of "store".*use a newer version/));
});

test('a damaged file is told in one sentence, by the check too, and the process goes on', async () => {
  const folder = join(root, 'damaged');
  {
    await using store = await openSqliteStore(folder, { now });
    await store.put(Array.from({ length: 2_000 }, (_, index) => ({ event: makeEvent(index + 1) })));
  }
  const path = join(folder, 'events.db');
  const file = openSync(path, 'r+');
  for (let at = 40_960; at + 4_096 < statSync(path).size; at += 16_384)
    writeSync(file, Buffer.alloc(4_096, 0x55), 0, 4_096, at);
  closeSync(file);
  const readAll = async (): Promise<void> => {
    await using store = await openSqliteStore(folder, { now });
    const found = await store.check().then(({ problems }) => problems.length > 0, isSentence(/damaged/));
    assert(found);
    for await (const page of store.query([{}])) assert(page.length > 0);
  };
  await assert.rejects(readAll(), isSentence(/events\.db is damaged or not a database/));
});

test('a store that was stopped says so', async () => {
  const store = await openSqliteStore(join(root, 'stopped'), { now });
  await Promise.all([store.stop(), store.stop()]);
  await assert.rejects(store.put([{ event: makeEvent(1) }]), isSentence(/stopped/));
  await assert.rejects(async () => await store.count([{}]), isSentence(/stopped/));
});
