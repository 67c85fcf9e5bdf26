import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type EventBuilder, waitUntil } from '@nostrata/testing';
import type { Signer } from '../contract.ts';
import type { Core } from '../core.ts';
import { SignerError } from '../errors.ts';
import { createNip07Signer } from '../signers/nip07-signer.ts';
import { contentsOf, createTestSigner, createWorld, startSeconds, waitForStatus } from '../test-world.ts';

/** A remote signer that can be away, refuse, or leave a request unanswered; as `Signer` asks it of all of them. */
function createFarSigner(author: EventBuilder) {
  const near = createTestSigner(author);
  const far = {
    mood: 'away' as 'away' | 'there' | 'refuses' | 'silent',
    asked: [] as string[],
    silent: [] as PromiseWithResolvers<void>[],
    signer: {
      getPublicKey: near.getPublicKey,
      signEvent: async (event) => {
        far.asked.push(event.content);
        if (far.mood === 'away') throw new SignerError('unreachable', 'no relay takes requests for the signer');
        if (far.mood === 'refuses') throw new SignerError('refused', 'remote signer refused: not today');
        if (far.mood === 'silent') {
          const answer = Promise.withResolvers<void>();
          far.silent.push(answer);
          await answer.promise;
        }
        return await near.signEvent(event);
      },
    } satisfies Signer,
  };
  return far;
}

const note = { kind: 1, content: 'written on the train', tags: [] };

/** One process after another over one folder. */
async function withFolder(work: (store: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  try {
    await work(`sqlite:${folder}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function eventsSent(core: Core): Promise<string[]> {
  return contentsOf(await core.list({ kinds: [1] }));
}

test('without being told to wait, a signer that is away fails the publication, and nothing is kept', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  const core = await world.open({ signer: far.signer });
  await assert.rejects(core.publish(note), { name: 'SignerError', fault: 'unreachable' });
  assert.deepEqual([core.pending(), await core.publications()], [[], []]);
});

test('a draft waits for its signer, and is signed and sent once when it is there, as it was written', async () => {
  await using world = await createWorld(2);
  const far = createFarSigner(world.alice);
  const core = await world.open({ signer: far.signer });
  const draft = await core.publish(note, { awaitSignature: {} });
  assert.equal(draft.status, 'unsigned');
  assert.equal(draft.isSigned, false);
  assert.equal(draft.reason, 'no relay takes requests for the signer');
  assert.equal(draft.event.content, note.content);
  assert.deepEqual(
    core.pending().map(({ id, status }) => [id, status]),
    [[draft.id, 'unsigned']],
  );
  assert.deepEqual(await eventsSent(core), []);
  world.clock.jump(10_000);
  assert.equal(far.asked.length, 1, 'asked again too soon');
  far.mood = 'there';
  world.clock.jump(10_000);
  const settled = await draft.settled;
  assert.equal(settled.status, 'delivered');
  assert.ok(settled.isSigned);
  assert.equal(settled.event.id, draft.id);
  assert.equal(settled.event.created_at, draft.event.created_at);
  assert.equal(draft.event.created_at, startSeconds + 3_600);
  assert.deepEqual(await eventsSent(core), [note.content]);
  for (const relay of world.network.relays) assert.equal(relay.ledger.events.length, 1);
  assert.deepEqual(world.failures, []);
});

test('a draft outlives the program, and the next one signs it with the signer it has', async () => {
  await withFolder(async (store) => {
    await using world = await createWorld(1);
    const far = createFarSigner(world.alice);
    const first = await world.open({ store, signer: far.signer });
    const { id } = await first.publish(note, { awaitSignature: {} });
    await first.stop();
    const second = await world.open({ store, signer: undefined });
    assert.deepEqual(
      second.pending().map((publication) => [publication.id, publication.status]),
      [[id, 'unsigned']],
    );
    second.setSigner(createTestSigner(world.alice));
    assert.equal((await waitForStatus(second, id, 'delivered')).isSigned, true);
    assert.equal(world.network.relay(0).ledger.events.length, 1);
  });
});

test('a draft is never signed with another key than the one it was drafted for', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  const core = await world.open({ signer: far.signer });
  const draft = await core.publish(note, { awaitSignature: {} });
  const asked: string[] = [];
  const bob = createTestSigner(world.bob);
  core.setSigner({
    getPublicKey: async () => {
      asked.push('pubkey');
      return await bob.getPublicKey();
    },
    signEvent: async (event) => {
      asked.push('signature');
      return await bob.signEvent(event);
    },
  });
  await waitUntil(() => asked.includes('pubkey'), { what: 'the other signer to be asked who it is' });
  await (await core.publish({ kind: 1, content: 'by Bob', tags: [] })).settled;
  assert.deepEqual(asked.filter((what) => what === 'signature').length, 1);
  assert.equal(core.pending()[0]?.status, 'unsigned');
  // One that claims to be her and signs as Bob is not believed.
  core.setSigner({ getPublicKey: async () => world.alice.pubkey, signEvent: bob.signEvent });
  await waitUntil(() => core.pending()[0]?.reason?.includes('another key') === true, { what: 'the false signature' });
  core.setSigner(createTestSigner(world.alice));
  const settled = await draft.settled;
  assert.equal(settled.event.pubkey, world.alice.pubkey);
  assert.equal(settled.status, 'delivered');
});

test('a draft for a key whose signer is not there at all waits where the key is named', async () => {
  await using world = await createWorld(1);
  const core = await world.open({ signer: undefined });
  await assert.rejects(core.publish(note, { awaitSignature: {} }), { fault: 'read-only' });
  const draft = await core.publish(note, { awaitSignature: { pubkey: world.alice.pubkey } });
  assert.equal(draft.status, 'unsigned');
  core.setSigner(createTestSigner(world.alice));
  assert.equal((await draft.settled).status, 'delivered');
});

test('a refusal is final: at once it is thrown and nothing is kept, later it ends the draft and says why', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  far.mood = 'refuses';
  const core = await world.open({ signer: far.signer });
  await assert.rejects(core.publish(note, { awaitSignature: {} }), { fault: 'refused' });
  assert.deepEqual([core.pending(), await core.publications()], [[], []]);
  far.mood = 'away';
  const draft = await core.publish(note, { awaitSignature: {} });
  far.mood = 'refuses';
  world.clock.jump(20_000);
  const settled = await draft.settled;
  assert.deepEqual([settled.status, settled.reason], ['failed', 'remote signer refused: not today']);
  assert.equal(settled.isSigned, false);
  far.mood = 'there';
  const asked = far.asked.length;
  world.clock.jump(7_200_000);
  core.setOnline(true);
  assert.equal(await draft.cancel(), false);
  assert.deepEqual([core.pending(), far.asked.length, await eventsSent(core)], [[], asked, []]);
  assert.equal((await core.publications())[0]?.reason, 'remote signer refused: not today');
});

test('a browser extension that does not answer in its time leaves the draft in the outbox', async () => {
  await using world = await createWorld(1);
  const near = createTestSigner(world.alice);
  let isThere = false;
  const signer = createNip07Signer(
    {
      getPublicKey: near.getPublicKey,
      signEvent: (event) => (isThere ? near.signEvent(event) : new Promise(() => undefined)),
    },
    { clock: world.clock, deadlineMs: 50 },
  );
  const core = await world.open({ signer });
  const draft = await core.publish(note, { awaitSignature: {} });
  assert.deepEqual([draft.status, draft.reason], ['unsigned', 'signing was not answered within 50 ms']);
  isThere = true;
  core.setOnline(true);
  assert.equal((await draft.settled).status, 'delivered');
});

test('a draft can be taken back, also while its signer is being asked', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  const core = await world.open({ signer: far.signer });
  const draft = await core.publish(note, { awaitSignature: {} });
  assert.equal(await draft.cancel(), true);
  assert.equal((await draft.settled).status, 'cancelled');
  far.mood = 'silent';
  const asked = await core.publish({ ...note, content: 'second' }, { awaitSignature: { waitMs: 1 } });
  assert.equal(await asked.cancel(), true);
  far.silent[0]?.resolve();
  far.mood = 'there';
  await (await core.publish({ ...note, content: 'third' }, { awaitSignature: {} })).settled;
  assert.deepEqual(await eventsSent(core), ['third']);
  assert.equal(world.network.relay(0).ledger.events.length, 1);
});

test('a caller that waits no longer has the draft in the outbox, and the late signature is used', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  far.mood = 'silent';
  const core = await world.open({ signer: far.signer });
  const draft = await core.publish(note, { awaitSignature: { waitMs: 5 } });
  assert.equal(draft.status, 'unsigned');
  far.silent[0]?.resolve();
  assert.equal((await draft.settled).status, 'delivered');
  assert.equal(far.asked.length, 1);
});

test('a caller that gives up has taken the draft back', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  far.mood = 'silent';
  const core = await world.open({ signer: far.signer });
  const controller = new AbortController();
  const published = core.publish(note, { awaitSignature: {}, signal: controller.signal });
  await waitUntil(() => far.silent.length === 1, { what: 'the signer to be asked' });
  controller.abort();
  await assert.rejects(published, { name: 'AbortError' });
  far.silent[0]?.resolve();
  assert.deepEqual([core.pending(), await core.publications(), await eventsSent(core)], [[], [], []]);
});

test('a draft that nobody signs in its time is given up', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  const core = await world.open({ signer: far.signer });
  const draft = await core.publish(note, { awaitSignature: { keepForMs: 3_600_000 } });
  assert.ok(!draft.isSigned && Math.abs(draft.signByMs - world.clock.now() - 3_600_000) < 1_000);
  world.clock.jump(3_599_000);
  assert.equal(core.pending().length, 1);
  world.clock.jump(2_000);
  const settled = await draft.settled;
  assert.deepEqual([settled.status, settled.reason], ['failed', 'its signer was not there in time']);
});

test('of two drafts of one replaceable event the newer is signed, and the older never', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  const core = await world.open({ signer: far.signer });
  const options = { replace: true, awaitSignature: {} };
  const profile = (name: string, second: number) => ({
    kind: 0,
    content: JSON.stringify({ name }),
    tags: [],
    created_at: startSeconds + second,
  });
  const older = await core.publish(profile('older', 1), options);
  const newer = await core.publish(profile('newer', 2), options);
  far.asked.length = 0;
  far.mood = 'there';
  core.setOnline(true);
  assert.equal((await newer.settled).status, 'delivered');
  assert.equal((await older.settled).status, 'superseded');
  assert.deepEqual(far.asked, ['{"name":"newer"}']);
});

test('a deletion that waits for its signer deletes nothing before it is signed', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  far.mood = 'there';
  const core = await world.open({ signer: far.signer });
  const dear = await core.publish(note);
  await dear.settled;
  far.mood = 'away';
  const template = { kind: 5, content: '', tags: [['e', dear.id]] };
  const deletion = await core.publish(template, { awaitSignature: {} });
  assert.deepEqual([deletion.status, await eventsSent(core)], ['unsigned', [note.content]]);
  far.mood = 'there';
  core.setOnline(true);
  assert.equal((await deletion.settled).status, 'delivered');
  assert.deepEqual(await eventsSent(core), []);
  assert.deepEqual(world.network.relay(0).events({ kinds: [1] }), []);
});

test('a draft never replaces what came from another device after it was written', async () => {
  await using world = await createWorld(1);
  const far = createFarSigner(world.alice);
  const core = await world.open({ signer: far.signer });
  const created_at = startSeconds - 10;
  const draft = await core.publish(
    { kind: 0, content: '{"name":"draft"}', tags: [], created_at },
    { replace: true, awaitSignature: {} },
  );
  await core.importFrom(`${JSON.stringify(world.alice.profile({ name: 'elsewhere' }))}\n`);
  far.mood = 'there';
  const asked = far.asked.length;
  core.setOnline(true);
  assert.equal((await draft.settled).status, 'superseded');
  assert.equal(far.asked.length, asked);
  assert.equal((await core.profile(world.alice.pubkey)).value?.name, 'elsewhere');
});

test('of two programs over one store the one that has the signer signs what the other drafted, once', async () => {
  await withFolder(async (store) => {
    await using world = await createWorld(1);
    const far = createFarSigner(world.alice);
    const leader = await world.open({ store, signer: far.signer });
    const draft = await leader.publish(note, { awaitSignature: {} });
    const near = createTestSigner(world.alice);
    const asked: string[] = [];
    await world.open({
      store,
      signer: {
        getPublicKey: near.getPublicKey,
        signEvent: async (event) => {
          asked.push(event.content);
          return await near.signEvent(event);
        },
      },
    });
    assert.equal((await draft.settled).status, 'delivered');
    assert.deepEqual(asked, [note.content]);
    assert.equal(world.network.relay(0).ledger.events.length, 1);
  });
});
