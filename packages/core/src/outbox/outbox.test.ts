import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { waitUntil } from '@nostrata/testing';
import { PublishError } from '../errors.ts';
import { contentsOf, createWorld, waitForStatus } from '../test-world.ts';

test('a published note is in the store at once and reaches every relay', async () => {
  await using world = await createWorld(3);
  const core = await world.open();
  const publication = await core.publish({ kind: 1, content: 'hello', tags: [] });
  assert.deepEqual(contentsOf(await core.list({ kinds: [1] })), ['hello']);
  const settled = await publication.settled;
  assert.equal(settled.status, 'delivered');
  assert.deepEqual(
    settled.targets.map(({ state }) => state),
    ['delivered', 'delivered', 'delivered'],
  );
  for (const relay of world.network.relays) assert.ok(relay.has(publication.id));
  assert.deepEqual(core.pending(), []);
  assert.deepEqual(world.failures, []);
});

test('a dead relay never fails the action: it is tried again until it is back', async () => {
  await using world = await createWorld(2);
  const [good, dead] = world.network.relays;
  await dead?.stop();
  const core = await world.open();
  const publication = await core.publish({ kind: 1, content: 'hello', tags: [] });
  await waitForStatus(core, publication.id, 'partial');
  assert.ok(good?.has(publication.id));
  await dead?.start();
  await waitUntil(
    async () => {
      world.clock.jump(10_000);
      return core.pending().length === 0;
    },
    { what: 'the relay that is back to have it' },
  );
  await waitForStatus(core, publication.id, 'delivered');
  assert.ok(dead?.has(publication.id));
});

test('offline notes wait and go out in the end, each once to each relay', async () => {
  await using world = await createWorld(2);
  const core = await world.open();
  core.setOnline(false);
  for (const content of ['one', 'two', 'three']) await core.publish({ kind: 1, content, tags: [] });
  assert.equal(core.pending().length, 3);
  core.setOnline(true);
  await waitUntil(() => core.pending().length === 0, { what: 'the outbox to be empty' });
  for (const relay of world.network.relays) {
    assert.deepEqual(relay.events({ kinds: [1] }).length, 3);
    assert.equal(relay.ledger.events.length, 3);
  }
});

test('a refusal is final where trying again cannot help, and the reason is told', async () => {
  await using world = await createWorld(2);
  const [, strict] = world.network.relays;
  strict?.set({ okFalse: 'blocked: not on the list' });
  const core = await world.open();
  const publication = await core.publish({ kind: 1, content: 'hello', tags: [] });
  const settled = await publication.settled;
  assert.equal(settled.status, 'partial');
  const refused = settled.targets.find(({ relay }) => relay === strict?.url);
  assert.deepEqual([refused?.state, refused?.reason, refused?.attempts], ['rejected', 'blocked: not on the list', 1]);
});

test('a relay that loses its OK is not sent the event again when it has it', async () => {
  await using world = await createWorld(1);
  const [relay] = world.network.relays;
  relay?.set({ okLost: true });
  const core = await world.open();
  const publication = await core.publish({ kind: 1, content: 'hello', tags: [] });
  await waitUntil(() => relay?.has(publication.id), { what: 'the relay to have it' });
  world.clock.jump(11_000);
  await waitUntil(() => core.pending()[0]?.targets[0]?.state === 'retry', { what: 'the timeout' });
  world.clock.jump(6_000);
  assert.equal((await waitForStatus(core, publication.id, 'delivered')).targets[0]?.reason, 'the relay has it');
  assert.equal(relay?.ledger.events.length, 1);
});

test('of a replaceable event only the newest version is sent', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  core.setOnline(false);
  const options = { replace: true };
  const first = await core.publish(
    { kind: 0, content: '{"name":"one"}', tags: [], created_at: 1_700_000_001 },
    options,
  );
  const second = await core.publish(
    { kind: 0, content: '{"name":"two"}', tags: [], created_at: 1_700_000_002 },
    options,
  );
  assert.equal((await first.settled).status, 'superseded');
  core.setOnline(true);
  assert.equal((await second.settled).status, 'delivered');
  assert.deepEqual(contentsOf(world.network.relays[0]?.events({ kinds: [0] }) ?? []), ['{"name":"two"}']);
  assert.equal(world.network.relays[0]?.ledger.events.length, 1);
});

test('a publication that nobody has is taken back, and the version before it is there again', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  await (
    await core.publish(
      { kind: 0, content: '{"name":"before"}', tags: [], created_at: 1_700_000_001 },
      { replace: true },
    )
  ).settled;
  const mistake = await core.publish(
    { kind: 0, content: '{"name":"mistake"}', tags: [], created_at: 1_700_000_002 },
    { replace: true, undoMs: 10_000 },
  );
  assert.equal((await core.profile(world.alice.pubkey)).value?.name, 'mistake');
  assert.equal(await mistake.cancel(), true);
  assert.equal((await mistake.settled).status, 'cancelled');
  assert.equal((await core.profile(world.alice.pubkey)).value?.name, 'before');
  world.clock.jump(20_000);
  assert.equal(world.network.relays[0]?.has(mistake.id), false);
  assert.equal(await mistake.cancel(), false);
});

test('a publication that a relay may have cannot be taken back', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  const publication = await core.publish({ kind: 1, content: 'hello', tags: [] });
  await publication.settled;
  assert.equal(await publication.cancel(), false);
  assert.deepEqual(contentsOf(await core.list({ kinds: [1] })), ['hello']);
});

test('what the store would not keep is not published', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  const { alice } = world;
  const [older, newer] = [alice.profile({ name: 'old' }), alice.profile({ name: 'new' })];
  await (await core.publish(newer)).settled;
  await assert.rejects(core.publish(older), PublishError);
  assert.deepEqual(core.pending(), []);
  assert.equal((await core.publications()).length, 1);
});

test('a template does not replace what it was not made from', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  await assert.rejects(core.publish({ kind: 3, content: '', tags: [] }), { name: 'PublishError', fault: 'replaces' });
  await assert.rejects(core.publish({ kind: 10_000, content: '', tags: [] }), { fault: 'replaces' });
  assert.equal((await core.publish({ kind: 30_023, content: 'new', tags: [['d', 'a']] })).event.content, 'new');
  await assert.rejects(core.publish({ kind: 30_023, content: 'lost', tags: [['d', 'a']] }), { fault: 'replaces' });
});

test('a deletion request that is taken back in time has deleted nothing', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  const note = await core.publish({ kind: 1, content: 'dear', tags: [] });
  await note.settled;
  const deletion = await core.publish({ kind: 5, content: '', tags: [['e', note.id]] }, { undoMs: 10_000 });
  assert.equal(await deletion.cancel(), true);
  assert.deepEqual(contentsOf(await core.list({ kinds: [1] })), ['dear']);
  const again = await core.publish({ kind: 5, content: '', tags: [['e', note.id]] });
  assert.deepEqual(await core.list({ kinds: [1] }), []);
  assert.equal((await again.settled).status, 'delivered');
});

test('publications can be watched until they are settled', async () => {
  await using world = await createWorld(2);
  const core = await world.open();
  const publication = await core.publish({ kind: 1, content: 'hello', tags: [] });
  const seen: string[] = [];
  for await (const { status } of publication.changes()) seen.push(status);
  assert.equal(seen.at(-1), 'delivered');
});

test('work is committed in the event where a difficulty is asked for', async () => {
  await using world = await createWorld(1);
  const core = await world.open();
  const { event } = await core.publish({ kind: 1, content: 'hard', tags: [] }, { difficulty: 8 });
  assert.ok(event.id.startsWith('00'));
  assert.equal(event.tags.at(-1)?.[2], '8');
});

test('a core that does not send leaves what is to be sent to one that does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  try {
    await using world = await createWorld(1);
    const store = `sqlite:${folder}`;
    const first = await world.open({ store });
    first.setOnline(false);
    const { id } = await first.publish({ kind: 1, content: 'later', tags: [] });
    await first.stop();
    const reader = await world.open({ store, sendsPublications: false });
    assert.deepEqual(reader.pending(), []);
    const own = await reader.publish({ kind: 1, content: 'own', tags: [] });
    const sender = await world.open({ store });
    await waitForStatus(sender, id, 'delivered');
    await waitForStatus(sender, own.id, 'delivered');
    assert.equal(world.network.relay(0).ledger.events.length, 2);
    await reader.stop();
  } finally {
    await rm(folder, { recursive: true });
  }
});
