import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { idOfSerialized, type NostrEvent, serializeEvent } from '@nostrata/protocol';
import { type EventStore, openStore, type StoredEvent } from '@nostrata/store';
import {
  createEventBuilder,
  createKeys,
  readJsonLines,
  readText,
  requireSharedData,
  signEvent,
  skipWithout,
  waitUntil,
} from '@nostrata/testing';
import type { Ingest, Source, SubmitResult } from './contract.ts';
import { createIngest, type IngestOptions } from './ingest.ts';
import { createPolicies } from './policies/create-policies.ts';

const nowSeconds = 1_800_000_000;
const now = () => nowSeconds * 1000;
const client: Source = { via: 'client' };
const author = createEventBuilder('whole door');

interface Rooms {
  readonly door: Ingest;
  readonly store: EventStore;
}

async function withRooms(options: Partial<IngestOptions>, run: (rooms: Rooms) => Promise<void>): Promise<void> {
  await using store = await openStore('memory:', { now: options.now ?? now });
  const policies = createPolicies({}, { now });
  await using door = await createIngest({ store, policies, now, verifier: { workers: 1 }, ...options });
  await run({ door, store });
}

function nameOf(result: SubmitResult): string {
  return result.accepted ? result.outcome : `${result.outcome}: ${result.rejection.by}`;
}

async function submitAll(door: Ingest, events: readonly unknown[], source: Source): Promise<string[]> {
  const results: Promise<SubmitResult>[] = [];
  for (const event of events) {
    if (door.isFull) await door.drained();
    results.push(door.submit(event, source));
  }
  return (await Promise.all(results)).map(nameOf);
}

async function readAll(store: EventStore): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of store.query([{}])) events.push(...page);
  return events;
}

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const realFiles = ['events/permissive.jsonl.gz', 'events/survivor-ids-permissive.txt.gz'];
test('the real events leave exactly the survivors, and all of them again change nothing', {
  skip: skipWithout(...realFiles),
}, async () => {
  // The truth was computed without expiry: at the beginning of time nothing has expired.
  await withRooms({ now: () => 0 }, async ({ door, store }) => {
    const events = readJsonLines<NostrEvent>(requireSharedData('events/permissive.jsonl.gz'));
    const survivors = readText(requireSharedData('events/survivor-ids-permissive.txt.gz')).trim().split('\n');
    const first = tally(await submitAll(door, events, { via: 'import' }));
    assert.equal(first.ephemeral, 3);
    assert.equal(first.rejected, undefined);
    const stored = new Set((await readAll(store)).map(({ json }) => idOfSerialized(json)));
    assert.equal(stored.size, survivors.length);
    assert.deepEqual(
      survivors.filter((id) => !stored.has(id)),
      [],
    );
    const again = tally(await submitAll(door, events, { via: 'import' }));
    assert.equal(again.duplicate, survivors.length + 3);
    assert.equal((await readAll(store)).length, survivors.length);
  });
});

const invalidFile = 'events/invalid.jsonl.gz';
test('every invalid event that was seen in the wild is refused for its reason', {
  skip: skipWithout(invalidFile),
}, async () => {
  const byReason: Record<string, string> = { 'id-mismatch': 'id', 'bad-sig': 'signature' };
  await withRooms({}, async ({ door, store }) => {
    const lines = readJsonLines<{ reason: string; event: unknown }>(requireSharedData(invalidFile));
    const names = await submitAll(
      door,
      lines.map(({ event }) => event),
      { via: 'import' },
    );
    for (const [place, { reason }] of lines.entries()) {
      assert.equal(names[place], `rejected: ${byReason[reason] ?? 'shape'}`, `line ${place + 1}: ${reason}`);
    }
    assert.equal((await store.statistics()).events, 0);
  });
});

test('a forged deletion hides nothing, the genuine one does', async () => {
  await withRooms({}, async ({ door }) => {
    const note = author.note('mine');
    await door.submit(note, client);
    const genuine = author.deletion([note]);
    const stranger = createKeys('stranger');
    const { pubkey, created_at, kind, tags, content } = genuine;
    // The stranger signs the same request in the author's name.
    const signed = signEvent({ pubkey: stranger.pubkey, created_at, kind, tags, content }, stranger.secret);
    const forged = { ...genuine, sig: signed.sig };
    assert.equal(nameOf(await door.submit(forged, client)), 'rejected: signature');
    assert.equal(nameOf(await door.submit({ ...signed, pubkey }, client)), 'rejected: id');
    assert.equal(nameOf(await door.submit(note, client)), 'duplicate');
    assert.equal(nameOf(await door.submit(genuine, client)), 'stored');
    assert.equal(nameOf(await door.submit(note, client)), 'deleted: store');
  });
});

test('a right id with the signature of another event is refused', async () => {
  await withRooms({}, async ({ door }) => {
    const [one, other] = [author.note('one'), author.note('other')];
    await door.submit(other, client);
    assert.equal(nameOf(await door.submit({ ...one, sig: other.sig }, client)), 'rejected: signature');
    assert.equal(nameOf(await door.submit(one, client)), 'stored');
  });
});

test('what only looks like an event is refused with a sentence, whatever it is', async () => {
  const good = author.note('shape');
  const { id, ...withoutId } = good;
  const odd: unknown[] = [
    null,
    undefined,
    1,
    'event',
    [],
    [good],
    {},
    withoutId,
    JSON.parse(`{"__proto__": ${JSON.stringify(good)}}`),
    { ...good, created_at: 1.5 },
    { ...good, created_at: -1 },
    { ...good, created_at: Number.POSITIVE_INFINITY },
    { ...good, created_at: 1e300 },
    { ...good, created_at: `${good.created_at}` },
    { ...good, kind: 65_536 },
    { ...good, kind: 1.5 },
    { ...good, kind: '1' },
    { ...good, tags: {} },
    { ...good, tags: [[1]] },
    { ...good, tags: ['t'] },
    { ...good, tags: [{ 0: 't', length: 1 }] },
    { ...good, content: null },
    { ...good, id: id.toUpperCase() },
    { ...good, sig: good.sig.slice(2) },
    { ...good, pubkey: `${good.pubkey}00` },
  ];
  await withRooms({}, async ({ door, store }) => {
    const results = await Promise.all(odd.map((event) => door.submit(event, client)));
    for (const result of results) {
      assert.equal(nameOf(result), 'rejected: shape');
      assert.ok(!result.accepted && result.rejection.prefix === 'invalid' && result.rejection.message.length > 5);
    }
    // Own keys that are not of NIP-01 are dropped, also such that mean something to JavaScript.
    const extra = JSON.parse(`{"__proto__":{"id":"x"},"toJSON":1,"constructor":2,${serializeEvent(good).slice(1)}`);
    assert.equal(nameOf(await door.submit(extra, client)), 'stored');
    assert.deepEqual(
      (await readAll(store)).map(({ json }) => json),
      [serializeEvent(good)],
    );
  });
});

test('5,000 tags, NUL, lone surrogates and U+2028 come through byte for byte', async () => {
  const tags = Array.from({ length: 5_000 }, (_, place) => ['t', `tag ${place}`]);
  const events = [
    author.note('many', { tags }),
    author.note('\0\u0001\ud800 \udfff\u2028\u2029"\\', { tags: [['t', '\ud83d', '\u0000']] }),
  ];
  await withRooms({}, async ({ door, store }) => {
    assert.deepEqual(await submitAll(door, events, client), ['stored', 'stored']);
    const texts = (await readAll(store)).map(({ json }) => json);
    assert.deepEqual(new Set(texts), new Set(events.map(serializeEvent)));
  });
});

test('an event larger than the door is refused before anything is spent on it', async () => {
  await withRooms({ limits: { eventBytesMax: 2_000 } }, async ({ door }) => {
    assert.equal(nameOf(await door.submit(author.note('x'.repeat(2_000)), client)), 'rejected: size');
    assert.equal(nameOf(await door.submit(author.note('x'.repeat(1_000)), client)), 'stored');
  });
});

test('ephemeral events go to the listeners once and never into the store', async () => {
  const heard: string[] = [];
  const failures: string[] = [];
  await withRooms({ metrics: { failed: (what) => failures.push(what) } }, async ({ door, store }) => {
    door.onEphemeral(() => {
      throw new Error('a listener with a bug');
    });
    const end = door.onEphemeral((event, json) => {
      assert.equal(json, serializeEvent(event));
      heard.push(event.id);
    });
    const event = author.event({ kind: 20_001, content: 'typing' });
    const forged = { ...event, sig: author.note('x').sig };
    const names = await submitAll(door, [forged, event, event, forged], client);
    assert.deepEqual(names, ['rejected: signature', 'ephemeral', 'duplicate', 'rejected: signature']);
    assert.equal(nameOf(await door.submit(event, client)), 'duplicate');
    assert.equal(nameOf(await door.submit(forged, client)), 'rejected: signature');
    const old = author.event({ kind: 20_001, tags: [['expiration', `${nowSeconds - 1}`]] });
    assert.equal(nameOf(await door.submit(old, client)), 'expired: store');
    assert.deepEqual(heard, [event.id]);
    assert.deepEqual(failures, ['listener']);
    end();
    assert.equal(nameOf(await door.submit(author.event({ kind: 29_999 }), client)), 'ephemeral');
    assert.deepEqual(heard, [event.id]);
    assert.equal((await store.statistics()).events, 0);
  });
});

test('of copies at once, each source is judged for itself', async () => {
  await withRooms({}, async ({ door, store }) => {
    const event = author.note('for members', { tags: [['-']] });
    const asAuthor: Source = { via: 'client', authenticated: new Set([author.pubkey]) };
    const sources = [client, client, asAuthor, client];
    const results = await Promise.all(sources.map((source) => door.submit(event, source)));
    // The two before the author are refused for what they are; the last waited for the author's and finds it stored.
    const refused = 'rejected: protected events';
    assert.deepEqual(results.map(nameOf), [refused, refused, 'stored', 'duplicate']);
    assert.equal((await store.statistics()).events, 1);
  });
});

test('forgeries in the name of an author do not use up his rate', async () => {
  const policies = createPolicies({ pubkeyRate: { eventsPerSecond: 0.001, burstEvents: 2 } }, { now });
  await withRooms({ policies }, async ({ door }) => {
    const { sig } = author.note('another');
    const forgeries = Array.from({ length: 20 }, (_, place) => ({ ...author.note(`forged ${place}`), sig }));
    assert.deepEqual(tally(await submitAll(door, forgeries, client)), { 'rejected: signature': 20 });
    const genuine = Array.from({ length: 4 }, (_, place) => author.note(`genuine ${place}`));
    const names = tally(await submitAll(door, genuine, client));
    assert.deepEqual(names, { stored: 2, 'rejected: pubkey rate': 2 });
    assert.equal(nameOf(await door.submit(genuine[3], { via: 'import' })), 'stored');
  });
});

test('a policy with a bug refuses its event and stops nobody else', async () => {
  const errors: string[] = [];
  const buggy = {
    name: 'buggy',
    check({ content }: NostrEvent) {
      if (content === 'trap') throw new Error('bug');
      return null;
    },
  };
  const logger = { warn() {}, error: (_fields: unknown, message: string) => void errors.push(message) };
  await withRooms({ policies: [buggy], logger }, async ({ door }) => {
    const names = await submitAll(door, [author.note('before'), author.note('trap'), author.note('after')], client);
    assert.deepEqual(names, ['stored', 'rejected: buggy', 'stored']);
    assert.deepEqual(errors, ['a policy threw']);
  });
});

test('workers that die under load lose nothing', async () => {
  const workers: Worker[] = [];
  const collect = (worker: Worker) => void workers.push(worker);
  process.on('worker', collect);
  const failures: string[] = [];
  try {
    // This back end takes half a second for these events, so that there is something to interrupt.
    const verifier = { workers: 1, backend: 'wasm' } as const;
    await withRooms({ verifier, metrics: { failed: (what) => failures.push(what) } }, async ({ door, store }) => {
      const events = Array.from({ length: 2_000 }, (_, place) => author.note(`load ${place}`));
      const whenDone = submitAll(door, events, client);
      for (let killed = 0; killed < 2; killed++) {
        const before = (await store.statistics()).events;
        await waitUntil(async () => (await store.statistics()).events > before, { timeoutMs: 30_000 });
        await (await waitUntil(() => workers[killed], { timeoutMs: 30_000 })).terminate();
      }
      assert.deepEqual(tally(await whenDone), { stored: events.length });
      assert.deepEqual(failures, ['worker', 'worker']);
    });
  } finally {
    process.off('worker', collect);
  }
});

test('a back end that is not there stops the start with one line', async () => {
  const backend = 'no such back end' as 'noble';
  await assert.rejects(
    withRooms({ verifier: { backend } }, async () => {}),
    /no verifier can be used: /,
  );
});
