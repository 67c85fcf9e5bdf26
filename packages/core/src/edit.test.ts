import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import type { RelayFaults } from '@nostrata/testing';
import type { Core } from './core.ts';
import { StaleBaseError } from './errors.ts';
import { createWorld, type World } from './test-world.ts';

const follows = { kind: 3 };

function follow(core: Core, pubkey: string, options: Parameters<Core['edit']>[2] = {}) {
  return core.edit(follows, (draft) => void draft.tags.push(['p', pubkey]), { deadlineMs: 400, ...options });
}

/** A follow list on every relay, with a newer version on one of them. */
function placeLists({ network, alice, bob, carol }: World): { older: NostrEvent; newer: NostrEvent } {
  const older = alice.follows([bob.pubkey]);
  const newer = alice.event({
    kind: 3,
    content: '{"wss://old.example":{"read":true}}',
    tags: [
      ['p', bob.pubkey, 'wss://hint.example', 'Bobby'],
      ['p', carol.pubkey],
      ['client', 'unknown to us'],
      ['t', 'nostr'],
    ],
  });
  for (const relay of network.relays) relay.put(older);
  network.relays.at(-1)?.put(newer);
  return { older, newer };
}

test('an edit starts from the newest version, on whichever relay it is, and loses nothing of it', async () => {
  await using world = await createWorld(3);
  const { newer } = placeLists(world);
  const core = await world.open();
  const publication = await follow(core, 'd'.repeat(64));
  assert.deepEqual(publication.event.tags, [...newer.tags, ['p', 'd'.repeat(64)]]);
  assert.equal(publication.event.content, newer.content);
  assert.ok(publication.event.created_at > newer.created_at);
  await publication.settled;
  for (const relay of world.network.relays) {
    assert.deepEqual(
      relay.events({ kinds: [3] }).map(({ id }) => id),
      [publication.id],
    );
  }
});

test('a relay that is silent, forged, cut off or answers half makes an edit fail, and nothing is written', async () => {
  const troubles: Partial<RelayFaults>[] = [
    { silent: true },
    { withoutEose: true },
    { noticeInsteadOfEose: true },
    { halfOpen: true },
    { closeAtOnce: true },
    { refuseStatus: 503 },
    { endlessPerSecond: 50 },
    { lossShare: 1 },
    { authToRead: true, authPubkeys: [] },
  ];
  const check = async (trouble: Partial<RelayFaults>): Promise<void> => {
    await using world = await createWorld(2);
    const { newer } = placeLists(world);
    world.network.relays[1]?.set(trouble);
    const core = await world.open();
    // The store knows an older version; the newest one is on the relay in trouble.
    await core.follows(world.alice.pubkey, { deadlineMs: 100 });
    await assert.rejects(follow(core, 'd'.repeat(64)), StaleBaseError, JSON.stringify(trouble));
    assert.deepEqual(core.pending(), []);
    assert.ok(world.network.relays[1]?.has(newer.id));
    for (const relay of world.network.relays) assert.equal(relay.ledger.events.length, 0);
  };
  await Promise.all(troubles.map(check));
});

test('a relay that keeps old versions does not win over the newest one', async () => {
  await using world = await createWorld(2);
  const { newer } = placeLists(world);
  world.network.relays[0]?.set({ versions: 'oldest' });
  const core = await world.open();
  const { event } = await follow(core, 'd'.repeat(64));
  assert.equal(event.tags.length, newer.tags.length + 1);
});

test('a relay that the application gives up may stay silent', async () => {
  await using world = await createWorld(2);
  placeLists(world);
  const core = await world.open();
  const gone = world.network.relays[1];
  await gone?.stop();
  await assert.rejects(follow(core, 'd'.repeat(64)), (error: unknown) => {
    assert.ok(error instanceof StaleBaseError);
    assert.deepEqual(error.silent, [gone?.url]);
    return true;
  });
  const { event } = await follow(core, 'd'.repeat(64), { maySkip: [gone?.url ?? ''] });
  assert.equal(event.tags.length, 2);
});

test('where no relay is known nothing is edited', async () => {
  await using world = await createWorld(0);
  const core = await world.open();
  await assert.rejects(follow(core, 'd'.repeat(64)), StaleBaseError);
});

test('a first list is made only when every relay says that there is none', async () => {
  await using world = await createWorld(2);
  const core = await world.open();
  let existed: boolean | undefined;
  const { event } = await core.edit(follows, (draft) => {
    existed = draft.exists;
    draft.tags.push(['p', world.bob.pubkey]);
  });
  assert.equal(existed, false);
  assert.deepEqual(event.tags, [['p', world.bob.pubkey]]);
});

test('edits of one moment all count', async () => {
  await using world = await createWorld(1);
  placeLists(world);
  const core = await world.open();
  const people = Array.from({ length: 5 }, (_, index) => String(index).repeat(64));
  await Promise.all(people.map((pubkey) => follow(core, pubkey)));
  const { value } = await core.follows(world.alice.pubkey);
  assert.deepEqual(
    value?.follows.map(({ pubkey }) => pubkey),
    [world.bob.pubkey, world.carol.pubkey, ...people],
  );
});

test('a change by another device while a person signs is kept', async () => {
  await using world = await createWorld(1);
  const { alice, bob, network } = world;
  network.relays[0]?.put(alice.follows([bob.pubkey]));
  const core = await world.open();
  let calls = 0;
  const { event } = await core.edit(follows, async (draft) => {
    calls += 1;
    draft.tags.push(['p', 'e'.repeat(64)]);
    if (calls === 1) {
      network.relays[0]?.put(alice.follows([bob.pubkey, 'd'.repeat(64)], { created_at: 1_700_003_590 }));
      await core.follows(alice.pubkey, { policy: 'network-first' });
    }
  });
  assert.equal(calls, 2);
  assert.deepEqual(
    event.tags.map(([, pubkey]) => pubkey),
    [bob.pubkey, 'd'.repeat(64), 'e'.repeat(64)],
  );
});

test('an edit reads the relays that its author has moved to by another device since the list was checked', async () => {
  await using world = await createWorld(2);
  const { network, alice, bob, carol } = world;
  const [old, moved] = network.relays;
  old?.put(alice.event({ kind: 10_002, tags: [['r', old.url]] }), alice.follows([bob.pubkey]));
  const core = await world.open({ relays: [old?.url ?? ''] });
  await core.relayList(alice.pubkey);
  await core.follows(alice.pubkey);
  old?.put(alice.event({ kind: 10_002, tags: [['r', moved?.url ?? '']] }));
  moved?.put(alice.follows([bob.pubkey, carol.pubkey]));
  const { event } = await follow(core, 'd'.repeat(64));
  assert.deepEqual(
    event.tags.map(([, pubkey]) => pubkey),
    [bob.pubkey, carol.pubkey, 'd'.repeat(64)],
  );
});

test('an edit asks for the relay list with its base where the list was checked lately, and before it else', async () => {
  await using world = await createWorld(1);
  const { network, alice, clock } = world;
  placeLists(world);
  const [relay] = network.relays;
  relay?.put(alice.event({ kind: 10_002, tags: [['r', relay.url]] }));
  const core = await world.open();
  /** Kinds of the author that each request asked for. */
  const takeKinds = (): (readonly number[])[] => {
    const kinds = relay?.ledger.requests.flatMap(({ filters }) => {
      const own = filters.filter(({ authors }) => authors?.includes(alice.pubkey));
      return own.length > 0 ? [own.flatMap((filter) => filter.kinds ?? [])] : [];
    });
    relay?.resetLedger();
    return kinds ?? [];
  };
  await follow(core, 'd'.repeat(64));
  assert.deepEqual(takeKinds(), [[10_002], [3, 10_002]]);
  await follow(core, 'e'.repeat(64));
  assert.deepEqual(takeKinds(), [[3, 10_002]]);
  clock.jump(600_000);
  await follow(core, 'f'.repeat(64));
  assert.deepEqual(takeKinds(), [[10_002], [3, 10_002]]);
});
