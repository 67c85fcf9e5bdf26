import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createEventBuilder } from '@nostrata/testing';
import { createMemoryStore } from './memory/store.ts';
import { planFilter } from './plan.ts';

const clock = { now: () => 1_700_000_000_000 };

async function survivors(events: readonly VerifiedEvent[]): Promise<string[]> {
  const store = createMemoryStore(clock);
  for (const event of events) await store.put([{ event }]);
  const ids: string[] = [];
  for await (const page of store.query([{}])) ids.push(...page.map(({ json }) => JSON.parse(json).id as string));
  return ids;
}

test('two requests to vanish of the same second both stay, whichever came first', async () => {
  const alice = createEventBuilder('alice');
  const first = alice.vanish(['ALL_RELAYS'], { created_at: 100, content: 'a' });
  const second = alice.vanish(['ALL_RELAYS'], { created_at: 100, content: 'b' });
  assert.deepEqual(await survivors([first, second]), await survivors([second, first]));
  assert.equal((await survivors([first, second])).length, 2);
});

test('a request to vanish of the same second that means another relay goes in either order', async () => {
  const alice = createEventBuilder('alice');
  const here = alice.vanish(['ALL_RELAYS'], { created_at: 100 });
  const elsewhere = alice.vanish(['wss://elsewhere.example'], { created_at: 100 });
  assert.deepEqual(await survivors([here, elsewhere]), [here.id]);
  assert.deepEqual(await survivors([elsewhere, here]), [here.id]);
});

test('a deletion request that has vanished still deletes what is younger, in every order', async () => {
  const alice = createEventBuilder('alice');
  const note = alice.note('backdated', { created_at: 300 });
  const deletion = alice.deletion([note], { created_at: 100 });
  const vanish = alice.vanish(['ALL_RELAYS'], { created_at: 200 });
  const expected = [vanish.id];
  assert.deepEqual(await survivors([deletion, vanish, note]), expected);
  assert.deepEqual(await survivors([vanish, deletion, note]), expected);
  assert.deepEqual(await survivors([note, vanish, deletion]), expected);
});

test('search beside ids is still a search', () => {
  assert.equal(planFilter({ ids: ['00'.repeat(32)], search: 'word' }).by, 'search');
  assert.equal(planFilter({ ids: ['00'.repeat(32)], search: 'language:en' }).by, 'ids');
});
