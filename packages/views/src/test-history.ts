import { Kind, type NostrEvent, type Tag, type VerifiedEvent } from '@nostrata/protocol';
import type { SeededRandom } from '@nostrata/testing';
import { uncheckedPubkey } from '@nostrata/testing';
import { createEvent } from './test-world.ts';

const authors = ['alice', 'bob', 'carol', 'dave'];
const identifiers = ['', 'x', 'a\0b', '"quoted"', 'long '.repeat(300)];
const reactions = ['+', '-', '', '🤙', ':soapbox:', 'a\0b', '\ud800'];
const names = ['Alice', 'alice wonder', 'Bob', 'Åsa', '東京', 'a\0b', '', '  '];
const urls = ['wss://a.example', 'wss://b.example/', 'ws://127.0.0.1:1', 'no url', ''];
const externals = ['#nostr', 'podcast:guid:1', 'x'.repeat(900)];
/** From the specification of BOLT 11: 2,500 and 20,000 millionths of a bitcoin. */
const invoices = [
  'lnbc2500u1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqdq5xysxxatsyp3k7enxv4jsxqzpu9qrsgquk0rl77nj30yxdy8j9vdx85fkpmdla2087ne0xh8nhedh8w27kyke0lp53ut353s06fv3qfegext0eh0ymjpf39tuven09sam30g4vgpfna3rh',
  'lnbc20m1pvjluezsp5zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zygspp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqfqypqhp58yjmdan79s6qqdhdzgynm4zwqd5d7xmw5fk98klysy043l2ahrqs9qrsgq7ea976txfraylvgzuxs8kgcw23ezlrszfnh8r6qtfpr6cxga50aj6txm9rxrydzd06dfeawfk6swupvz4erwnyutnjq7x39ymw6j38gp7ynn44',
  'lnbc1 no invoice',
];
const earliest = 1_600_000_000;

/** The second from which some events of random histories have expired. */
export const expiringSecond = earliest + 1_000;

/** Random events of every kind that views look at; most of them point at earlier ones, many replace or delete. */
export function createHistory(random: SeededRandom, size: number): VerifiedEvent[] {
  const events: VerifiedEvent[] = [];
  while (events.length < size) events.push(createRandomEvent(random, events));
  const again = events.filter(() => random.integer(8) === 0);
  return [...events, ...again];
}

function createRandomEvent(random: SeededRandom, earlier: readonly NostrEvent[]): VerifiedEvent {
  const author = random.pick(authors);
  const target = earlier.length > 0 ? random.pick(earlier) : undefined;
  const { kind, tags = [], content = '' } = random.pick(makers)({ random, target });
  // Few seconds, so that ties are common.
  const created_at = earliest + random.integer(20);
  const expiration: Tag[] = random.integer(12) === 0 ? [['expiration', String(expiringSecond)]] : [];
  return createEvent(author, { kind, created_at, content, tags: [...tags, ...expiration] });
}

interface Parts {
  readonly kind: number;
  readonly tags?: readonly Tag[];
  readonly content?: string;
}

interface Scene {
  readonly random: SeededRandom;
  readonly target: NostrEvent | undefined;
}

const makers: readonly ((scene: Scene) => Parts)[] = [
  ({ random }) => ({
    kind: Kind.profile,
    content: JSON.stringify({ name: random.pick(names), display_name: random.pick(names), bot: true, nip05: 'a@b.c' }),
  }),
  ({ random }) => ({ kind: Kind.follows, tags: people(random, 4, 'p') }),
  ({ random }) => ({ kind: Kind.relayList, tags: list(random, urls, 'r') }),
  ({ random }) => ({ kind: Kind.inboxRelays, tags: list(random, urls, 'relay') }),
  ({ random }) => ({ kind: Kind.relaySet, tags: [['d', random.pick(identifiers)], ...list(random, urls, 'relay')] }),
  ({ random }) => ({ kind: Kind.mutes, tags: people(random, 2, 'p'), content: 'A'.repeat(132) }),
  ({ random }) => ({ kind: Kind.blocks, tags: [...people(random, 2, 'p'), ...list(random, urls, 'relay')] }),
  ({ random, target }) => ({
    kind: random.pick([Kind.bookmarks, Kind.genericSet, Kind.bookmarkSet, Kind.relaySet]),
    tags: [
      ['d', random.pick(identifiers)],
      ['title', 'a\0b'],
      ['t', random.pick(['track', 'album', 'x'])],
      ...at(target),
    ],
    content: random.pick(['', '{"trackId":"1"}', 'text']),
  }),
  ({ target }) => ({ kind: Kind.note, tags: target ? [['e', target.id, '', 'reply'], ...at(target)] : [] }),
  ({ random, target }) => ({
    kind: Kind.comment,
    tags: [...at(target), ['i', random.pick(externals)], ['I', 'x'], ['K', '1'], ['k', '1']],
  }),
  ({ random, target }) => ({ kind: Kind.reaction, content: random.pick(reactions), tags: at(target) }),
  ({ random, target }) => ({ kind: Kind.reaction, content: random.pick(reactions), tags: at(target) }),
  ({ random, target }) => ({ kind: Kind.externalReaction, tags: [['i', random.pick(externals)], ...at(target)] }),
  ({ random, target }) => ({ kind: random.pick([Kind.repost, Kind.genericRepost]), tags: at(target) }),
  ({ random, target }) => createZap(random, target),
  ({ random, target }) => ({
    kind: Kind.deletionRequest,
    content: random.pick(['', 'because', 'a\0b']),
    tags: at(target),
  }),
  ({ random, target }) => ({
    kind: target && random.integer(10) === 0 ? Kind.vanishRequest : Kind.deletionRequest,
    tags: [...at(target), ['relay', 'ALL_RELAYS']],
  }),
];

function people(random: SeededRandom, count: number, name: string): Tag[] {
  const tags: Tag[] = [[name, 'malformed']];
  for (let i = random.integer(count + 1); i > 0; i -= 1) {
    tags.push([name, uncheckedPubkey(random.pick(authors)), random.pick(urls), random.pick(names)]);
  }
  return tags;
}

function list(random: SeededRandom, values: readonly string[], name: string): Tag[] {
  return values.filter(() => random.integer(2) === 0).map((value) => [name, value]);
}

function at(target: NostrEvent | undefined): Tag[] {
  if (!target) return [];
  const identifier = target.tags.find(([name]) => name === 'd')?.[1] ?? '';
  return [
    ['e', target.id],
    ['p', target.pubkey],
    ['a', `${target.kind}:${target.pubkey}:${identifier}`],
  ];
}

function createZap(random: SeededRandom, target: NostrEvent | undefined): Parts {
  const recipient = target?.pubkey ?? uncheckedPubkey('alice');
  const tags: Tag[] = [['p', recipient]];
  if (target) tags.push(['e', target.id]);
  const request = createEvent(random.pick(authors), { kind: Kind.zapRequest, tags: [...tags, ['relays', 'wss://a']] });
  return {
    kind: Kind.zapReceipt,
    tags: [...tags, ['bolt11', random.pick(invoices)], ['description', JSON.stringify(request)]],
  };
}
