import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, startSeconds, type World } from '../test-world.ts';
import type { ThreadNode } from './thread.ts';

function outline({ event, replies }: ThreadNode): unknown {
  return replies.length > 0 ? [event.content, replies.map(outline)] : event.content;
}

test('a thread is its root with the replies as a tree, from whichever event it is asked for', async () => {
  await using world = await createWorld(1);
  const { network, alice, bob, carol } = world;
  const root = alice.note('root');
  const first = bob.note('first', { created_at: startSeconds + 1, tags: [['e', root.id, '', 'root']] });
  const second = carol.note('second', { created_at: startSeconds + 2, tags: [['e', root.id, '', 'root']] });
  const deep = alice.note('deep', {
    tags: [
      ['e', root.id, '', 'root'],
      ['e', first.id, '', 'reply'],
    ],
  });
  const lost = bob.note('lost', {
    created_at: startSeconds + 9,
    tags: [
      ['e', root.id, '', 'root'],
      ['e', 'f'.repeat(64), '', 'reply'],
    ],
  });
  network.relays[0]?.put(root, first, second, deep, lost);
  const core = await world.open();
  const expected = ['root', [['first', ['deep']], 'second', 'lost']];
  for (const event of [root, deep]) {
    const { value, state } = await core.thread(event.id);
    assert.equal(state, 'fresh');
    assert.ok(value);
    assert.deepEqual(outline(value.tree), expected);
    assert.equal(value.event.id, event.id);
    assert.equal(value.replyCount, 4);
  }
});

test('the engagement of a note is counted when it is first asked for, and its zeros are an answer too', async () => {
  await using world = await createWorld(1);
  const { network, alice, bob, carol } = world;
  const note = alice.note('note');
  network.relays[0]?.put(note, bob.reaction(note, '+'), bob.reaction(note, '+'), carol.reaction(note, '🤙'));
  const core = await world.open();
  const { value } = await core.engagement(note.id);
  assert.deepEqual([value?.likes, value?.emojis], [2, 1]);
  const nothing = await core.engagement('f'.repeat(64));
  assert.deepEqual([nothing.state, nothing.value?.likes], ['fresh', 0]);
  world.takeRequests();
  await core.engagement('f'.repeat(64));
  assert.equal(world.takeRequests(), 0);
});

test('a thread of an event that nobody has is missing', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  const { value, state } = await core.thread('f'.repeat(64));
  assert.deepEqual([value, state], [undefined, 'missing']);
});

test('answers are found where the author of the root reads, and a deletion of the root comes with them', async () => {
  await using world = await createWorld(2);
  const { network, alice, bob, clock } = world;
  const [known, inbox] = network.relays;
  const root = alice.note('root');
  known?.put(root, alice.event({ kind: 10_002, tags: [['r', inbox?.url ?? '', 'read']] }));
  inbox?.put(bob.note('answer', { created_at: startSeconds + 5, tags: [['e', root.id, '', 'root']] }));
  const core = await world.open({ relays: [known?.url ?? ''] });
  assert.equal((await core.thread(root.id)).value?.replyCount, 1);
  known?.put(alice.deletion([root]));
  clock.jump(6 * 60_000);
  const stale = await core.thread(root.id);
  assert.equal(stale.state, 'stale');
  assert.equal((await stale.refresh)?.state, 'missing');
});

/** Puts a root of Alice, who reads the relays at these places, and an answer to it on some relays. */
function converse({ network, alice, bob }: World, read: readonly number[], answered: readonly number[]): string {
  const root = alice.note('root');
  const tags = read.map((place) => ['r', network.urls[place] ?? '', 'read']);
  network.relays[0]?.put(root, alice.event({ kind: 10_002, tags }));
  const answer = bob.note('answer', { created_at: startSeconds + 5, tags: [['e', root.id, '', 'root']] });
  for (const place of answered) network.relays[place]?.put(answer);
  return root.id;
}

/** The places of relays that were asked for answers. */
function askedForAnswers({ network }: World): number[] {
  return network.relays.flatMap(({ ledger }, place) =>
    ledger.requests.some(({ filters }) => filters.some(({ tags }) => tags?.e)) ? [place] : [],
  );
}

test('a thread is asked for where its author reads, and not elsewhere where these bring answers', async () => {
  await using world = await createWorld(5);
  const id = converse(world, [2, 3, 4], [3]);
  const core = await world.open({ relays: world.network.urls.slice(0, 2) });
  assert.equal((await core.thread(id)).value?.replyCount, 1);
  assert.deepEqual(askedForAnswers(world), [2, 3, 4]);
});

test('a thread whose author reads one relay is asked for at an own relay too', async () => {
  await using world = await createWorld(4);
  const id = converse(world, [3], [3]);
  const core = await world.open({ relays: world.network.urls.slice(0, 2) });
  assert.equal((await core.thread(id)).value?.replyCount, 1);
  assert.deepEqual(askedForAnswers(world), [0, 3]);
});

test('where the relays that an author reads cannot be reached, own relays are asked in their place', async () => {
  await using world = await createWorld(4);
  const { network } = world;
  const id = converse(world, [2, 3], [0, 1, 2, 3]);
  await Promise.all([2, 3].map((place) => network.relays[place]?.stop()));
  const core = await world.open({ relays: network.urls.slice(0, 2) });
  // The connections fail first: what is not known to be gone is asked.
  await Promise.all([core.relayList(world.alice.pubkey), core.event(id)]);
  const gone = network.urls.slice(2);
  await core.event('e'.repeat(64), { relays: gone });
  assert.equal((await core.thread(id)).value?.replyCount, 1);
  assert.deepEqual(askedForAnswers(world), [0, 1]);
});

test('a relay that forges is not asked for a thread where two others are read', async () => {
  await using world = await createWorld(4);
  const { network, bob } = world;
  const id = converse(world, [1, 2, 3], [1, 2, 3]);
  const note = bob.note('changed on the way');
  network.relays[3]?.put(note);
  network.relays[3]?.set({ forge: { share: 1, part: 'body' } });
  const core = await world.open({ relays: network.urls.slice(0, 1) });
  await core.event(note.id, { relays: network.urls.slice(3) });
  assert.equal((await core.thread(id)).value?.replyCount, 1);
  assert.deepEqual(askedForAnswers(world), [1, 2]);
});

test('answers that were sent to the own relays only are found where the relays of the author have none', async () => {
  await using world = await createWorld(4);
  const id = converse(world, [2, 3], [1]);
  const core = await world.open({ relays: world.network.urls.slice(0, 2) });
  assert.equal((await core.thread(id)).value?.replyCount, 1);
  assert.deepEqual(askedForAnswers(world), [0, 1, 2, 3]);
});
