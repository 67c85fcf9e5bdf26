import type { Filter, Tag, VerifiedEvent } from '@nostrata/protocol';
import type { SeededRandom } from '@nostrata/testing';
import { createAuthor, hashHex, shuffle } from './fixtures.ts';
import { ownRelayUrl } from './harness.ts';

const authors = ['alice', 'bob', 'carol', 'dave'].map(createAuthor);
const kinds = [0, 1, 1, 1, 3, 4, 7, 1_059, 10_002, 20_001, 30_023, 30_023, 30_024, 40_000];
const identifiers = ['', 'x', 'y', 'x:y'];
const topics = ['a', 'b', 'c', ''];
const geohashes = ['u4pr', 'u4px', 'u4', 'ezs4', 'no geohash'];
const earliest = 1_000;
/** Few seconds, so that ties are common. */
const seconds = 30;

/** A random set of events that replace, delete and vanish one another, in random order, some of them twice. */
export function createHistory(random: SeededRandom, size: number, nowSeconds: number): VerifiedEvent[] {
  const events = Array.from({ length: size }, () => createRandomEvent(random, nowSeconds));
  const targets = [...events];
  for (let i = 0; i < size / 4; i += 1) {
    const request = createRequest(random, targets);
    events.push(request);
    // Requests against requests are among them.
    targets.push(request);
  }
  return shuffle([...events, ...events.slice(0, size / 8)], random.integer);
}

/** A random filter over what random histories hold. */
export function createRandomFilter(random: SeededRandom, events: readonly VerifiedEvent[]): Filter {
  const filter: { -readonly [K in keyof Filter]: Filter[K] } = {};
  const some = <T>(list: readonly T[]): T[] => [
    ...new Set(Array.from({ length: 1 + random.integer(3) }, () => random.pick(list))),
  ];
  const chance = (of: number): boolean => random.integer(of) === 0;
  if (chance(8)) filter.ids = some(events).map(({ id }) => id);
  if (chance(3)) filter.authors = some(authors).map(({ pubkey }) => pubkey);
  if (chance(3)) filter.kinds = some([...kinds, 5, 62]);
  if (chance(4)) filter.since = earliest + random.integer(seconds);
  if (chance(4)) filter.until = earliest + random.integer(seconds);
  if (chance(3)) filter.limit = random.integer(12);
  const tags: Record<string, readonly string[]> = {};
  if (chance(5)) tags.t = some(topics);
  if (chance(6)) tags.p = some(authors).map(({ pubkey }) => pubkey);
  if (chance(8)) tags.e = some(events).map(({ id }) => id);
  if (chance(8)) tags.d = some(identifiers);
  if (chance(8)) tags.g = some([...geohashes, 'u4*', 'u*', 'e*', '*']);
  if (Object.keys(tags).length > 0) filter.tags = tags;
  return filter;
}

function createRandomEvent(random: SeededRandom, nowSeconds: number): VerifiedEvent {
  const tags: Tag[] = [];
  const chance = (of: number): boolean => random.integer(of) === 0;
  if (chance(2)) tags.push(['d', random.pick(identifiers)]);
  if (chance(2)) tags.push(['t', random.pick(topics)], ['t', random.pick(topics)]);
  if (chance(2)) tags.push(['p', random.pick(authors).pubkey]);
  if (chance(3)) tags.push(['e', hashHex(String(random.integer(5)))]);
  if (chance(4)) tags.push(['g', random.pick(geohashes)]);
  if (chance(8)) tags.push(['expiration', String(nowSeconds + random.pick([-5, 0, 1, 5]))]);
  const created_at = earliest + random.integer(seconds);
  return random
    .pick(authors)
    .event({ kind: random.pick(kinds), created_at, tags, content: String(random.integer(1_000)) });
}

function createRequest(random: SeededRandom, targets: readonly VerifiedEvent[]): VerifiedEvent {
  const author = random.pick(authors);
  const created_at = earliest + random.integer(seconds);
  if (random.integer(25) === 0) {
    return author.vanish(created_at, [random.pick([ownRelayUrl, 'ALL_RELAYS', 'wss://elsewhere.example'])]);
  }
  const own = targets.filter(
    ({ pubkey, tags }) => pubkey === author.pubkey || tags.some(([, value]) => value === author.pubkey),
  );
  const pool = own.length > 0 && random.integer(4) > 0 ? own : targets;
  const tags = Array.from({ length: 1 + random.integer(3) }, (): Tag => {
    if (random.integer(3) > 0) return ['e', random.pick(pool).id];
    const { kind, pubkey } = random.pick(pool);
    return ['a', `${kind}:${pubkey}:${random.pick(identifiers)}`];
  });
  return author.deletion(created_at, tags);
}
