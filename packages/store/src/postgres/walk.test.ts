import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { idOfSerialized, type VerifiedEvent } from '@nostrata/protocol';
import { seededRandom, testSeed } from '@nostrata/testing';
import { createEvent, hashHex, inOrder } from '../conformance/fixtures.ts';
import { createTestDatabases } from '../conformance/postgres-databases.ts';
import type { EventStore } from '../contract.ts';
import { connectStore } from './store.ts';
import { newest } from './walk.ts';

const databases = await createTestDatabases();
after(() => databases.stop());
const { skip } = databases;

const authors = Array.from({ length: 300 }, (_, i) => hashHex(`follow ${i}`));

async function readIds(store: EventStore, filter: Parameters<EventStore['query']>[0][number]): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of store.query([filter])) ids.push(...page.map(({ json }) => idOfSerialized(json)));
  return ids;
}

test('a walk reads the index of kinds alone, and hashes the list of authors', { skip }, async () => {
  await using store = await databases.open({ now: () => 0 });
  await using database = await connectStore(databases.urlOf(store));
  const rows = await database.query<{ 'QUERY PLAN': string }>(
    `EXPLAIN (GENERIC_PLAN, VERBOSE, COSTS OFF) ${newest.text}`,
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  assert.deepEqual(plan.match(/(?<=Scan (?:Backward )?using )\w+/g), ['event_kind'], plan);
  assert.match(plan, /hashed SubPlan/, plan);
  assert.doesNotMatch(plan, /Seq Scan|Bitmap|Incremental Sort/, plan);
});

test('many authors are answered in order, be they the crowd, a part of it or hardly seen', { skip }, async () => {
  await using store = await databases.open({ now: () => 0 });
  const random = seededRandom(testSeed());
  const strangers = Array.from({ length: 40 }, (_, i) => hashHex(`stranger ${i}`));
  // The newer an event, the more rarely it is by one of the authors: walks end well, in between and in vain.
  const events: VerifiedEvent[] = Array.from({ length: 3_000 }, (_, i) => {
    const pubkey = random.next() < i / 3_000 ? random.pick(strangers) : random.pick(authors);
    const created_at = 1_000 + Math.floor(i / 3);
    return createEvent(pubkey, { kind: random.pick([1, 6, 7]), created_at, content: `${i}` });
  });
  await store.put(events.map((event) => ({ event })));
  for (const limit of [1, 20, 100, 700, undefined]) {
    for (const until of [5_000, 1_900, 1_400, 1_100]) {
      const kinds = [1, 6];
      const since = 1_020;
      const wanted = events.filter(
        (event) =>
          kinds.includes(event.kind) &&
          authors.includes(event.pubkey) &&
          event.created_at >= since &&
          event.created_at <= until,
      );
      const found = await readIds(store, { authors, kinds, since, until, ...(limit && { limit }) });
      assert.deepEqual(found, inOrder(wanted).slice(0, limit), `limit ${limit} until ${until}`);
    }
  }
});
