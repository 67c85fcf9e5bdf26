import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after } from 'node:test';
import { createMortalDatabase } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { failingMsMax, keptMs, leaseMs, pausesMs } from './limits.ts';
import { startReceiver } from './test-receiver.ts';
import { createWorld, owner } from './test-world.ts';

const law = await onEachEngine();
const day = 86_400_000;

async function receiving() {
  const receiver = await startReceiver();
  stops.push(receiver.stop);
  return receiver;
}
const stops: (() => Promise<void>)[] = [];
after(async () => {
  for (const stop of stops) await stop();
});

const all = ['payment.settled', 'key.revoked', 'hook.disabled'];

law('a notice reaches the hooks that ask for its topic, signed, and once', async (database) => {
  const { received, outgoing } = await receiving();
  const { hooks, notify, dispatch, states, deliveries } = await createWorld(database, outgoing);
  const { secret } = await hooks.create(owner, { url: 'https://shop.example/ok', topics: ['payment.settled'] });
  await hooks.create(owner, { url: 'https://shop.example/other', topics: ['key.revoked'] });
  await hooks.create({ ...owner, userId: 'usr_bob' }, { url: 'https://bob.example/bob', topics: all });
  await notify();
  await dispatch();
  await dispatch();
  assert.deepEqual(
    received.map(({ path }) => path),
    ['/ok'],
  );
  const { headers = {}, body = '' } = received[0] ?? {};
  assert.deepEqual(JSON.parse(body), {
    type: 'payment.settled',
    timestamp: '2026-03-01T10:00:00.000Z',
    data: { amount: 5 },
  });
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  assert.equal(headers['webhook-timestamp'], String(Date.parse('2026-03-01T10:00:00Z') / 1000));
  assert.equal(headers['content-type'], 'application/json');
  assert.deepEqual([await states(), deliveries], [['delivered 1'], ['hook delivered']]);
});

law('a notice that was taken back with its transaction is not sent', async (database) => {
  const { received, outgoing } = await receiving();
  const { hooks, notify, dispatch } = await createWorld(database, outgoing);
  await hooks.create(owner, { url: 'https://shop.example/ok', topics: all });
  const failing = database.transaction(async (transaction) => {
    await transaction.query(`INSERT INTO notice VALUES ('ntc_1', $1, 'key.revoked', '{}', 1, 'new')`, [owner.userId]);
    throw new Error('taken back');
  });
  await assert.rejects(failing);
  await notify();
  await dispatch();
  assert.equal(received.length, 1);
});

law('what fails is sent again after each pause, and given up after the last', async (database) => {
  const { received, outgoing, answers } = await receiving();
  const { hooks, notify, dispatch, states, clock } = await createWorld(database, outgoing);
  await hooks.create(owner, { url: 'https://shop.example/ok', topics: all });
  answers.set('/ok', 500);
  await notify();
  await dispatch();
  for (const [index, pause] of pausesMs.entries()) {
    clock.advance(pause - 1);
    await dispatch();
    assert.equal(received.length, index + 1, `not before ${pause}`);
    clock.advance(pause * 0.2 + 1);
    await dispatch();
    assert.equal(received.length, index + 2, `after ${pause}`);
  }
  assert.deepEqual(await states(), [`failed ${pausesMs.length + 1}`]);
  clock.advance(30 * day);
  await dispatch();
  assert.equal(received.length, pausesMs.length + 1);
  assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1, 'the same id each time');
});

law(
  'who hangs, redirects, answers too much, or is not to be asked gets it later and holds up nobody',
  async (database) => {
    const { received, outgoing, answers } = await receiving();
    const { hooks, notify, dispatch, plan, clock } = await createWorld(database, outgoing);
    plan.hooks = 10;
    const faults = { hang: 'timeout', redirect: 'redirect', huge: 'too-large', teapot: 'status' };
    answers.set('/teapot', 418);
    const ids = new Map<string, string>();
    for (const path of [...Object.keys(faults), 'ok']) {
      const { id } = await hooks.create(owner, { url: `https://shop.example/${path}`, topics: all });
      ids.set(path, id);
    }
    const inside = ['loopback', 'metadata', 'lan', 'other'];
    for (const name of inside) {
      const { id } = await hooks.create(owner, { url: `https://${name}.internal/ok`, topics: all });
      ids.set(name, id);
    }
    await notify();
    await dispatch();
    const refused = inside.map((name) => [name, 'refused']);
    for (const [path, failure] of [...Object.entries(faults), ...refused]) {
      const [delivery] = await hooks.deliveries({ ...owner, id: ids.get(path ?? '') ?? '' });
      assert.deepEqual([delivery?.state, delivery?.lastFailure, delivery?.attempts], ['waiting', failure, 1], path);
      assert.equal(delivery?.lastStatus, path === 'teapot' ? 418 : null);
      assert.ok(Date.parse(delivery?.nextAt ?? '') >= clock.now() + 10_000);
    }
    const [good] = await hooks.deliveries({ ...owner, id: ids.get('ok') ?? '' });
    assert.equal(good?.state, 'delivered');
    assert.equal(received.filter(({ path }) => path === '/ok').length, 1, 'no redirect was followed');
  },
);

law('a hook with much to say does not take the turns of the others', async (database) => {
  const { received, outgoing } = await receiving();
  const { hooks, notify, createDispatch } = await createWorld(database, outgoing);
  await hooks.create(owner, { url: 'https://shop.example/much', topics: all });
  await hooks.create({ ...owner, userId: 'usr_bob' }, { url: 'https://bob.example/little', topics: all });
  for (let index = 0; index < 40; index++) await notify();
  await notify('key.revoked', {}, 'usr_bob');
  await createDispatch().dispatch();
  assert.ok(received.findIndex(({ path }) => path === '/little') <= 4);
  assert.equal(received.length, 41);
});

law('several processes at once send everything once', async (database) => {
  const { received, outgoing } = await receiving();
  const { hooks, notify, createDispatch, states } = await createWorld(database, outgoing);
  await hooks.create(owner, { url: 'https://shop.example/ok', topics: all });
  for (let index = 0; index < 30; index++) await notify();
  await Promise.all(Array.from({ length: 5 }, () => createDispatch().dispatch()));
  await createDispatch().dispatch();
  assert.deepEqual(new Set(await states()), new Set(['delivered 1']));
  assert.equal(received.length, 30);
});

law(
  'a process that is killed at any statement loses nothing: what it had is sent after the lease',
  async (database) => {
    const { received, outgoing } = await receiving();
    const { hooks, notify, createDispatch, dispatch, states, clock } = await createWorld(database, outgoing);
    await hooks.create(owner, { url: 'https://shop.example/ok', topics: all });
    let isThrough = false;
    for (let statements = 0; !isThrough; statements++) {
      assert.ok(statements < 40);
      await notify('payment.settled', { statements });
      const before = received.length;
      await createDispatch(createMortalDatabase(database, statements))
        .dispatch()
        .then(() => {
          isThrough = received.length > before;
        })
        .catch(() => undefined);
      clock.advance(leaseMs + 1);
      await dispatch();
      const times = received.filter(({ body }) => JSON.parse(body).data.statements === statements).length;
      assert.ok(times === 1 || times === 2, `${times} times when killed before statement ${statements}`);
    }
    for (const state of await states()) assert.match(state, /^delivered/);
  },
);

law('a process that comes back after its lease has no say any more', async (database) => {
  const { outgoing } = await receiving();
  const { hooks, notify, createDispatch, dispatch, states, clock } = await createWorld(database, outgoing);
  await hooks.create(owner, { url: 'https://shop.example/ok', topics: all });
  await notify();
  let release = (): void => {};
  const slow = createDispatch(database, async () => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return { status: 500, headers: {}, body: new Uint8Array(0) };
  });
  const sending = slow.dispatch();
  while ((await states())[0] !== 'waiting 1') await new Promise((resolve) => setImmediate(resolve));
  clock.advance(leaseMs);
  await dispatch();
  assert.deepEqual(await states(), ['delivered 2']);
  release();
  await sending;
  assert.deepEqual(await states(), ['delivered 2']);
});

law(
  'a receiver that says it is gone is not asked again, and the owner is told through the others',
  async (database) => {
    const { received, outgoing, answers } = await receiving();
    const { hooks, notify, dispatch, states } = await createWorld(database, outgoing);
    const gone = await hooks.create(owner, { url: 'https://shop.example/gone', topics: all });
    await hooks.create(owner, { url: 'https://shop.example/ok', topics: ['hook.disabled'] });
    answers.set('/gone', 410);
    for (let index = 0; index < 6; index++) await notify();
    await dispatch();
    await dispatch();
    const [off] = (await hooks.list(owner.userId)).filter(({ id }) => id === gone.id);
    assert.equal(off?.state, 'disabled');
    const told = received.filter(({ path }) => path === '/ok').map(({ body }) => JSON.parse(body));
    assert.deepEqual(
      told.map(({ type, data }) => [type, data]),
      [['hook.disabled', { hookId: gone.id, reason: 'gone' }]],
    );
    assert.ok(received.filter(({ path }) => path === '/gone').length <= 4, 'what waited was cancelled');
    assert.equal((await states()).filter((state) => state.startsWith('waiting')).length, 0);
    const entries = await database.query(`SELECT actor, details FROM audit_log WHERE action = 'hook.disabled'`);
    assert.deepEqual(entries.map(Object.values), [['system', '{"reason":"gone"}']]);
  },
);

law('a hook that fails for five days is switched off, and one good answer in between starts anew', async (database) => {
  const { outgoing, answers } = await receiving();
  const { hooks, notify, dispatch, clock } = await createWorld(database, outgoing);
  const { id } = await hooks.create(owner, { url: 'https://shop.example/ok', topics: all });
  const hook = async () => (await hooks.list(owner.userId))[0];
  answers.set('/ok', 503);
  await notify();
  await dispatch();
  assert.equal((await hook())?.failingSince, '2026-03-01T10:00:00.000Z');
  clock.advance(failingMsMax - 1);
  answers.delete('/ok');
  await dispatch();
  assert.equal((await hook())?.failingSince, null);
  answers.set('/ok', 503);
  await notify();
  await dispatch();
  clock.advance(failingMsMax - 1);
  await dispatch();
  assert.equal((await hook())?.state, 'active');
  clock.advance(1);
  await notify();
  await dispatch();
  assert.equal((await hook())?.state, 'disabled');
  await notify();
  await dispatch();
  await hooks.change({ ...owner, id }, { state: 'active' });
  assert.deepEqual([(await hook())?.state, (await hook())?.failingSince], ['active', null]);
});

law('suspended people are not told, and a plan with room for fewer hooks tells the oldest', async (database) => {
  const { received, outgoing } = await receiving();
  const { hooks, notify, dispatch, plan, clock, states } = await createWorld(database, outgoing);
  for (const path of ['first', 'second', 'third']) {
    await hooks.create(owner, { url: `https://shop.example/${path}`, topics: all });
    clock.advance(1);
  }
  plan.hooks = 1;
  await notify();
  await dispatch();
  assert.deepEqual(
    received.map(({ path }) => path),
    ['/first'],
  );
  await notify();
  await database.query(`UPDATE account_user SET state = 'suspended'`);
  await dispatch();
  assert.deepEqual([received.length, await states()], [1, ['delivered 1']]);
});

law('a test is tried once, whatever the hook asks for', async (database) => {
  const { received, outgoing, answers } = await receiving();
  const { hooks, dispatch, states, clock } = await createWorld(database, outgoing);
  const { id } = await hooks.create(owner, { url: 'https://shop.example/ok', topics: ['key.revoked'] });
  await hooks.test({ ...owner, id });
  await assert.rejects(hooks.test({ ...owner, id }), { status: 429 });
  await dispatch();
  assert.equal(JSON.parse(received[0]?.body ?? '').type, 'hook.test');
  answers.set('/ok', 500);
  clock.advance(1);
  await hooks.test({ ...owner, id });
  await dispatch();
  assert.deepEqual(await states(), ['delivered 1', 'failed 1']);
});

law('old notices and deliveries are removed, and what is new is not', async (database) => {
  const { outgoing } = await receiving();
  const { hooks, notify, createDispatch, clock } = await createWorld(database, outgoing);
  await hooks.create(owner, { url: 'https://shop.example/ok', topics: all });
  const { dispatch, prune } = createDispatch();
  await notify();
  await dispatch();
  clock.advance(keptMs + 1);
  await notify();
  await dispatch();
  await notify();
  await prune();
  const counts = await database.query(
    'SELECT (SELECT COUNT(*) FROM notice) AS notices, (SELECT COUNT(*) FROM hook_delivery) AS deliveries',
  );
  assert.deepEqual(counts.map(Object.values), [[2, 1]]);
});
