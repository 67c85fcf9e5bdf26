import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Filter, isEphemeralKind, matchFilters, type NostrEvent, serializeFilter } from '@nostrata/protocol';
import {
  createEventBuilder,
  createNaiveStore,
  type EventBuilder,
  naiveQuery,
  type SeededRandom,
  seededRandom,
  type TestClient,
  testSeed,
} from '@nostrata/testing';
import { canRead } from './access.ts';
import { authenticateWith } from './conformance/law.ts';
import { createTestRelay } from './conformance/test-relay.ts';

const eventCount = 400;
const start = 1_700_000_000;

/** Random events and filters over so few values that they meet. */
function createWorld(random: SeededRandom) {
  const authors = ['a', 'b', 'c', 'd'].map((name) => createEventBuilder(`differential ${name}`));
  const made: NostrEvent[] = [];
  const kinds = [0, 1, 1, 1, 3, 4, 5, 7, 1059, 10_002, 20_001, 30_023];
  const some = <T>(values: readonly T[], likely = 0.4) => values.filter(() => random.next() < likely);

  const makeTags = (kind: number): string[][] => {
    const tags: string[][] = [];
    if (kind === 30_023) tags.push(['d', random.pick(['x', 'y', ''])]);
    for (const letter of some(['t', 'k', 'T'])) tags.push([letter, random.pick(['one', 'two', 'three'])]);
    if (random.next() < 0.3) tags.push(['g', random.pick(['u09t', 'u09', 'u0', 'v1'])]);
    if (random.next() < 0.5) tags.push(['p', random.pick(authors).pubkey]);
    if (made.length > 0 && (kind === 5 || random.next() < 0.3)) tags.push(['e', random.pick(made).id]);
    return tags;
  };
  const makeEvent = (): NostrEvent => {
    if (made.length > 0 && random.next() < 0.05) return random.pick(made);
    const kind = random.pick(kinds);
    const event = random.pick(authors).event({ kind, tags: makeTags(kind), created_at: start + random.integer(50) });
    made.push(event);
    return event;
  };
  const makeFilter = (): Filter => {
    const tags: Record<string, string[]> = {};
    for (const letter of some(['t', 'k', 'T'], 0.15)) tags[letter] = some(['one', 'two', 'three', 'four'], 0.5);
    if (random.next() < 0.1) tags.g = some(['u0*', 'u09', 'v*'], 0.6);
    if (random.next() < 0.15) tags.p = some(authors, 0.5).map(({ pubkey }) => pubkey);
    if (random.next() < 0.1) tags.e = some(made, 0.3).map(({ id }) => id);
    return {
      ...(random.next() < 0.15 ? { ids: some(made, 0.2).map(({ id }) => id) } : {}),
      ...(random.next() < 0.35 ? { authors: some(authors, 0.5).map(({ pubkey }) => pubkey) } : {}),
      ...(random.next() < 0.4 ? { kinds: [...new Set(some(kinds))] } : {}),
      ...(Object.keys(tags).length > 0 ? { tags } : {}),
      ...(random.next() < 0.2 ? { since: start + random.integer(50) } : {}),
      ...(random.next() < 0.2 ? { until: start + random.integer(50) } : {}),
      ...(random.next() < 0.3 ? { limit: random.integer(20) } : {}),
    };
  };
  const makeFilters = () => Array.from({ length: 1 + random.integer(3) }, makeFilter);
  return { authors, makeEvent, makeFilters };
}

const onlyRestricted = (filters: readonly Filter[]) =>
  filters.every(({ kinds }) => kinds && kinds.length > 0 && kinds.every((kind) => [4, 1059].includes(kind)));

async function compareStored(
  client: TestClient,
  filters: readonly Filter[],
  { visible, isKnown }: { readonly visible: readonly NostrEvent[]; readonly isKnown: boolean },
): Promise<void> {
  const wire = filters.map(serializeFilter);
  const text = JSON.stringify(wire);
  const { events, closed } = await client.request('query', wire);
  const { count, closed: refused } = await client.count('count', wire);
  if (!isKnown && onlyRestricted(filters)) {
    assert.match(closed ?? '', /^auth-required: /, text);
    assert.match(refused ?? '', /^auth-required: /, text);
    return;
  }
  const ids = (list: readonly NostrEvent[]) => list.map(({ id }) => id);
  assert.deepEqual(ids(events), ids(naiveQuery(visible, filters)), text);
  assert.equal(count, visible.filter((event) => matchFilters(filters, event)).length, text);
}

interface Reader {
  readonly client: TestClient;
  readonly authenticated: ReadonlySet<string>;
  /** Ids that live subscriptions should have brought, by subscription id. */
  readonly expected: Map<string, string[]>;
  readonly filters: Map<string, readonly Filter[]>;
}

async function openReader(
  client: TestClient,
  makeFilters: () => readonly Filter[],
  who?: { readonly author: EventBuilder; readonly url: string },
): Promise<Reader> {
  if (who) await authenticateWith(client, who.author, { challenge: await client.challenge(), url: who.url });
  const reader: Reader = {
    client,
    authenticated: new Set(who ? [who.author.pubkey] : []),
    expected: new Map(),
    filters: new Map(),
  };
  for (let number = 0; number < 15; number++) {
    const filters = makeFilters().map((filter) => ({ ...filter, limit: 0 }));
    const { eose } = await client.request(`live ${number}`, filters.map(serializeFilter), { keepOpen: true });
    if (eose) reader.filters.set(`live ${number}`, filters);
  }
  return reader;
}

test('REQ, COUNT and live answers are those of a naive model', { timeout: 60_000 }, async (context) => {
  const seed = testSeed();
  context.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const { authors, makeEvent, makeFilters } = createWorld(random);
  const model = createNaiveStore({ now: Date.now });
  await using relay = await createTestRelay();
  await using writer = await relay.connect();
  const strangers = await openReader(await relay.connect(), makeFilters);
  const author = authors[0];
  assert.ok(author);
  const known = await openReader(await relay.connect(), makeFilters, { author, url: relay.url });
  const seenEphemeral = new Set<string>();

  for (let round = 0; round < eventCount; round++) {
    const event = makeEvent();
    const outcome = model.put(event);
    const { ok, message } = await writer.publish(event);
    assert.equal(ok, ['stored', 'duplicate', 'ephemeral'].includes(outcome), `${outcome}: ${message}`);
    const isNew = outcome === 'stored' || (isEphemeralKind(event.kind) && !seenEphemeral.has(event.id));
    seenEphemeral.add(event.id);
    for (const { authenticated, expected, filters } of [strangers, known]) {
      if (!isNew || !canRead(event, authenticated)) continue;
      for (const [id, wanted] of filters) {
        if (matchFilters(wanted, event)) expected.set(id, [...(expected.get(id) ?? []), event.id]);
      }
    }
    if (round % 10 > 0) continue;
    for (const { client, authenticated } of [strangers, known]) {
      const visible = model.events().filter((stored) => canRead(stored, authenticated));
      await compareStored(client, makeFilters(), { visible, isKnown: authenticated.size > 0 });
    }
  }
  for (const { client, expected } of [strangers, known]) {
    await client.count('probe', [{ limit: 1 }]);
    const received = new Map<string, string[]>();
    for (const [verb, id, event] of client.inbox) {
      if (verb !== 'EVENT') continue;
      received.set(String(id), [...(received.get(String(id)) ?? []), (event as NostrEvent).id]);
    }
    assert.deepEqual(received, expected);
    assert.ok(received.size > 0);
    await client.close();
  }
});
