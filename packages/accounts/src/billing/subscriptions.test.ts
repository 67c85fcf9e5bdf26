import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import { createFakeClock, createMortalDatabase } from '@nostrata/testing';
import { createAuditLog } from '../audit/append.ts';
import { createNoticeBoard } from '../notices/board.ts';
import { onEachEngine } from '../test-engines.ts';
import { dayMs } from './calendar.ts';
import { createPlanGranter } from './granter.ts';
import { defaultPlans } from './plans.ts';
import { createSubscriptions } from './subscriptions.ts';

const law = await onEachEngine();
const startMs = Date.UTC(2026, 0, 31, 12);
const refused = (status: number, code: string) => (error: unknown) =>
  error instanceof Problem && error.status === status && error.code === code;

function createWorld(database: Database) {
  const clock = createFakeClock(startMs);
  let count = 0;
  const random = (length: number) => Uint8Array.from({ length }, () => (count++ * 7) % 248);
  const logged: string[] = [];
  const log = (_: unknown, message: string) => {
    logged.push(message);
  };
  const parts = {
    database,
    clock,
    plans: defaultPlans(),
    audit: createAuditLog(database, clock),
    notices: createNoticeBoard(clock, random),
    logger: { info: log, warn: log, error: log },
  };
  const granter = createPlanGranter(parts);
  let payments = 0;
  const pay = async (plan: string, period: 'month' | 'year') => {
    const purchase = { kind: 'plan', plan, period } as const;
    const { terms, price, creditMsat } = await granter.quote('usr_1', purchase);
    payments += 1;
    const paid = {
      paymentId: `pay_${payments}`,
      userId: 'usr_1',
      purchase,
      terms,
      amountMsat: price.msat - creditMsat,
      settledMs: clock.now(),
    };
    return await database.transaction((transaction) => granter.grant(transaction, paid));
  };
  return { clock, parts, subscriptions: createSubscriptions(parts), pay, logged };
}

const notices = async (database: Database, topic: string) => {
  const rows = await database.query<{ payload: string }>(
    'SELECT payload FROM notice WHERE topic = $1 ORDER BY at_ms, id',
    [topic],
  );
  return rows.map(({ payload }) => JSON.parse(payload).what);
};

law('the log says by which key a subscription was changed', async (database) => {
  const { subscriptions, pay } = createWorld(database);
  await pay('pro', 'month');
  await subscriptions.cancel('usr_1', 'key:key_1');
  await subscriptions.resume('usr_1', 'key:key_1');
  await subscriptions.downgrade('usr_1', { plan: 'free', period: 'month' }, 'key:key_1');
  const rows = await database.query<{ actor: string }>(
    `SELECT actor FROM audit_log WHERE action IN ('subscription.cancelled', 'subscription.resumed')`,
  );
  assert.deepEqual([...new Set(rows.map(({ actor }) => actor))], ['key:key_1']);
});

law('what nobody paid for is counted as free: the free plan and a trial, and not what was bought', async (database) => {
  const { subscriptions, pay, clock } = createWorld(database);
  const rateOf = async () => (await subscriptions.entitlementsOf('usr_1')).rate;
  assert.equal((await rateOf()).isFree, true);
  await subscriptions.startTrial('usr_1', 'pro');
  assert.deepEqual([(await rateOf()).name, (await rateOf()).isFree], ['pro', true]);
  await pay('pro', 'month');
  assert.equal((await rateOf()).isFree, false, 'who has paid during the trial is no stranger');
  clock.set(Date.UTC(2036, 0, 1));
  assert.equal((await rateOf()).isFree, true);
});

law('what somebody may do follows the clock, with no job in between', async (database) => {
  const { subscriptions, pay, clock } = createWorld(database);
  const seen = async () => {
    const { phase, plan } = await subscriptions.show('usr_1');
    const { names, rate } = await subscriptions.entitlementsOf('usr_1');
    return [phase, plan, names, rate.name];
  };
  assert.deepEqual(await seen(), ['none', 'free', 0, 'free']);
  assert.equal(await subscriptions.coveredUntil('usr_1'), undefined);
  await pay('pro', 'month');
  assert.deepEqual(await seen(), ['active', 'pro', 1, 'pro']);
  const { periodEnd, graceEndsAt } = await subscriptions.show('usr_1');
  assert.deepEqual([periodEnd, graceEndsAt], ['2026-02-28T12:00:00.000Z', '2026-03-07T12:00:00.000Z']);
  assert.equal(await subscriptions.coveredUntil('usr_1'), Date.UTC(2026, 2, 7, 12));
  clock.set(Date.UTC(2026, 1, 28, 12));
  assert.deepEqual(await seen(), ['grace', 'pro', 1, 'pro']);
  clock.set(Date.UTC(2026, 2, 7, 12));
  assert.deepEqual(await seen(), ['expired', 'pro', 0, 'free']);
});

law('a trial is had once, also by who asks twenty times at once', async (database) => {
  const { subscriptions, clock, pay } = createWorld(database);
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => subscriptions.startTrial('usr_1', 'pro')));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of results) if (result.status === 'rejected') assert.ok(refused(409, 'trial-used')(result.reason));
  assert.equal((await subscriptions.entitlementsOf('usr_1')).plan, 'pro');
  clock.advance(14 * dayMs);
  assert.equal((await subscriptions.show('usr_1')).phase, 'expired');
  await assert.rejects(subscriptions.startTrial('usr_1', 'pro'), refused(409, 'trial-used'));
  await assert.rejects(subscriptions.startTrial('usr_2', 'business'), refused(422, 'no-trial'));
  await assert.rejects(subscriptions.startTrial('usr_2', 'gold'), refused(422, 'unknown-plan'));
  await pay('pro', 'month');
  assert.equal((await subscriptions.show('usr_1')).phase, 'active');
});

law('who has paid gets no trial afterwards', async (database) => {
  const { subscriptions, clock, pay } = createWorld(database);
  await pay('pro', 'month');
  clock.advance(100 * dayMs);
  await assert.rejects(subscriptions.startTrial('usr_1', 'pro'), refused(409, 'trial-used'));
});

law('a cancellation works at the end, can be taken back, and a purchase takes it back too', async (database) => {
  const { subscriptions, pay } = createWorld(database);
  await assert.rejects(subscriptions.cancel('usr_1'), refused(409, 'not-active'));
  await pay('pro', 'month');
  const cancelled = await subscriptions.cancel('usr_1');
  assert.deepEqual([cancelled.phase, cancelled.cancelsAtEnd], ['active', true]);
  await assert.rejects(subscriptions.cancel('usr_1'), refused(409, 'not-changed'));
  assert.equal((await subscriptions.resume('usr_1')).cancelsAtEnd, false);
  await assert.rejects(subscriptions.resume('usr_1'), refused(409, 'not-changed'));
  await subscriptions.cancel('usr_1');
  await pay('pro', 'month');
  assert.equal((await subscriptions.show('usr_1')).cancelsAtEnd, false);
});

law('a downgrade counts from the end of the period on', async (database) => {
  const { subscriptions, pay, clock } = createWorld(database);
  await pay('business', 'month');
  await assert.rejects(
    subscriptions.downgrade('usr_1', { plan: 'lifetime', period: 'lifetime' }),
    refused(409, 'no-downgrade'),
  );
  await assert.rejects(
    subscriptions.downgrade('usr_1', { plan: 'business', period: 'year' }),
    refused(409, 'no-downgrade'),
  );
  await assert.rejects(subscriptions.downgrade('usr_1', { plan: 'pro', period: 'lifetime' }), refused(422, 'no-price'));
  const { next, plan } = await subscriptions.downgrade('usr_1', { plan: 'pro', period: 'month' });
  assert.deepEqual([plan, next], ['business', { plan: 'pro', period: 'month' }]);
  assert.equal((await subscriptions.entitlementsOf('usr_1')).names, 10);
  clock.set(Date.UTC(2026, 1, 28, 12));
  assert.equal((await subscriptions.entitlementsOf('usr_1')).names, 1);
  await pay('pro', 'month');
  assert.equal((await subscriptions.show('usr_1')).periodEnd, '2026-03-31T12:00:00.000Z');
  assert.equal((await subscriptions.downgrade('usr_1', { plan: 'free', period: 'month' })).cancelsAtEnd, true);
});

law('a suspension takes everything away at once, and time goes on', async (database) => {
  const { subscriptions, pay } = createWorld(database);
  await pay('business', 'month');
  const suspended = await subscriptions.suspend('usr_1', 'user:usr_admin');
  assert.deepEqual([suspended.phase, suspended.entitlements.plan], ['suspended', 'free']);
  assert.equal(await subscriptions.coveredUntil('usr_1'), startMs);
  await assert.rejects(pay('business', 'month'), refused(403, 'suspended'));
  await assert.rejects(subscriptions.suspend('usr_1', 'user:usr_admin'), refused(409, 'not-changed'));
  assert.equal((await subscriptions.restore('usr_1', 'user:usr_admin')).phase, 'active');
});

law('what an admin gives costs nothing, is worth nothing, and takes no paid time away', async (database) => {
  const { subscriptions, pay, clock } = createWorld(database);
  const admin = 'user:usr_admin';
  const until = startMs + 90 * dayMs;
  const granted = await subscriptions.grant('usr_1', { plan: 'pro', untilMs: until }, admin);
  assert.deepEqual([granted.plan, granted.phase, granted.period], ['pro', 'active', null]);
  const upgrade = await pay('business', 'month');
  assert.equal(upgrade.kind, 'granted');
  assert.equal((await subscriptions.load('usr_1'))?.paidMsat, 69_000_000);
  await assert.rejects(subscriptions.grant('usr_1', { plan: 'pro', untilMs: null }, admin), refused(409, 'paid-time'));
  await assert.rejects(
    subscriptions.grant('usr_1', { plan: 'business', untilMs: startMs + dayMs }, admin),
    refused(409, 'paid-time'),
  );
  const longer = await subscriptions.grant('usr_1', { plan: 'business', untilMs: startMs + 60 * dayMs }, admin);
  assert.equal(longer.periodEnd, new Date(startMs + 60 * dayMs).toISOString());
  await assert.rejects(
    subscriptions.grant('usr_2', { plan: 'pro', untilMs: startMs }, admin),
    refused(422, 'bad-time'),
  );
  const forEver = await subscriptions.grant('usr_2', { plan: 'pro', untilMs: null }, admin);
  assert.deepEqual([forEver.isLifetime, await subscriptions.coveredUntil('usr_2')], [true, null]);
  clock.advance(4000 * dayMs);
  assert.equal((await subscriptions.show('usr_2')).phase, 'active');
  assert.equal((await subscriptions.grant('usr_2', { plan: 'free', untilMs: null }, admin)).phase, 'none');
});

law(
  'a plan that is not configured any more gives what everybody has, and the operator hears of it',
  async (database) => {
    const { subscriptions, pay, logged } = createWorld(database);
    await pay('pro', 'month');
    await database.query("UPDATE subscription SET plan = 'gold'");
    assert.equal((await subscriptions.entitlementsOf('usr_1')).plan, 'free');
    assert.deepEqual(logged, ['a plan that people have is not configured any more']);
  },
);

law(
  'people are reminded seven, three and one day before the end, of grace and of the end, once each',
  async (database) => {
    const { subscriptions, pay, clock, parts } = createWorld(database);
    await pay('pro', 'month');
    const others = [1, 2, 3].map(() => createSubscriptions(parts));
    for (let days = 0; days < 50; days += 1) {
      await Promise.all([subscriptions, ...others].map((one) => one.remind()));
      clock.advance(dayMs);
    }
    assert.deepEqual(await notices(database, 'subscription.reminder'), [
      'ends-in-7',
      'ends-in-3',
      'ends-in-1',
      'grace',
      'expired',
    ]);
  },
);

law('who was not reminded for days hears the latest only, and a renewal begins anew', async (database) => {
  const { subscriptions, pay, clock } = createWorld(database);
  await pay('pro', 'month');
  clock.set(Date.UTC(2026, 1, 26, 12));
  assert.equal(await subscriptions.remind(), 1);
  await pay('pro', 'month');
  assert.equal(await subscriptions.remind(), 0);
  clock.set(Date.UTC(2026, 2, 30, 13));
  assert.equal(await subscriptions.remind(), 1);
  assert.deepEqual(await notices(database, 'subscription.reminder'), ['ends-in-3', 'ends-in-1']);
});

law('who cancelled is not reminded, who tries is reminded of the end of the trial', async (database) => {
  const { subscriptions, pay, clock } = createWorld(database);
  await pay('pro', 'month');
  await subscriptions.cancel('usr_1');
  await subscriptions.startTrial('usr_2', 'pro');
  clock.advance(13 * dayMs);
  assert.equal(await subscriptions.remind(), 1);
  clock.set(Date.UTC(2026, 1, 27, 12));
  await subscriptions.remind();
  assert.deepEqual(await notices(database, 'subscription.reminder'), ['ends-in-1', 'expired']);
});

law('reminders whose process dies are given once all the same', async (database) => {
  const { pay, clock, parts } = createWorld(database);
  await pay('pro', 'month');
  clock.set(Date.UTC(2026, 1, 22));
  for (let statements = 0; statements < 6; statements += 1) {
    const mortal = createSubscriptions({ ...parts, database: createMortalDatabase(database, statements) });
    await mortal.remind().catch((error: unknown) => assert.match(String(error), /killed/));
  }
  assert.deepEqual(await notices(database, 'subscription.reminder'), ['ends-in-7']);
});

law('every change is in the audit log with its actor', async (database) => {
  const { subscriptions, pay } = createWorld(database);
  await subscriptions.startTrial('usr_1', 'pro');
  await pay('pro', 'month');
  await subscriptions.cancel('usr_1');
  await subscriptions.suspend('usr_1', 'user:usr_admin');
  const rows = await database.query<{ actor: string; action: string }>(
    'SELECT actor, action FROM audit_log ORDER BY seq',
  );
  assert.deepEqual(
    rows.map(({ actor, action }) => `${actor} ${action}`),
    [
      'user:usr_1 subscription.trial-started',
      'user:usr_1 subscription.cancelled',
      'user:usr_admin subscription.suspended',
    ],
  );
});
