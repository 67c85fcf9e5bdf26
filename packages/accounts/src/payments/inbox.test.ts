import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import { fc, testSeed, waitUntil } from '@nostrata/testing';
import type { Purchase } from '../contract.ts';
import { onEachEngine } from '../test-engines.ts';
import { checkAccounts } from './check-accounts.ts';
import { createPayments } from './payments.ts';
import type { Delivery } from './provider.ts';
import { countMoney, createPaymentTest } from './test-payments.ts';

const law = await onEachEngine();
const aName: Purchase = { kind: 'name', nameId: 'nam_1', years: 1 };
const price = 21_000_000;
const hour = 3_600_000;

function delivery(text: string, pathSecret = 'right'): Delivery {
  return { header: () => undefined, rawBody: new TextEncoder().encode(text), pathSecret };
}

async function start(database: Database) {
  const world = await createPaymentTest(database);
  const { id } = await world.payments.open({ userId: 'usr_1', purchase: aName });
  return { ...world, id, ref: world.provider.refs[0] ?? '' };
}

const inboxRows = (database: Database) =>
  database.query<{ state: string; attempts: number; failure: string | null; next_ms: number | null }>(
    'SELECT state, attempts, failure, next_ms FROM payment_inbox ORDER BY received_ms, delivery',
  );

law('a delivery is a hint: without money at the provider it credits nothing', async (database) => {
  const { payments, ref, id } = await start(database);
  await payments.inbox.accept('lnbits', delivery(`d1 ${ref}`));
  await payments.inbox.process();
  assert.equal((await payments.show('usr_1', id)).state, 'pending');
  assert.equal((await inboxRows(database))[0]?.state, 'done');
});

law(
  'a delivery that is repeated is noted once, and one of another provider under the same id is its own',
  async (database) => {
    const { payments, provider, ref, id } = await start(database);
    provider.set(ref, { state: 'paid', paidAmount: price });
    const results = await Promise.all([1, 2, 3, 4].map(() => payments.inbox.accept('lnbits', delivery(`d1 ${ref}`))));
    assert.equal(results.filter(({ isNew }) => isNew).length, 1);
    assert.equal((await payments.inbox.accept('stripe', delivery(`d1 ${ref}`))).isNew, true);
    await payments.inbox.process();
    assert.equal((await payments.show('usr_1', id)).state, 'settled');
    assert.equal((await countMoney(database)).entitlement, 1);
  },
);

law('a forged, unreadable, oversized or misdirected delivery leaves nothing', async (database) => {
  const { payments, provider, ref, counted } = await start(database);
  const refused = async (name: string, what: Delivery, status: number) =>
    await assert.rejects(
      payments.inbox.accept(name, what),
      (error) => error instanceof Problem && error.status === status,
    );
  await refused('lnbits', delivery(`d1 ${ref}`, 'wrong'), 401);
  await refused('paypal', delivery(`d1 ${ref}`), 404);
  await refused('lnbits', delivery(` ${ref}`), 400);
  await refused('lnbits', delivery(`d\0 ${ref}`), 400);
  await refused('lnbits', delivery(`d1 ${'x'.repeat(300)}`), 400);
  await refused('lnbits', delivery('x'.repeat(300_000)), 413);
  provider.readDelivery = () => {
    throw new TypeError('cannot read');
  };
  await refused('lnbits', delivery('d1'), 400);
  assert.deepEqual(await inboxRows(database), []);
  assert.ok(counted.includes('lnbits forged'));
});

law('bytes of any kind are refused or noted, and never make an error of ours', async (database) => {
  const { payments } = await start(database);
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom('right', '', 'wrong'),
      async (rawBody, secret) => {
        await payments.inbox
          .accept('lnbits', { header: () => undefined, rawBody, pathSecret: secret })
          .catch((error: unknown) => assert.ok(error instanceof Problem && error.status < 500));
      },
    ),
    { seed: testSeed(), numRuns: 60 },
  );
  await payments.inbox.process();
  assert.equal((await countMoney(database)).postings, 0);
});

law('a provider that is down for an hour loses nothing: deliveries and the job wait for it', async (database) => {
  const { payments, provider, ref, id, clock } = await start(database);
  provider.setAway(true);
  await payments.inbox.accept('lnbits', delivery(`d1 ${ref}`));
  provider.set(ref, { state: 'paid', paidAmount: price });
  for (let minutes = 0; minutes < 60; minutes += 1) {
    await payments.inbox.process();
    await payments.reconcile();
    clock.advance(60_000);
  }
  const [waiting] = await inboxRows(database);
  assert.deepEqual([waiting?.state, waiting?.failure], ['new', 'away']);
  assert.ok(Number(waiting?.attempts) >= 5 && Number(waiting?.attempts) <= 12, 'with growing pauses');
  assert.ok(provider.loads() < 40, `it was asked ${provider.loads()} times`);
  assert.equal((await payments.show('usr_1', id)).state, 'pending', 'not expired without having been asked');
  provider.setAway(false);
  clock.advance(hour);
  await payments.reconcile();
  assert.equal((await payments.show('usr_1', id)).state, 'settled');
  assert.deepEqual((await checkAccounts(database)).findings, []);
});

law('an hour-long absence at the end of the 48 hours loses nothing either', async (database) => {
  const { payments, provider, ref, id, clock } = await start(database);
  clock.advance(47 * hour);
  await payments.reconcile();
  provider.set(ref, { state: 'paid', paidAmount: price });
  provider.setAway(true);
  for (let turn = 0; turn < 6; turn += 1) {
    clock.advance(hour);
    assert.equal((await payments.reconcile()).checked <= 1, true);
  }
  provider.setAway(false);
  clock.advance(2 * hour);
  await payments.reconcile();
  assert.equal((await payments.show('usr_1', id)).state, 'settled');
});

law('a delivery that comes while the provider is being asked is not taken for answered', async (database) => {
  const { payments, provider, ref, id } = await start(database);
  const load = provider.load;
  const slow = Promise.withResolvers<void>();
  let calls = 0;
  provider.load = async (of) => {
    calls += 1;
    const answer = await load(of);
    if (calls === 1) await slow.promise;
    return answer;
  };
  const polled = payments.check('usr_1', id);
  await waitUntil(() => calls === 1);
  provider.set(ref, { state: 'paid', paidAmount: price });
  await payments.inbox.accept('lnbits', delivery(`d1 ${ref}`));
  const processed = payments.inbox.process();
  const others = [payments.check('usr_1', id), payments.check('usr_1', id)];
  await new Promise((resolve) => setImmediate(resolve));
  slow.resolve();
  await Promise.all([polled, processed, ...others]);
  assert.equal((await payments.show('usr_1', id)).state, 'settled');
  assert.ok(calls <= 3, 'and whoever waits shares one question');
});

law('a provider that is gone for good is not asked for ever', async (database) => {
  const { payments, provider, clock } = await start(database);
  provider.setAway(true);
  for (let hours = 0; hours < 24 * 14; hours += 1) {
    clock.advance(hour);
    await payments.reconcile();
  }
  const [row] = await database.query<{ next_check_ms: number | null }>('SELECT next_check_ms FROM payment');
  assert.equal(row?.next_check_ms, null);
});

law(
  'a delivery that overtakes the answer that names its invoice is tried again, and given up later',
  async (database) => {
    const { payments, provider, clock } = await start(database);
    await payments.inbox.accept('lnbits', delivery('d1 not-known'));
    for (let turn = 0; turn < 8; turn += 1) {
      await payments.inbox.process();
      clock.advance(10 * 60_000);
    }
    const [row] = await inboxRows(database);
    assert.deepEqual([row?.state, row?.attempts, row?.next_ms], ['unknown', 5, null]);
    assert.equal(provider.loads(), 0);
    clock.advance(31 * 24 * hour);
    await payments.inbox.process();
    assert.deepEqual(await inboxRows(database), [], 'and forgotten');
  },
);

law('an event about nothing of ours is noted and left alone', async (database) => {
  const { payments } = await start(database);
  await payments.inbox.accept('lnbits', delivery('d1'));
  assert.equal(await payments.inbox.process(), 0);
  assert.equal((await inboxRows(database))[0]?.state, 'ignored');
});

law('several processes share deliveries and payments: each is taken up once', async (database) => {
  const { parts, payments, provider } = await createPaymentTest(database);
  for (let index = 0; index < 10; index += 1) {
    await payments.open({ userId: 'usr_1', purchase: aName });
    await payments.inbox.accept('lnbits', delivery(`d${index} ${provider.refs[index]}`));
  }
  const processes = [1, 2, 3, 4].map(() => createPayments(parts));
  const taken = await Promise.all(processes.map((one) => one.inbox.process()));
  assert.equal(
    taken.reduce((sum, count) => sum + count, 0),
    10,
  );
  assert.equal(provider.loads(), 10);
});

law('the job looks at a payment about twenty times in two days and then no more', async (database) => {
  const { payments, provider, clock, id } = await start(database);
  for (let minutes = 0; minutes < 60 * 60; minutes += 5) {
    await payments.reconcile();
    clock.advance(5 * 60_000);
  }
  assert.ok(provider.loads() >= 15 && provider.loads() <= 30, `${provider.loads()} times`);
  const [row] = await database.query<{ next_check_ms: number | null; state: string }>(
    'SELECT next_check_ms, state FROM payment WHERE id = $1',
    [id],
  );
  assert.deepEqual([row?.next_check_ms, row?.state], [null, 'expired']);
});

law('a clock that jumps back an hour or forward a day credits what was paid, once', async (database) => {
  for (const jumpMs of [-hour, 24 * hour]) {
    await database.query('DELETE FROM account_user');
    const { payments, provider, clock } = await createPaymentTest(database, { seed: Math.abs(jumpMs) });
    const { id } = await payments.open({ userId: 'usr_1', purchase: aName });
    provider.set(provider.refs[0] ?? '', { state: 'paid', paidAmount: price });
    clock.advance(jumpMs);
    await payments.reconcile();
    assert.equal((await payments.check('usr_1', id)).state, 'settled');
    assert.deepEqual((await checkAccounts(database)).findings, []);
  }
});

law('a provider that tells by itself is listened to until the end', async (database) => {
  const { payments, provider, ref, id } = await start(database);
  const watching = payments.watch();
  provider.set(ref, { state: 'paid', paidAmount: price });
  provider.hint(ref);
  provider.hint('not-known');
  provider.setAway(true);
  await watching.stop();
  provider.hint(ref);
  provider.setAway(false);
  const { state } = await payments.check('usr_1', id);
  assert.equal(state, 'settled');
});
