import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import { parseInvoice } from '@nostrata/protocol';
import { verifyAudit } from './audit/verify.ts';
import type { PaymentAnswer } from './contract.ts';
import type { NameAnswer, RegisterAnswer } from './names/contract.ts';
import { checkAccounts } from './payments/check-accounts.ts';
import { onEachEngine } from './test-engines.ts';
import { type Installation, openInstallation } from './test-installation.ts';

const law = await onEachEngine();
const yearMs = 365 * 86_400_000;

/** Pays an open payment with a Lightning wallet. */
async function pay({ lnbits }: Installation, { bolt11 }: Pick<PaymentAnswer, 'bolt11'>): Promise<void> {
  const { paymentHash } = parseInvoice(bolt11 ?? '') ?? {};
  assert.ok(paymentHash);
  await lnbits.pay(paymentHash);
  await lnbits.idle();
}

/** Time enough for the next look at what was opened. */
async function lookAgain(house: Installation): Promise<void> {
  house.clock.advance(60_000);
  await house.runJobs();
}

async function checkBooks(database: Database): Promise<void> {
  const { ok, findings } = await checkAccounts(database);
  assert.deepEqual(findings, []);
  assert.equal(ok, true);
  assert.equal((await verifyAudit(database)).ok, true);
}

law('somebody signs in, buys a name and a plan, and everything is there when it is paid', async (database) => {
  await using house = await openInstallation(database);
  const alice = house.person(1);
  const token = await house.signIn(alice);
  const { status, body } = await house.send<RegisterAnswer>('/api/v1/names', { token, body: { name: 'alice' } });
  assert.equal(status, 201);
  assert.equal(body.name.phase, 'held');
  assert.ok(body.payment);
  const served = () => house.send<{ names: object }>('/.well-known/nostr.json?name=alice');
  assert.deepEqual((await served()).body, { names: {} });
  await pay(house, body.payment);
  const checked = await house.send<PaymentAnswer>(`/api/v1/payments/${body.payment.id}/check`, { token, body: {} });
  assert.equal(checked.body.state, 'settled');
  assert.deepEqual((await served()).body, { names: { alice: alice.pubkey } });
  const receipt = await house.send(`/api/v1/receipts/${checked.body.receipt}`, { token });
  assert.equal(receipt.body.number, checked.body.receipt);
  const page = await house.send<string>(`/api/v1/receipts/${checked.body.receipt}/page`, { token });
  assert.match(page.body, /alice@example\.com/);
  const plan = await house.send<PaymentAnswer>('/api/v1/payments', {
    ...{ token, body: { purchase: { kind: 'plan', plan: 'pro', period: 'year' } } },
  });
  await pay(house, plan.body);
  await lookAgain(house);
  const me = await house.send<{ plan: string }>('/api/v1/auth/me', { token });
  assert.equal(me.body.plan, 'pro');
  await checkBooks(database);
});

law(
  'what was not paid any more runs out: the plan after its grace, the name after its own, keys with the plan',
  async (database) => {
    await using house = await openInstallation(database);
    const token = await house.signIn(house.person(1));
    const plan = await house.send<PaymentAnswer>('/api/v1/payments', {
      ...{ token, body: { purchase: { kind: 'plan', plan: 'pro', period: 'month' } } },
    });
    await pay(house, plan.body);
    await lookAgain(house);
    const name = await house.send<RegisterAnswer>('/api/v1/names', { token, body: { name: 'covered' } });
    assert.deepEqual([name.status, name.body.payment, name.body.name.coverage], [201, null, 'plan']);
    const key = await house.send<{ key: string; id: string }>('/api/v1/keys', {
      ...{ token, body: { name: 'program', scopes: ['names:write', 'names:read'] } },
    });
    assert.equal(key.status, 201);
    const write = () =>
      house.send(`/api/v1/names/${name.body.name.id}`, {
        ...{ method: 'PATCH', token: key.body.key, body: { relays: ['wss://relay.example.com/'] } },
      });
    assert.equal((await write()).status, 200);
    house.clock.advance(yearMs);
    await house.runJobs();
    assert.equal((await write()).status, 403);
    assert.deepEqual((await house.send('/.well-known/nostr.json?name=covered')).body, { names: {} });
    const again = await house.signIn(house.person(1));
    const { body } = await house.send<NameAnswer>(`/api/v1/names/${name.body.name.id}`, { token: again });
    assert.equal(body.phase, 'free');
    await checkBooks(database);
  },
);

law(
  'twenty buyers race for one name: one holds it, the others hear so, and nobody pays for nothing',
  async (database) => {
    await using house = await openInstallation(database);
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, number) => house.signIn(house.person(number))));
    const answers = await Promise.all(
      tokens.map((token) => house.send<RegisterAnswer>('/api/v1/names', { token, body: { name: 'gold-rush' } })),
    );
    const won = answers.filter(({ status }) => status === 201);
    assert.equal(won.length, 1);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201, 409]));
    const [{ body } = assert.fail()] = won;
    assert.ok(body.payment);
    await pay(house, body.payment);
    await house.runJobs();
    await checkBooks(database);
  },
);

law(
  'an invoice that is paid late is honoured where the name is still free, and owed back where it is not',
  async (database) => {
    await using house = await openInstallation(database);
    const [first, second] = [await house.signIn(house.person(1)), await house.signIn(house.person(2))];
    const late = await house.send<RegisterAnswer>('/api/v1/names', { token: first, body: { name: 'latecomer' } });
    assert.ok(late.body.payment);
    house.clock.advance(3_600_000);
    await house.runJobs();
    const other = await house.send<RegisterAnswer>('/api/v1/names', { token: second, body: { name: 'latecomer' } });
    assert.equal(other.status, 201);
    assert.ok(other.body.payment);
    await pay(house, other.body.payment);
    await house.send(`/api/v1/payments/${other.body.payment.id}/check`, { token: second, body: {} });
    await pay(house, late.body.payment);
    const { body } = await house.send<PaymentAnswer>(`/api/v1/payments/${late.body.payment.id}/check`, {
      ...{ token: first, body: {} },
    });
    assert.equal(body.state, 'settled');
    assert.equal(body.refund?.state, 'open');
    assert.equal(body.refund?.amount, body.amount);
    await checkBooks(database);
  },
);

law('a page can look at a payment as often as it likes, whatever the plan', async (database) => {
  await using house = await openInstallation(database);
  const token = await house.signIn(house.person(1));
  const { body } = await house.send<RegisterAnswer>('/api/v1/names', { token, body: { name: 'patience' } });
  const statuses = new Set<number>();
  for (let look = 0; look < 120; look++) {
    statuses.add((await house.send(`/api/v1/payments/${body.payment?.id}`, { token })).status);
  }
  assert.deepEqual(statuses, new Set([200]));
});

law('the tables hold no profile, no follows and no score', async (database) => {
  const rows =
    database.dialect === 'sqlite'
      ? await database.query(`SELECT m.name AS t, p.name AS c FROM sqlite_master m, pragma_table_info(m.name) p
          WHERE m.type = 'table'`)
      : await database.query(`SELECT table_name AS t, column_name AS c FROM information_schema.columns
          WHERE table_schema = 'public'`);
  assert.ok(rows.length > 150);
  for (const { t, c } of rows) {
    assert.doesNotMatch(`${t}.${c}`, /score|follow|profile|about|picture|avatar|banner|lud16|rank|trust|wot|display/i);
  }
});
