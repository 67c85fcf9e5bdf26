import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '@nostrata/store';
import { createEventBuilder } from '@nostrata/testing';
import { createIngest } from './ingest.ts';

const author = createEventBuilder('inquiry');
const wrong = (digits: string) => digits.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));

test('an event that stays outside is checked among those that come in, and each gets its own answer', async () => {
  await using store = await openStore('memory:', { now: Date.now });
  const depths: number[] = [];
  const metrics = { queueDepth: (events: number) => depths.push(events) };
  await using door = await createIngest({ store, policies: [], now: Date.now, verifier: { workers: 1 }, metrics });
  const work: Promise<unknown>[] = [];
  for (let count = 0; count < 60; count += 1) {
    const event = author.note(`${count}`);
    const good = count % 3 !== 0;
    const shown = good ? event : { ...event, sig: wrong(event.sig) };
    work.push(door.submit(shown, { via: 'client' }).then(({ accepted }) => assert.equal(accepted, good)));
    work.push(door.verify(shown).then((verified) => assert.equal(verified, good ? event : null)));
  }
  await Promise.all(work);
  assert.equal((await store.statistics()).events, 40);
  assert.equal(depths.at(-1), 0);
});

test('a wrong id is not asked about, and neither a full door nor one that stops leaves a question open', async () => {
  await using store = await openStore('memory:', { now: Date.now });
  const settings = { store, policies: [], now: Date.now, verifier: { workers: 1 }, limits: { queueEventsMax: 1 } };
  await using door = await createIngest(settings);
  const [event, other] = [author.note('one'), author.note('two')];
  assert.equal(await door.verify({ ...event, id: wrong(event.id) }), null);
  assert.equal(await door.verify({ ...event, content: 'another' }), null);
  const answers = [event, other, { ...other, sig: wrong(other.sig) }].map((asked) => door.verify(asked));
  const stopped = door.stop();
  assert.deepEqual(await Promise.all(answers), [event, other, null]);
  await stopped;
  assert.equal(await door.verify(event), event);
});
