import assert from 'node:assert/strict';
import type { NostrEvent } from '@nostrata/protocol';
import { assertFound, type Law, publishAll, type World } from './law.ts';

const hex = (text: string) => Buffer.from(text).toString('hex').padEnd(64, '0');

interface Group {
  readonly pubkey: string;
  /** Oldest first. */
  readonly events: readonly NostrEvent[];
  /** Those at these places, newest first. */
  pick(...places: readonly number[]): NostrEvent[];
}

/** Six events of one author: kinds 1 and 7, tags e, p, t, k and n in several combinations. */
async function publishGroup({ client, author }: World): Promise<Group> {
  const writer = author('writer');
  const topic = hex(writer.pubkey.slice(0, 8));
  const events = [
    writer.note('plain'),
    writer.note('with topic a', {
      tags: [
        ['t', 'a'],
        ['t', topic],
      ],
    }),
    writer.note('with topics a and b', {
      tags: [
        ['t', 'a'],
        ['t', 'b'],
        ['t', topic],
        ['k', '1'],
      ],
    }),
    writer.event({
      kind: 7,
      content: '+',
      tags: [
        ['e', topic],
        ['p', topic],
        ['k', '1'],
        ['t', topic],
      ],
    }),
    writer.event({
      kind: 7,
      content: '-',
      tags: [
        ['e', topic],
        ['p', hex('nobody')],
        ['n', 'x'],
        ['t', topic],
      ],
    }),
    writer.note('with n and k', {
      tags: [
        ['n', 'x'],
        ['k', '1'],
        ['t', topic],
      ],
    }),
  ];
  await publishAll(client, ...events);
  const pick = (...places: readonly number[]) =>
    places
      .map((place) => events[place])
      .filter((event) => event !== undefined)
      .reverse();
  return { pubkey: writer.pubkey, events, pick };
}

const finds = (what: string, filter: (group: Group, topic: string) => object, expected: readonly number[]): Law => ({
  name: `events are found ${what}`,
  async check(world) {
    const group = await publishGroup(world);
    const topic = hex(group.pubkey.slice(0, 8));
    await assertFound(world.client, [filter(group, topic)], group.pick(...expected));
  },
});

/** How stored events are found. */
export const readingLaws: readonly Law[] = [
  {
    name: 'events come newest first, and those of the same second lowest id first',
    async check({ client, author }) {
      const writer = author('writer');
      const events = Array.from({ length: 12 }, (_, index) =>
        writer.note(`${index}`, { created_at: 1_700_000_000 + (index % 3) }),
      );
      await publishAll(client, ...events);
      const sorted = events.toSorted((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
      await assertFound(client, [{ authors: [writer.pubkey] }], sorted);
    },
  },
  {
    name: 'with a limit the newest events come, and the limit holds for each filter',
    async check(world) {
      const group = await publishGroup(world);
      const authors = [group.pubkey];
      await assertFound(world.client, [{ authors, limit: 2 }], group.pick(4, 5));
      await assertFound(
        world.client,
        [
          { authors, kinds: [7], limit: 1 },
          { authors, limit: 1 },
        ],
        group.pick(4, 5),
      );
    },
  },
  finds('by id', ({ events }) => ({ ids: [events[0]?.id, events[3]?.id] }), [0, 3]),
  finds('by pubkey and kind', ({ pubkey }) => ({ authors: [pubkey], kinds: [7] }), [3, 4]),
  finds('by pubkey and tags', ({ pubkey }) => ({ authors: [pubkey], '#t': ['a'] }), [1, 2]),
  finds('by kind and tags', (_, topic) => ({ kinds: [7], '#t': [topic] }), [3, 4]),
  finds('by tags', (_, topic) => ({ '#t': [topic] }), [1, 2, 3, 4, 5]),
  finds(
    'by several tags in one filter, each of which must be there',
    (_, topic) => ({ '#k': ['1'], '#t': [topic] }),
    [2, 3, 5],
  ),
  finds('by pubkey', ({ pubkey }) => ({ authors: [pubkey] }), [0, 1, 2, 3, 4, 5]),
  finds(
    'by nothing but a time',
    ({ events }) => ({ since: events[0]?.created_at, until: events[0]?.created_at, ids: events.map(({ id }) => id) }),
    [0],
  ),
  finds(
    'from since to until, both inclusive',
    ({ pubkey, events }) => ({ authors: [pubkey], since: events[1]?.created_at, until: events[3]?.created_at }),
    [1, 2, 3],
  ),
  {
    name: 'limit 0 gives nothing stored and everything new',
    async check(world) {
      const { client, author } = world;
      const writer = author('writer');
      await publishAll(client, writer.note('stored'));
      const { events, eose } = await client.request('zero', [{ authors: [writer.pubkey], limit: 0 }], {
        keepOpen: true,
      });
      assert.deepEqual([events, eose], [[], true]);
      const event = writer.note('new');
      await publishAll(client, event);
      assert.deepEqual(await client.nextEvent('zero'), event);
    },
  },
  {
    name: 'ephemeral events reach those who have asked for them',
    async check({ client, relay, author }) {
      const writer = author('writer');
      await client.request('live', [{ authors: [writer.pubkey], kinds: [25_000] }], { keepOpen: true });
      await using other = await relay.connect();
      const event = writer.event({ kind: 25_000, content: 'now' });
      await publishAll(other, event);
      assert.deepEqual(await client.nextEvent('live'), event);
    },
  },
  {
    name: 'ephemeral events are not stored',
    async check({ client, author }) {
      const event = author('writer').event({ kind: 25_001 });
      await publishAll(client, event);
      await assertFound(client, [{ ids: [event.id] }, { authors: [event.pubkey] }], []);
    },
  },
];
