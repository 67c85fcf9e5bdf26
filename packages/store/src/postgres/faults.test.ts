import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { openPostgres } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import { waitUntil } from '@nostrata/testing';
import { createAuthor } from '../conformance/fixtures.ts';
import { createTestDatabases } from '../conformance/postgres-databases.ts';
import type { Change, EventStore, StoredEvent } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { openStore } from '../open.ts';
import { toSeq } from '../seq.ts';

const databases = await createTestDatabases();
after(() => databases.stop());
const { skip } = databases;

const now = (): number => 1_700_000_000_000;
const alice = createAuthor('alice');

async function readAll(store: EventStore, filter: Filter): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of store.query([filter])) events.push(...page);
  return events;
}

/** A wire to the server that can be cut. */
interface Wire extends AsyncDisposable {
  readonly url: string;
  cut(): void;
  mend(): void;
}

async function createWire(url: string): Promise<Wire> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: Object.assign(new URL(url), { port: String((server.address() as AddressInfo).port) }).href,
    cut() {
      isCut = true;
      drop();
    },
    mend() {
      isCut = false;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        drop();
      }),
  };
}

test('a store whose server went away says so, and works again when it is back', { skip }, async () => {
  await using first = await databases.open({ now });
  await using wire = await createWire(databases.urlOf(first));
  await using store = await openStore(wire.url, { now });
  const told: Change[] = [];
  store.follow((changes) => told.push(...changes));
  assert.equal((await store.put([{ event: alice.note(1) }]))[0]?.outcome, 'stored');
  wire.cut();
  await assert.rejects(store.put([{ event: alice.note(2) }]), (error) => {
    assert.ok(error instanceof StoreError);
    assert.match(error.message, /^PostgreSQL at [^ ]+ does not answer \(\w+\)$/);
    return true;
  });
  await assert.rejects(store.count([{}]), StoreError);
  await assert.rejects(async () => await readAll(store, {}), StoreError);
  await first.put([{ event: alice.note(3) }]);
  wire.mend();
  assert.equal((await store.put([{ event: alice.note(4) }]))[0]?.outcome, 'stored');
  await first.put([{ event: alice.note(5) }]);
  await waitUntil(() => told.length === 4, { what: 'the follower' });
  assert.deepEqual(told, await store.changes(toSeq(0)));
  assert.equal(store.lastSeq(), first.lastSeq());
});

test('connections that end in the middle of load lose nothing that was acknowledged', { skip }, async () => {
  await using first = await databases.open({ now });
  await using wire = await createWire(databases.urlOf(first));
  await using store = await openStore(wire.url, { now });
  const acknowledged: string[] = [];
  let failures = 0;
  for (let round = 0; round < 20; round += 1) {
    const putting = Promise.allSettled(
      Array.from({ length: 5 }, async (_, i) => {
        const event = alice.note(1_000 * (round + 1) + i, { tags: [['t', 'x']] });
        const [result] = await store.put([{ event }]);
        if (result?.outcome === 'stored') acknowledged.push(event.id);
      }),
    );
    const wanted = acknowledged.length + (round % 5);
    // A connection whose end was not noticed yet may fail all of them before the next cut.
    let isOver = false;
    void putting.then(() => {
      isOver = true;
    });
    await waitUntil(() => isOver || acknowledged.length >= wanted, { what: 'some puts' });
    wire.cut();
    const settled = await putting;
    failures += settled.filter(({ status }) => status === 'rejected').length;
    for (const result of settled) if (result.status === 'rejected') assert.ok(result.reason instanceof StoreError);
    wire.mend();
  }
  assert.ok(failures > 0, 'some puts were hit');
  const stored = await readAll(first, { ids: acknowledged });
  assert.equal(stored.length, acknowledged.length);
  assert.deepEqual((await first.check()).problems, []);
});

test('a server that is not there, a wrong user or a wrong database stop the start with one sentence', {
  skip,
}, async () => {
  await using first = await databases.open({ now });
  const at = (part: Partial<URL>): string => Object.assign(new URL(databases.urlOf(first)), part).href;
  const wrong: readonly (readonly [string, RegExp])[] = [
    [at({ port: '1' }), /^PostgreSQL at [^ ]+ does not answer \(ECONNREFUSED\)$/],
    [at({ pathname: '/nowhere' }), /^PostgreSQL at [^ ]+: there is no such database$/],
    [at({ username: 'stranger' }), /^PostgreSQL at [^ ]+ refuses this user or password$/],
    [at({ search: '?poolSize=many' }), /^poolSize of the store is not a whole number between 1 and 1000$/],
  ];
  for (const [url, message] of wrong) {
    await assert.rejects(
      openStore(url, { now }),
      (error) => error instanceof StoreError && message.test(error.message),
    );
  }
});

test('a database of a newer version is refused', { skip }, async () => {
  await using first = await databases.open({ now });
  const database = await openPostgres(databases.urlOf(first));
  await database.query("INSERT INTO migration (room, version, name, checksum) VALUES ('store', 99, 'later', '')");
  await assert.rejects(openStore(databases.urlOf(first), { now }), (error) => {
    return error instanceof StoreError && /has version 99 .* use a newer version/.test(error.message);
  });
  await database.query("DELETE FROM migration WHERE version = 99 AND room = 'store'");
  await database.close();
});

test('an event that the server cannot hold does not take its batch with it', { skip }, async () => {
  await using store = await databases.open({ now });
  const poison = alice.note(1e30);
  const others = Array.from({ length: 6 }, (_, i) => alice.note(i));
  const batch = [...others.slice(0, 4), poison, ...others.slice(4)].map((event) => ({ event, source: 'import' }));
  const outcomes = (await store.put(batch)).map(({ outcome }) => outcome);
  assert.deepEqual(outcomes, ['stored', 'stored', 'stored', 'stored', 'invalid', 'stored', 'stored']);
  assert.deepEqual((await store.check()).problems, []);
});

test('words, texts and sources at their limits are stored', { skip }, async () => {
  await using store = await databases.open({ now });
  const contents = [
    Array.from({ length: 30_000 }, (_, i) => `word${i}`).join(' '),
    'x'.repeat(300_000),
    'same '.repeat(30_000),
    "quotes ' \\ \" \u0000 \ud800 :1,2 'a':1",
  ];
  const batch = contents.map((content, i) => ({
    event: alice.note(i, { content }),
    source: `wss://a\u0000b\ud800${i}/`,
  }));
  assert.deepEqual(new Set((await store.put(batch)).map(({ outcome }) => outcome)), new Set(['stored']));
  for (const [index, search] of ['word1', 'x'.repeat(300_000), '"same same"', 'quotes'].entries()) {
    const found = await readAll(store, { search });
    assert.deepEqual(
      found.map(({ json }) => JSON.parse(json).content),
      [contents[index]],
    );
  }
});
