import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createEventBuilder } from '../builder.ts';
import { readJsonLines, requireSharedData, skipWithout } from '../shared-data.ts';
import { createTestNetwork } from './network.ts';
import { spreadEvents } from './spread.ts';

test('an author who names relays is found there, and one who names none on as many as overlap', async () => {
  await using network = await createTestNetwork({ seed: 1, relays: 6 });
  const [alice, bob] = [createEventBuilder('alice'), createEventBuilder('bob')];
  const list = alice.event({
    kind: 10002,
    tags: [
      ['r', network.relay(4).url],
      ['r', 'wss://relay.example.com/', 'write'],
      ['r', 'wss://inbox.example.com', 'read'],
    ],
  });
  const [hers, his] = [alice.note('hers'), bob.note('his')];
  const spread = spreadEvents([list, hers, his], network.relays, { overlap: 2 });
  const holders = ({ id }: NostrEvent) => network.relays.filter((relay) => relay.has(id)).map(({ url }) => url);
  const stands = spread.dial('wss://RELAY.example.com');
  assert.deepEqual(holders(hers).sort(), [...new Set([network.relay(4).url, stands])].sort());
  assert.deepEqual(holders(hers).sort(), [...spread.writeRelays(alice.pubkey)].sort());
  assert.equal(holders(his).length, 2);
  assert.ok(holders(list).includes(network.relay(0).url));
});

const path = 'events/permissive.jsonl.gz';
test('real events lie on three of twelve relays each, and nothing is lost', { skip: skipWithout(path) }, async () => {
  const events = readJsonLines<NostrEvent>(requireSharedData(path));
  await using network = await createTestNetwork({ seed: 1, relays: 12 });
  const spread = spreadEvents(events, network.relays);
  const copies = events.map(({ id }) => network.relays.filter((relay) => relay.has(id)).length);
  const isGone = (index: number): boolean => (copies[index] ?? 0) === 0;
  const lost = events.filter((_, index) => isGone(index));
  // Deleted before it came, or expired by now: a relay does not take those.
  for (const event of lost) {
    const mayGo =
      event.kind >= 20_000 || event.tags.some(([name]) => name === 'expiration') || isDeleted(event, events);
    assert.ok(mayGo, `${event.id} of kind ${event.kind} is on no relay`);
  }
  assert.ok(lost.length < events.length / 20, `${lost.length} events are on no relay`);
  const mean = copies.reduce((sum, count) => sum + count, 0) / events.length;
  assert.ok(mean > 2.5 && mean < 4.5, `${mean} copies of an event`);
  const sizes = network.relays.map((relay) => relay.events().length);
  assert.ok(Math.min(...sizes) > 100, `sizes ${sizes}`);
  assert.ok(events.every(({ pubkey }) => spread.writeRelays(pubkey).length > 0));
});

function isDeleted(event: NostrEvent, events: readonly NostrEvent[]): boolean {
  return events.some(
    ({ kind, pubkey, tags }) =>
      kind === 5 &&
      pubkey === event.pubkey &&
      tags.some(([, value]) => value?.includes(event.id) || value?.includes(`${event.kind}:`)),
  );
}
