import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { NostrEvent, VerifiedEvent } from '@nostrata/protocol';
import { readJsonLines, readText, requireSharedData, seededRandom, skipWithout } from '@nostrata/testing';
import { createTestDatabases } from '../conformance/postgres-databases.ts';
import type { EventStore, PutOutcome } from '../contract.ts';

const databases = await createTestDatabases();
after(() => databases.stop());

const files = ['events/permissive.jsonl.gz', 'events/survivor-ids-permissive.txt.gz', 'events/edge-cases.tsv'] as const;
const skip = databases.skip || skipWithout(...files);
/** The expected survivors know no expiry. */
const now = (): number => 0;
const batchEvents = 500;

for (const seed of [undefined, 1, 2, 3]) {
  const order = seed === undefined ? 'in file order' : `shuffled with seed ${seed}`;
  test(`real events ${order} leave exactly the expected survivors`, { skip }, async () => {
    const events = readJsonLines<VerifiedEvent>(requireSharedData(files[0]));
    const expected = readText(requireSharedData(files[1])).trim().split('\n');
    await using store = await databases.open({ now });
    const outcomes = await putAll(store, seed === undefined ? events : shuffle(events, seed));
    assert.equal(outcomes.get('ephemeral'), 3);
    const stored = await readAll(store);
    assert.deepEqual(
      expected.filter((id) => !stored.has(id)),
      [],
      'missing',
    );
    assert.equal(stored.size, expected.length);
    const byId = new Map(events.map((event) => [event.id, event]));
    for (const [id, event] of stored) assert.deepEqual(event, byId.get(id));
    for (const { pubkey } of events.slice(0, 5)) assert.ok((await countOf(store, pubkey)) > 0);
    if (seed === undefined) await checkEdgeCases(store, stored);
    assert.deepEqual((await store.check()).problems, []);
  });
}

async function putAll(store: EventStore, events: readonly VerifiedEvent[]): Promise<Map<PutOutcome, number>> {
  const outcomes = new Map<PutOutcome, number>();
  for (let from = 0; from < events.length; from += batchEvents) {
    const batch = events.slice(from, from + batchEvents).map((event) => ({ event, source: 'import' }));
    for (const { outcome } of await store.put(batch)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return outcomes;
}

async function readAll(store: EventStore): Promise<Map<string, NostrEvent>> {
  const events = new Map<string, NostrEvent>();
  for await (const page of store.query([{}])) {
    for (const { json } of page) {
      const event = JSON.parse(json) as NostrEvent;
      events.set(event.id, event);
    }
  }
  return events;
}

async function countOf(store: EventStore, pubkey: string): Promise<number> {
  return (await store.count([{ authors: [pubkey] }])).count;
}

/** Awkward events are found by id, and by every one of their first tags. */
async function checkEdgeCases(store: EventStore, stored: ReadonlyMap<string, NostrEvent>): Promise<void> {
  const ids = readText(requireSharedData(files[2])).match(/[0-9a-f]{64}/g) ?? [];
  const survivors = [...new Set(ids)].filter((id) => stored.has(id)).slice(0, 50);
  assert.ok(survivors.length > 10);
  for (const id of survivors) {
    const event = stored.get(id);
    const tag = event?.tags.find(([name, value]) => name !== undefined && /^[a-z]$/i.test(name) && value !== undefined);
    if (!event || !tag) continue;
    const found: string[] = [];
    const filter = { tags: { [tag[0] ?? '']: [tag[1] ?? ''] }, kinds: [event.kind] };
    for await (const page of store.query([filter])) for (const { json } of page) found.push(JSON.parse(json).id);
    assert.ok(found.includes(id), `${id} by its tag ${tag[0]}`);
    assert.equal((await store.count([filter])).count, found.length);
  }
}

function shuffle<T>(list: readonly T[], seed: number): T[] {
  const random = seededRandom(seed);
  const keyed = list.map((value) => ({ value, key: random.next() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}
