import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonLines, requireSharedData, skipWithout } from '@nostrata/testing';
import { contentsOf, createWorld } from '../test-world.ts';

test('a dump of NDK gives its events, where they were seen, and what was still to be sent', async () => {
  await using world = await createWorld(1);
  const { alice, bob, network } = world;
  const [old, young, waiting] = [alice.note('as a list'), bob.note('as an object'), alice.note('not sent yet')];
  const { id, pubkey, created_at, kind, tags, content, sig } = old;
  const forged = JSON.stringify([0, pubkey, created_at, kind, tags, 'other words', sig, id]);
  const dump = {
    formatName: 'dexie',
    formatVersion: 1,
    data: {
      databaseName: 'ndk',
      data: [
        { tableName: 'profiles', rows: [{ pubkey: alice.pubkey, cachedAt: 1 }] },
        {
          tableName: 'events',
          rows: [
            { id, pubkey, kind, createdAt: created_at, relay: network.urls[0], event: forged },
            {
              id,
              pubkey,
              kind,
              createdAt: created_at,
              event: JSON.stringify([0, pubkey, created_at, kind, tags, content, sig, id]),
            },
            { id: young.id, event: JSON.stringify(young) },
            { id: young.id, event: 'no JSON' },
          ],
        },
        { tableName: 'eventRelays', rows: [{ eventId: old.id, relayUrl: 'wss://seen.example/', seenAt: 5 }] },
        {
          tableName: 'unpublishedEvents',
          rows: [{ id: waiting.id, event: waiting, relays: { [network.urls[0] ?? '']: false } }],
        },
      ],
    },
  };
  const core = await world.open();
  const report = await core.importFrom(JSON.stringify(dump));
  assert.deepEqual(
    { ...report, refused: Object.values(report.refused) },
    { read: 7, kept: 3, known: 0, unpublished: 1, refused: [1, 1], ignored: { profiles: 1, eventRelays: 1 } },
  );
  assert.deepEqual(contentsOf(await core.list({ kinds: [1] })).sort(), ['as a list', 'as an object', 'not sent yet']);
  assert.deepEqual(
    (await core.store.sightings(old.id)).map(({ source }) => source),
    ['wss://seen.example'],
  );
  await (await core.publications())[0]?.settled;
  assert.ok(network.relays[0]?.has(waiting.id));
});

test('the stores of nostr-idb give their events, old versions are left out', async () => {
  await using world = await createWorld(0);
  const { bob } = world;
  const [before, now, note] = [bob.profile({ name: 'before' }), bob.profile({ name: 'now' }), bob.note('hello')];
  const core = await world.open();
  const report = await core.importFrom({
    events: [now, before, note].map((event) => ({ event, tags: [], replaceableId: '' })),
    seen: [{ id: note.id, date: 1, relays: ['wss://a.example', 'not a relay'] }],
    used: [{ id: note.id, date: 1 }],
  });
  assert.equal(report.kept + (report.refused.superseded ?? 0), 3);
  assert.equal((await core.profile(bob.pubkey, { policy: 'cache-only' })).value?.name, 'now');
});

test('real events come in as JSONL, and again they are known', {
  skip: skipWithout('events/permissive.jsonl.gz'),
}, async () => {
  await using world = await createWorld(0);
  const core = await world.open();
  const lines = (await readJsonLines(requireSharedData('events/permissive.jsonl.gz'))).slice(0, 500);
  const stream = async function* () {
    yield* lines;
  };
  const first = await core.importFrom(stream());
  const second = await core.importFrom(lines.map((line) => JSON.stringify(line)).join('\n'));
  assert.equal(first.read, 500);
  const rest = (report: typeof first): number => Object.values(report.refused).reduce((sum, count) => sum + count, 0);
  assert.equal(first.kept + first.known + rest(first), 500);
  assert.equal(second.kept, 0);
});
