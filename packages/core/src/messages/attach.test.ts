import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys, waitUntil } from '@nostrata/testing';
import { SignerError } from '../errors.ts';
import { createKeySigner } from '../signers/key-signer.ts';
import { createWorld } from '../test-world.ts';

test('two cores talk through inbox relays that want to know who writes and who reads', async () => {
  await using world = await createWorld(3);
  const [outside = '', alices = '', bobs = ''] = world.network.urls;
  const signers = {
    alice: createKeySigner(createKeys('alice').secret),
    bob: createKeySigner(createKeys('bob').secret),
  };
  const alice = await world.open({ relays: [outside], signer: signers.alice });
  const bob = await world.open({ relays: [outside], signer: signers.bob });
  for (const index of [1, 2]) world.network.relay(index).set({ authToRead: true, authToWrite: true });
  for (const [core, inbox] of [
    [alice, alices],
    [bob, bobs],
  ] as const) {
    const list = await core.edit({ kind: 10_050 }, (draft) => void draft.tags.push(['relay', inbox]));
    assert.equal((await list.settled).status, 'delivered');
  }
  const sent = await alice.messages.send({ to: [world.bob.pubkey], content: 'hello bob' });
  for (const publication of sent.publications.values()) assert.equal((await publication.settled).status, 'delivered');
  assert.deepEqual(await bob.messages.listen(), [bobs]);
  const [room] = await bob.messages.rooms();
  assert.equal(room?.last.content, 'hello bob');
  const answer = await bob.messages.send({
    to: [world.alice.pubkey],
    content: 'hello alice',
    replyTo: sent.message.id,
  });
  await alice.messages.listen();
  await waitUntil(async () => {
    const { messages } = await alice.messages.page(room?.id ?? '');
    return messages.some(({ id, replyTo }) => id === answer.message.id && replyTo?.id === sent.message.id);
  });
  assert.equal(world.network.relay(0).events({ kinds: [1059] }).length, 0, 'the public relay saw nothing of it');
  assert.deepEqual(world.failures, []);
});

test('listening follows the signer: to another person, to nobody, and back', async () => {
  await using world = await createWorld(3);
  const [outside = '', inbox = ''] = world.network.urls;
  world.network.relay(1).set({ authToRead: true, authToWrite: true });
  const signerOf = (name: string) => createKeySigner(createKeys(name).secret);
  const carol = await world.open({ relays: [outside], signer: signerOf('carol') });
  const core = await world.open({ relays: [outside], signer: signerOf('alice') });
  const settings = await world.open({ relays: [outside], signer: undefined });
  for (const name of ['alice', 'bob', 'carol']) {
    settings.setSigner(signerOf(name));
    const list = await settings.edit({ kind: 10_050 }, (draft) => void draft.tags.push(['relay', inbox]));
    await list.settled;
  }
  const tell = async (to: string, content: string): Promise<void> => {
    const sent = await carol.messages.send({ to: [to], content });
    for (const publication of sent.publications.values()) await publication.settled;
  };
  const readable = async (): Promise<string[]> => {
    const rooms = await core.messages.rooms();
    const pages = await Promise.all(rooms.map(({ id }) => core.messages.page(id)));
    return pages.flatMap(({ messages }) => messages.map(({ content }) => content));
  };
  const wrapsFor = async (pubkey: string) => (await core.list({ kinds: [1059], tags: { p: [pubkey] } })).length;

  await core.messages.listen();
  await tell(world.alice.pubkey, 'for alice');
  await waitUntil(async () => (await readable()).includes('for alice'), { what: 'the message for Alice' });
  core.setSigner(signerOf('bob'));
  await tell(world.bob.pubkey, 'for bob');
  await waitUntil(async () => (await readable()).includes('for bob'), { what: 'the message for Bob' });
  assert.deepEqual(await readable(), ['for bob']);
  core.setSigner(undefined);
  await tell(world.alice.pubkey, 'while nobody was there');
  assert.equal(await wrapsFor(world.alice.pubkey), 1);
  core.setSigner(signerOf('alice'));
  await waitUntil(async () => (await readable()).includes('while nobody was there'), { what: 'what came meanwhile' });
  assert.equal(await wrapsFor(world.bob.pubkey), 1);
  assert.deepEqual(world.failures, []);
});

test('a core that was not told to listen does not begin to when its signer changes', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  world.takeRequests();
  core.setSigner(createKeySigner(createKeys('bob').secret));
  await core.caughtUp();
  await core.profile(world.carol.pubkey);
  const asked = world.network.relay(0).ledger.requests.flatMap(({ filters }) => filters);
  assert.ok(asked.length > 0 && asked.every(({ kinds }) => !kinds?.includes(1059)));
});

test('a core without a signer says so', async () => {
  await using world = await createWorld();
  const core = await world.open({ signer: undefined });
  await assert.rejects(core.messages.rooms(), SignerError);
  await assert.rejects(core.messages.send({ to: [world.bob.pubkey], content: 'x' }), SignerError);
});
