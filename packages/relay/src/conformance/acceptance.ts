import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createSigner, type TestClient } from '@nostrata/testing';
import { assertFound, assertRefused, type Law, nowSeconds, publishAll, type World } from './law.ts';

/** Parts of an event as JSON text, exactly as they go over the wire. */
interface RawParts {
  readonly created_at?: string;
  readonly kind?: string;
  readonly tags?: string;
  readonly content?: string;
  /** Further fields, with a comma in front. */
  readonly extra?: string;
}

/** Sends an event written by hand; its id is that of the event which the text means. */
async function sendRaw(
  { client, author }: World,
  parts: RawParts,
): Promise<{ readonly id: string; readonly ok: boolean; readonly message: string }> {
  const { keys, pubkey } = author('writer');
  const { created_at = String(nowSeconds()), kind = '1', tags = '[]', content = '', extra = '' } = parts;
  const meaning: unknown = JSON.parse(`[0,"${pubkey}",${created_at},${kind},${tags},"${content}"]`);
  const digest = createHash('sha256').update(JSON.stringify(meaning)).digest();
  const id = digest.toString('hex');
  const sig = Buffer.from(createSigner().sign(digest, keys.secret)).toString('hex');
  client.sendText(
    `["EVENT",{"content":"${content}","tags":${tags},"kind":${kind},"created_at":${created_at},"sig":"${sig}","pubkey":"${pubkey}","id":"${id}"${extra}}]`,
  );
  const answer = await client.waitFor(([verb, first]) => (verb === 'OK' && first === id) || verb === 'NOTICE');
  if (answer[0] === 'NOTICE') return { id, ok: false, message: String(answer[1]) };
  return { id, ok: answer[2] === true, message: String(answer[3]) };
}

/** The event as the relay gives it back. */
async function readBack(client: TestClient, id: string): Promise<Record<string, unknown>> {
  const { events } = await client.request('back', [{ ids: [id] }]);
  assert.equal(events.length, 1);
  return events[0] as unknown as Record<string, unknown>;
}

const comesBack = (name: string, parts: RawParts, expected: (event: Record<string, unknown>) => void): Law => ({
  name,
  async check(world) {
    const { id, ok, message } = await sendRaw(world, parts);
    assert.ok(ok, message);
    expected(await readBack(world.client, id));
  },
});

const isRefused = (name: string, parts: RawParts): Law => ({
  name,
  async check(world) {
    const { ok, message } = await sendRaw(world, parts);
    assert.equal(ok, false);
    assert.match(message, /^invalid: /);
  },
});

const acceptsDate = (when: string, seconds: () => number): Law => ({
  name: `without a policy against it, an event ${when} is accepted`,
  async check(world) {
    const created = seconds();
    const { id, ok, message } = await sendRaw(world, { created_at: String(created) });
    assert.ok(ok, message);
    assert.equal((await readBack(world.client, id)).created_at, created);
  },
});

const day = 86_400;

/** Who may write, and the words of the answer. */
export const writingLaws: readonly Law[] = [
  {
    name: 'anybody can write',
    check: ({ client, author }) => publishAll(client, author('anybody').note('hello')),
  },
  {
    name: 'anybody can write a relay list',
    check: ({ client, author }) =>
      publishAll(client, author('anybody').event({ kind: 10002, tags: [['r', 'wss://relay.example.com']] })),
  },
  {
    name: 'anybody can write a relay list for direct messages',
    check: ({ client, author }) =>
      publishAll(client, author('anybody').event({ kind: 10050, tags: [['relay', 'wss://relay.example.com']] })),
  },
  {
    name: 'anybody can write ephemeral events',
    check: ({ client, author }) => publishAll(client, author('anybody').event({ kind: 20_001 })),
  },
  {
    name: 'EVENT is answered with OK',
    async check({ client, author }) {
      const event = author('writer').note('hello');
      assert.deepEqual(await client.publish(event), { ok: true, message: '' });
      assert.deepEqual(await client.publish(event), { ok: true, message: 'duplicate: already have this event' });
    },
  },
  {
    name: 'an event with a wrong signature is refused',
    async check({ client, author }) {
      const event = author('writer').note('hello');
      await assertRefused(client, { ...event, sig: author('writer').note('other').sig }, 'invalid');
      await assertFound(client, [{ ids: [event.id] }], []);
    },
  },
  {
    name: 'an event with a wrong id is refused',
    async check({ client, author }) {
      const writer = author('writer');
      const [event, other] = [writer.note('hello'), writer.note('other')];
      await assertRefused(client, { ...event, id: other.id }, 'invalid');
      await assertRefused(client, { ...event, content: 'changed' }, 'invalid');
    },
  },
];

/** What JSON can carry. */
export const jsonLaws: readonly Law[] = [
  comesBack(
    'the escape sequences of NIP-01 are understood',
    { content: 'a\\nb\\"c\\\\d\\re\\tf\\bg\\fh' },
    ({ content }) => assert.equal(content, 'a\nb"c\\d\re\tf\bg\fh'),
  ),
  comesBack(
    'other escape sequences of JSON are understood',
    { content: '\\u0001\\u000b\\u001f \\u2028 \\u00e9 \\/' },
    ({ content }) => assert.equal(content, '\u0001\u000b\u001f \u2028 \u00e9 /'),
  ),
  {
    name: 'control characters that stand unescaped are no JSON and get a notice',
    async check({ client, author }) {
      const { id } = author('writer').note('x');
      client.sendText(`["EVENT",{"id":"${id}","content":"a\nb\tc"}]`);
      const [, text] = await client.waitFor(([verb]) => verb === 'NOTICE');
      assert.match(String(text), /^invalid: .*JSON/);
    },
  },
  comesBack('characters that Unicode calls non-characters are kept', { content: '\ufdd1\u{10fff2}' }, ({ content }) =>
    assert.equal(content, '\ufdd1\u{10fff2}'),
  ),
  comesBack('the null character is kept', { content: 'a\\u0000b' }, ({ content }) => assert.equal(content, 'a\u0000b')),
  comesBack('fields come in one order, whatever the order in which they were sent', {}, (event) =>
    assert.deepEqual(Object.keys(event), ['id', 'pubkey', 'created_at', 'kind', 'tags', 'content', 'sig']),
  ),
  comesBack('fields that NIP-01 does not know are left out', { extra: ',"seen_on":["wss://a"]' }, (event) =>
    assert.equal('seen_on' in event, false),
  ),
  comesBack('empty tags are kept', { tags: '[[],[]]' }, ({ tags }) => assert.deepEqual(tags, [[], []])),
  isRefused('a kind of more than 16 bits is refused', { kind: '65536' }),
  {
    name: 'a kind of more than 16 bits in a filter is refused',
    async check({ client }) {
      assert.match((await client.request('kinds', [{ kinds: [65_536] }])).closed ?? '', /^invalid: /);
    },
  },
  {
    name: 'negative since and until in a filter are refused',
    async check({ client }) {
      assert.match((await client.request('since', [{ since: -1 }])).closed ?? '', /^invalid: /);
      assert.match((await client.request('until', [{ until: -1 }])).closed ?? '', /^invalid: /);
    },
  },
  {
    name: 'prefixes of ids and pubkeys in a filter are refused, as NIP-01 asks for exact values',
    async check({ client }) {
      assert.match((await client.request('ids', [{ ids: ['abcd'] }])).closed ?? '', /^invalid: /);
      assert.match((await client.request('authors', [{ authors: ['abcd'] }])).closed ?? '', /^invalid: /);
    },
  },
  {
    name: 'a follow list of 10,000 pubkeys is accepted and found by any of them',
    async check({ client, author }) {
      const pubkeys = Array.from({ length: 10_000 }, (_, index) => index.toString(16).padStart(64, '0'));
      const list = author('popular').follows(pubkeys);
      await publishAll(client, list);
      await assertFound(client, [{ authors: [list.pubkey], '#p': [pubkeys[9_999]] }], [list]);
    },
  },
];

/** What created_at may be. */
export const timeLaws: readonly Law[] = [
  acceptsDate('of a week ago', () => nowSeconds() - 7 * day),
  acceptsDate('of a month ago', () => nowSeconds() - 30 * day),
  acceptsDate('of a year ago', () => nowSeconds() - 365 * day),
  acceptsDate('from before Nostr', () => 1_577_836_800),
  acceptsDate('from before 2000', () => 915_148_800),
  acceptsDate('from 1970', () => 1),
  isRefused('an event from before 1970 is refused', { created_at: '-1' }),
  acceptsDate('from a year ahead', () => nowSeconds() + 365 * day),
  acceptsDate('from the distant future', () => 253_402_300_799),
  acceptsDate('beyond signed 32 bits', () => 2 ** 31),
  acceptsDate('beyond unsigned 32 bits', () => 2 ** 32),
  comesBack('a date in scientific notation is the number that it means', { created_at: '1.7e9' }, (event) =>
    assert.equal(event.created_at, 1_700_000_000),
  ),
];
