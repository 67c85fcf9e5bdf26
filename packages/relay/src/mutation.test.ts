import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createEventBuilder,
  type SeededRandom,
  seededRandom,
  type TestClient,
  testSeed,
  waitUntil,
} from '@nostrata/testing';
import { createTestRelay } from './conformance/test-relay.ts';

const frames = 100_000;
const clients = 4;
const framesPerProbe = 500;

const author = createEventBuilder('author');
const hex = 'ab'.repeat(32);

/** Messages of every verb, to be damaged. */
const originals: readonly string[] = [
  ['EVENT', author.note('hello "world" \\ \u2028 ☃', { tags: [['e', hex], ['p', hex], ['t', 'a', 'b'], []] })],
  [
    'EVENT',
    author.event({
      kind: 30_023,
      tags: [
        ['d', 'x'],
        ['expiration', '99999999999'],
      ],
    }),
  ],
  ['EVENT', author.deletion([author.note('x')])],
  ['REQ', 'sub', { kinds: [0, 1], authors: [hex], '#e': [hex], since: 1, until: 2_000_000_000, limit: 10 }],
  ['REQ', 'sub', { ids: [hex] }, { '#g': ['u0*'], search: '"a phrase" -word key:value' }],
  ['COUNT', 'sub', { kinds: [7], '#e': [hex] }],
  ['CLOSE', 'sub'],
  ['AUTH', author.authentication('x', 'ws://127.0.0.1')],
  ['NEG-OPEN', 'neg', { kinds: [1] }, '6100000200'],
  ['NEG-MSG', 'neg', '6100000201'],
  ['NEG-CLOSE', 'neg'],
].map((message) => JSON.stringify(message));

const fragments = [
  'null',
  '[]',
  '{}',
  '""',
  '-1',
  '1e999',
  '0.5',
  '"\\ud800"',
  ',',
  ':',
  '\\',
  '\u0000',
  '["',
  '{"',
  '[[[[[',
];

/** Damages a message: bytes changed, cut, doubled, replaced or deepened, once to four times. */
function mutate(random: SeededRandom): string {
  let text = random.pick(originals);
  for (let times = 1 + random.integer(4); times > 0; times--) {
    const at = random.integer(text.length + 1);
    const length = random.integer(12);
    switch (random.integer(7)) {
      case 0:
        text = text.slice(0, at) + String.fromCharCode(random.integer(0x250)) + text.slice(at + 1);
        break;
      case 1:
        text = text.slice(0, at);
        break;
      case 2:
        text = text.slice(0, at) + text.slice(at + length);
        break;
      case 3:
        text = text.slice(0, at) + text.slice(at, at + length).repeat(3) + text.slice(at + length);
        break;
      case 4:
        text = text.slice(0, at) + random.pick(fragments) + text.slice(at + length);
        break;
      case 5:
        text = text.replace(/[0-9]+/, String(random.next() * 1e17));
        break;
      default:
        text = text.replace(/"[^"]*"/, random.pick(fragments));
    }
  }
  return text;
}

/** Sends damaged frames and, after every few hundred, a good request that must be answered. */
async function attack(client: TestClient, random: SeededRandom, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const text = mutate(random);
    if (random.integer(50) === 0) client.sendBinary(Buffer.from(text));
    else client.sendText(text);
    if (sent % framesPerProbe === 0) {
      client.send('COUNT', `probe ${sent}`, { kinds: [1], limit: 1 });
      await client.waitFor(([verb, id]) => verb === 'COUNT' && id === `probe ${sent}`);
    }
  }
}

test(`after ${frames} damaged frames the relay stores and answers as before`, { timeout: 60_000 }, async (context) => {
  const seed = testSeed();
  context.diagnostic(`seed ${seed}`);
  await using relay = await createTestRelay();
  const attackers = await Promise.all(Array.from({ length: clients }, () => relay.connect()));
  await Promise.all(
    attackers.map((client, index) => attack(client, seededRandom(seed + index), frames / attackers.length)),
  );
  assert.deepEqual(
    attackers.map(({ isOpen }) => isOpen),
    attackers.map(() => true),
  );
  await Promise.all(attackers.map((client) => client.close()));
  await using client = await relay.connect();
  const event = author.note('still here');
  assert.ok((await client.publish(event)).ok);
  assert.deepEqual((await client.request('sub', [{ ids: [event.id] }])).events, [event]);
  await waitUntil(() => relay.relay.statistics().subscriptions === 0);
  assert.equal(relay.relay.statistics().connections, 1);
});
