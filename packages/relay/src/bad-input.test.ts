import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createEventBuilder, type TestClient } from '@nostrata/testing';
import { createTestRelay, type TestRelay } from './conformance/test-relay.ts';

const author = createEventBuilder('author');
const good = author.note('good');
const hex = '0'.repeat(64);

/** What is sent, and the one answer to it. */
const table: readonly (readonly [name: string, text: string, answer: readonly unknown[] | RegExp])[] = [
  ['text that is no JSON', 'hello', ['NOTICE', /^invalid: message is not JSON/]],
  ['an empty message', '', ['NOTICE', /^invalid: /]],
  ['JSON that is cut off', JSON.stringify(['EVENT', good]).slice(0, -10), ['NOTICE', /^invalid: /]],
  ['an object', '{"kinds":[1]}', ['NOTICE', /^invalid: message is not an array/]],
  ['an empty array', '[]', ['NOTICE', /^invalid: /]],
  ['a verb that is a number', '[1]', ['NOTICE', /^invalid: /]],
  ['a verb nobody knows', '["HELLO"]', ['NOTICE', /^invalid: .*HELLO/]],
  ['a verb in lower case', '["req","x",{}]', ['NOTICE', /^invalid: /]],
  ['EVENT without an event', '["EVENT"]', ['NOTICE', /^invalid: /]],
  ['EVENT with text', '["EVENT","x"]', ['NOTICE', /^invalid: /]],
  [
    'an event without tags',
    JSON.stringify(['EVENT', { ...good, tags: undefined }]),
    ['OK', good.id, false, /^invalid: /],
  ],
  [
    'an event whose kind is text',
    JSON.stringify(['EVENT', { ...good, kind: '1' }]),
    ['OK', good.id, false, /^invalid: kind/],
  ],
  [
    'an event with a number in a tag',
    JSON.stringify(['EVENT', { ...good, tags: [['t', 1]] }]),
    ['OK', good.id, false, /^invalid: /],
  ],
  ['an event with another id', JSON.stringify(['EVENT', { ...good, id: hex }]), ['OK', hex, false, /^invalid: /]],
  [
    'an event with a signature of zeros',
    JSON.stringify(['EVENT', { ...good, sig: hex + hex }]),
    ['OK', good.id, false, /^invalid: /],
  ],
  [
    'an event with an id in capitals',
    JSON.stringify(['EVENT', { ...good, id: 'A'.repeat(64) }]),
    ['OK', 'A'.repeat(64), false, /^invalid: /],
  ],
  ['REQ without a subscription id', '["REQ"]', ['NOTICE', /^invalid: /]],
  ['REQ with a number as id', '["REQ",1,{}]', ['NOTICE', /^invalid: /]],
  ['REQ with an empty id', '["REQ","",{}]', ['NOTICE', /^invalid: /]],
  ['REQ with an id of 65 characters', `["REQ","${'x'.repeat(65)}",{}]`, ['NOTICE', /^invalid: .*64/]],
  ['REQ without a filter', '["REQ","x"]', ['CLOSED', 'x', /^invalid: /]],
  ['a filter that is text', '["REQ","x","y"]', ['CLOSED', 'x', /^invalid: /]],
  ['a filter that is null', '["REQ","x",null]', ['CLOSED', 'x', /^invalid: /]],
  ['a filter with a field nobody knows', '["REQ","x",{"kind":1}]', ['CLOSED', 'x', /^invalid: .*kind/]],
  ['a filter whose kinds are text', '["REQ","x",{"kinds":["1"]}]', ['CLOSED', 'x', /^invalid: /]],
  ['a filter whose authors are no hex', '["REQ","x",{"authors":["alice"]}]', ['CLOSED', 'x', /^invalid: /]],
  ['a filter with a negative limit', '["REQ","x",{"limit":-1}]', ['CLOSED', 'x', /^invalid: /]],
  ['a filter with a fraction as since', '["REQ","x",{"since":1.5}]', ['CLOSED', 'x', /^invalid: /]],
  ['more filters than allowed', JSON.stringify(['REQ', 'x', ...Array(33).fill({})]), ['CLOSED', 'x', /^invalid: .*32/]],
  [
    'more values than allowed',
    JSON.stringify(['REQ', 'x', { '#t': Array.from({ length: 5_001 }, (_, index) => String(index)) }]),
    ['CLOSED', 'x', /^invalid: .*5000/],
  ],
  ['COUNT without a filter', '["COUNT","x"]', ['CLOSED', 'x', /^invalid: /]],
  ['AUTH with text', '["AUTH","x"]', ['NOTICE', /^invalid: /]],
  ['AUTH with a note', JSON.stringify(['AUTH', good]), ['OK', good.id, false, /^invalid: /]],
  ['NEG-OPEN without a filter', '["NEG-OPEN","x"]', ['NEG-ERR', 'x', /^invalid: /]],
  ['NEG-OPEN with a message that is no hex', '["NEG-OPEN","x",{},"zz"]', ['NEG-ERR', 'x', /^invalid: /]],
  ['NEG-OPEN with a message of another version', '["NEG-OPEN","x",{},"62"]', ['NEG-MSG', 'x', /^61$/]],
  ['NEG-OPEN with a message that ends too early', '["NEG-OPEN","x",{},"6105"]', ['NEG-ERR', 'x', /^invalid: /]],
  ['NEG-MSG for a session that is not open', '["NEG-MSG","y","61"]', ['NEG-ERR', 'y', /^closed: /]],
  [
    'a message beyond the byte bound',
    `["REQ","x",{"search":"${'x'.repeat(1_100_000)}"}]`,
    ['NOTICE', /^invalid: .*1048576/],
  ],
  [
    'an event beyond the byte bound',
    JSON.stringify(['EVENT', { ...good, content: 'x'.repeat(1_100_000) }]),
    ['OK', good.id, false, /^invalid: /],
  ],
];

describe('bad input gets one clear answer, and the connection lives on:', () => {
  let relay: TestRelay;
  let client: TestClient;
  before(async () => {
    relay = await createTestRelay();
    client = await relay.connect();
    await client.challenge();
  });
  after(async () => {
    await client.close();
    await relay[Symbol.asyncDispose]();
  });

  const expectAnswer = async (expected: readonly unknown[] | RegExp) => {
    const frame = await client.waitFor(() => true);
    assert.ok(Array.isArray(expected));
    assert.equal(frame.length, expected.length, JSON.stringify(frame));
    for (const [index, part] of expected.entries()) {
      if (part instanceof RegExp) assert.match(String(frame[index]), part);
      else assert.equal(frame[index], part);
    }
    assert.doesNotMatch(JSON.stringify(frame), /\bat .*\.ts|node_modules/, 'an answer shows a stack trace');
    // Nothing else came: the next answer is that of the probe.
    client.send('COUNT', 'probe', { limit: 1 });
    assert.equal((await client.waitFor(() => true))[0], 'COUNT');
  };

  for (const [name, text, answer] of table) {
    test(name, async () => {
      client.sendText(text);
      await expectAnswer(answer);
    });
  }
  test('a binary frame', async () => {
    client.sendBinary(Buffer.from('["REQ","x",{}]'));
    await expectAnswer(['NOTICE', /^invalid: binary/]);
  });
});

test('a frame far beyond the bound closes the connection with code 1009, and nobody else notices', async () => {
  await using relay = await createTestRelay();
  await using client = await relay.connect();
  await using other = await relay.connect();
  client.sendText('x'.repeat(3_000_000));
  assert.equal((await client.closed).code, 1009);
  assert.ok((await other.publish(good)).ok);
});
