import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { NostrEvent, VerifiedEvent } from '@nostrata/protocol';
import type { Change, EventStore } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { openStore } from '../open.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-sqlite-'));
  folders.push(folder);
  return folder;
}

const now = (): number => 1_700_000_000_000;
const open = (folder: string): Promise<EventStore> => openStore(`sqlite:${folder}`, { now });

let made = 0;
function makeEvent(fields: Partial<NostrEvent> = {}): VerifiedEvent {
  made += 1;
  const id = made.toString(16).padStart(8, '0').repeat(8);
  const base = { id, pubkey: 'a'.repeat(64), created_at: made, kind: 1, tags: [], content: '', sig: 'b'.repeat(128) };
  return { ...base, ...fields } as VerifiedEvent;
}

async function ids(store: EventStore, filter: Parameters<EventStore['items']>[0]): Promise<string[]> {
  const found: string[] = [];
  for await (const page of store.query([filter])) for (const { json } of page) found.push(JSON.parse(json).id);
  return found;
}

test('what was put is there after the store was stopped and opened again', async () => {
  const folder = newFolder();
  const event = makeEvent({ content: 'NUL \u0000, lone \ud800, \u2028', created_at: Number.MAX_SAFE_INTEGER });
  {
    await using store = await open(folder);
    assert.deepEqual(await store.put([{ event }]), [{ outcome: 'stored', seq: 1 }]);
  }
  await using store = await open(folder);
  assert.equal(store.lastSeq(), 1);
  const [change] = await store.changes(0 as Change['seq']);
  assert(change?.type === 'stored');
  assert.deepEqual(change.event, event);
  assert.deepEqual(await store.put([{ event }]), [{ outcome: 'duplicate' }]);
});

test('events of one second whose ids begin alike are ordered by the whole id', async () => {
  await using store = await open(newFolder());
  const twins = ['9', '1', '5', '3'].map((digit) =>
    makeEvent({ id: '7'.repeat(12) + digit.repeat(52), created_at: 50, tags: [['t', 'x']] }),
  );
  const others = [makeEvent({ created_at: 49 }), makeEvent({ created_at: 51 })];
  await store.put([...twins, ...others].map((event) => ({ event })));
  const found = await ids(store, { kinds: [1] });
  assert.deepEqual(
    found.slice(1, 5).map((id) => id[12]),
    ['1', '3', '5', '9'],
  );
  for (const limit of [1, 2, 3, 4]) {
    const first = await ids(store, { tags: { t: ['x'] }, limit });
    assert.deepEqual(
      first.map((id) => id[12]),
      ['1', '3', '5', '9'].slice(0, limit),
    );
  }
});

test('two stores on one folder see each other, and followers are told of both in log order', async () => {
  const folder = newFolder();
  await using one = await open(folder);
  await using two = await open(folder);
  const seen: number[] = [];
  const all = Promise.withResolvers<void>();
  two.follow((changes) => {
    seen.push(...changes.map(({ seq }) => seq));
    if (seen.length >= 300) all.resolve();
  });
  const puts: Promise<unknown>[] = [];
  for (let i = 0; i < 300; i += 1) puts.push((i % 2 === 0 ? one : two).put([{ event: makeEvent() }]));
  await Promise.all(puts);
  await all.promise;
  assert.deepEqual(
    seen,
    Array.from({ length: 300 }, (_, index) => index + 1),
  );
  assert.equal((await ids(one, {})).length, 300);
  assert.deepEqual((await one.check()).problems, []);
});

test('a commit of another process is told within a second', async () => {
  const folder = newFolder();
  await using one = await open(folder);
  await using two = await open(folder);
  const told = new Promise<readonly Change[]>((resolve) => {
    two.follow(resolve);
  });
  const event = makeEvent();
  await one.put([{ event }]);
  const started = performance.now();
  const [change] = await told;
  assert(performance.now() - started < 1_000);
  assert(change?.type === 'stored' && change.event.id === event.id);
  assert.equal(two.lastSeq(), 1);
});

test('a file that is no database is refused with one sentence', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'events.db'), 'this is not a database '.repeat(1_000));
  await assert.rejects(open(folder), (error) => {
    assert(error instanceof StoreError);
    assert.match(error.message, /events\.db is damaged or not a database/);
    assert(!error.message.includes('\n'));
    return true;
  });
});

test('an address without a folder is refused with one sentence', async () => {
  await assert.rejects(open(''), { name: 'StoreError', message: 'the store names no folder: use sqlite:FOLDER' });
});

test('a folder that cannot be made is refused with one sentence', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'file'), '');
  await assert.rejects(open(join(folder, 'file')), (error) => {
    assert(error instanceof StoreError);
    assert.match(error.message, /cannot be opened for writing/);
    return true;
  });
});

test('events of many megabytes that are asked for by id come in pages of a few megabytes', async () => {
  await using store = await open(newFolder());
  const content = 'x'.repeat(100_000);
  const events = Array.from({ length: 300 }, () => makeEvent({ content, tags: [['t', 'large']] }));
  await store.put(events.map((event) => ({ event })));
  const expected = events.map(({ id }) => id).reverse();
  const all = { ids: [...events.map(({ id }) => id), 'f'.repeat(64)] };
  for (const filter of [all, { ...all, limit: 150 }, { ...all, since: events[100]?.created_at ?? 0 }]) {
    const found: string[] = [];
    for await (const page of store.query([filter])) {
      assert.ok(page.length <= 100, `a page holds ${page.length} events of 100 kB`);
      for (const { json } of page) found.push(json.slice(7, 71));
    }
    const wanted = 'since' in filter ? 200 : 'limit' in filter ? filter.limit : 300;
    assert.deepEqual(found, expected.slice(0, wanted));
  }
  assert.equal((await store.count([all])).count, 300);
});
