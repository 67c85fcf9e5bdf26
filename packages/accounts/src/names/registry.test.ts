import assert from 'node:assert/strict';
import { Problem } from '@nostrata/http';
import { createKeys } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import type { NameUser } from './contract.ts';
import { createTown, dayMs, startMs } from './test-town.ts';

const law = await onEachEngine();

const refused = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;
const minuteMs = 60_000;

law('of twenty buyers of one name at once exactly one holds it, and the others are told', async (database) => {
  const town = await createTown(database);
  const users: NameUser[] = [];
  for (let index = 0; index < 20; index += 1) users.push(await town.user(`buyer ${index}`));
  const race = async () =>
    await Promise.allSettled(users.map((user) => town.names.register(user, { name: 'satoshi' })));
  for (const round of [1, 2]) {
    const results = await race();
    const won = results.filter(({ status }) => status === 'fulfilled');
    assert.equal(won.length, 1, `round ${round}`);
    for (const result of results) {
      if (result.status === 'rejected') {
        assert.ok(refused('name-taken')(result.reason), String(result.reason));
        assert.equal(result.reason.status, 409);
      }
    }
    const rows = await database.query(`SELECT id FROM name WHERE local = 'satoshi' AND is_current = 1`);
    assert.equal(rows.length, 1);
    // When the hold has run out, the next twenty have the same chance.
    town.clock.advance(2 * 60 * minuteMs);
  }
  assert.equal((await database.query('SELECT id FROM name')).length, 2);
});

law('a plan covers so many names at a time, however many are asked for at once', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  town.plans.set(ann.userId, { names: 3, until: startMs + 40 * dayMs });
  const wanted = Array.from({ length: 10 }, (_, index) => `name-${index}`);
  const results = await Promise.allSettled(wanted.map((name) => town.names.register(ann, { name })));
  const answers = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const covered = answers.filter(({ name }) => name.coverage === 'plan');
  assert.equal(covered.length, 3);
  for (const { name, payment } of covered) {
    assert.equal(name.phase, 'active');
    assert.equal(payment, null);
  }
  assert.equal((await town.names.check(ann, { name: 'another' })).coveredByPlan, false);
  // The next one has to be paid for.
  const paid = await town.names.register(ann, { name: 'another' });
  assert.equal(paid.name.coverage, 'paid');
  assert.equal(paid.name.phase, 'held');
  assert.ok(paid.payment);
});

law('a name is held for a quarter of an hour, and to the end of its invoice once one is open', async (database) => {
  const town = await createTown(database);
  const [ann, bob] = [await town.user('ann'), await town.user('bob')];
  const { name, payment } = await town.names.register(ann, { name: 'alice' });
  assert.equal(name.heldUntil, new Date(startMs + 60 * minuteMs).toISOString());
  assert.equal((payment as unknown as { price: number }).price, 21_000_000);
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: {} });
  const { available, reason } = await town.names.check(bob, { name: 'alice' });
  assert.equal(available, false);
  assert.match(reason ?? '', /about to pay/);
  town.clock.advance(60 * minuteMs - 1);
  await assert.rejects(town.names.register(bob, { name: 'ALICE' }), refused('name-taken'));
  town.clock.advance(1);
  assert.equal((await town.names.check(bob, { name: 'alice' })).available, true);
  assert.equal((await town.names.register(bob, { name: 'ALICE' })).name.address, 'alice@example.com');
  assert.deepEqual((await town.names.list(ann.userId)).items, []);
  await assert.rejects(town.names.get(ann.userId, name.id), refused('not-found'));
});

law('a hold whose payment cannot be opened ends at once', async (database) => {
  const town = await createTown(database);
  const [ann, bob] = [await town.user('ann'), await town.user('bob')];
  town.till.fault = new Problem(502, 'provider-down', 'the provider does not answer');
  await assert.rejects(town.names.register(ann, { name: 'alice' }), refused('provider-down'));
  town.till.fault = undefined;
  assert.equal((await town.names.register(bob, { name: 'alice' })).name.phase, 'held');
});

law('a paid name is served at once, through its grace, and not a moment longer', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  const relays = ['wss://relay.example.com/'];
  const { name } = await town.names.register(ann, { name: 'alice', years: 2, relays });
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: {} });
  const granted = await town.pay(name.id, ann.userId, 2);
  assert.equal(granted.kind, 'granted');
  const expected = { names: { alice: ann.pubkey }, relays: { [ann.pubkey]: ['wss://relay.example.com'] } };
  assert.deepEqual(await town.ask('example.com', 'alice'), expected);
  assert.deepEqual(await town.ask('second.example.com', 'alice'), { names: {} });
  const paidUntil = Date.UTC(2028, 0, 15);
  assert.equal((await town.names.get(ann.userId, name.id)).paidUntil, new Date(paidUntil).toISOString());
  town.clock.set(paidUntil + 30 * dayMs - 1);
  assert.equal((await town.names.get(ann.userId, name.id)).phase, 'grace');
  assert.deepEqual(await town.ask('example.com', 'alice'), expected);
  // The answer was kept a millisecond ago, and still it is not given any more.
  town.clock.advance(1);
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: {} });
  assert.equal((await town.names.get(ann.userId, name.id)).phase, 'expired');
});

law('what ran out can be had by its holder alone until the quarantine ends, then by anybody', async (database) => {
  const town = await createTown(database);
  const [ann, bob] = [await town.user('ann'), await town.user('bob')];
  const { name } = await town.names.register(ann, { name: 'alice' });
  await town.pay(name.id, ann.userId);
  const paidUntil = Date.UTC(2027, 0, 15);
  town.clock.set(paidUntil + 40 * dayMs);
  assert.equal((await town.names.get(ann.userId, name.id)).phase, 'quarantine');
  await assert.rejects(town.names.register(bob, { name: 'alice' }), refused('name-taken'));
  const back = await town.names.register(ann, { name: 'alice' });
  assert.equal(back.name.id, name.id);
  await town.pay(name.id, ann.userId);
  assert.equal((await town.names.get(ann.userId, name.id)).phase, 'active');
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: ann.pubkey } });
  const again = Date.parse((await town.names.get(ann.userId, name.id)).freeAt ?? '');
  town.clock.set(again);
  const sold = await town.names.register(bob, { name: 'alice' });
  await town.pay(sold.name.id, bob.userId);
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: bob.pubkey } });
});

law('a name that was given up can be registered again after its quarantine', async (database) => {
  const town = await createTown(database);
  const [ann, bob] = [await town.user('ann'), await town.user('bob')];
  town.plans.set(ann.userId, { names: 1, until: null });
  town.plans.set(bob.userId, { names: 1, until: null });
  const { name } = await town.names.register(ann, { name: 'alice' });
  await town.names.giveUp(ann.userId, name.id);
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: {} });
  await assert.rejects(town.names.register(bob, { name: 'alice' }), refused('name-taken'));
  await assert.rejects(town.names.giveUp(ann.userId, name.id), refused('not-found'));
  const back = await town.names.register(ann, { name: 'alice' });
  assert.equal(back.name.phase, 'active');
  await town.names.giveUp(ann.userId, name.id);
  town.clock.advance(30 * dayMs);
  assert.equal((await town.names.register(bob, { name: 'alice' })).name.phase, 'active');
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: bob.pubkey } });
});

law('a late payment is honoured while the name is free, and owed back where somebody else has it', async (database) => {
  const town = await createTown(database);
  const [ann, bob, eve] = [await town.user('ann'), await town.user('bob'), await town.user('eve')];
  const first = await town.names.register(ann, { name: 'alice' });
  const second = await town.names.register(ann, { name: 'other' });
  const third = await town.names.register(ann, { name: 'third' });
  town.clock.advance(5 * 60 * minuteMs);
  await town.names.sweep();
  // Nobody took the first. Bob has the second. Eve held the third and let it go.
  const taken = await town.names.register(bob, { name: 'other' });
  await town.names.register(eve, { name: 'third' });
  town.clock.advance(5 * 60 * minuteMs);
  assert.equal((await town.pay(first.name.id, ann.userId)).kind, 'granted');
  assert.equal((await town.pay(taken.name.id, bob.userId)).kind, 'granted');
  const owed = await town.pay(second.name.id, ann.userId);
  assert.equal(owed.kind, 'refund');
  const late = await town.pay(third.name.id, ann.userId);
  assert.equal(late.kind, 'granted');
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: ann.pubkey } });
  assert.deepEqual(await town.ask('example.com', 'other'), { names: { other: bob.pubkey } });
  assert.deepEqual(await town.ask('example.com', 'third'), { names: { third: ann.pubkey } });
  const ids = (await town.names.list(ann.userId)).items.map(({ address }) => address);
  assert.deepEqual(ids.toSorted(), ['alice@example.com', 'third@example.com']);
});

law('two payments of one name are two times the years, one after the other or at once', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  const { name } = await town.names.register(ann, { name: 'alice' });
  await Promise.all([
    town.pay(name.id, ann.userId, 1),
    town.pay(name.id, ann.userId, 2),
    town.pay(name.id, ann.userId, 3),
  ]);
  assert.equal((await town.names.get(ann.userId, name.id)).paidUntil, new Date(Date.UTC(2032, 0, 15)).toISOString());
  await assert.rejects(town.names.renew(ann.userId, name.id, { years: 5 }), refused('paid-far-ahead'));
  await town.names.renew(ann.userId, name.id, { years: 4 });
});

law(
  'reserved and blocked names, and what looks like them, are not sold; prices follow length and rules',
  async (database) => {
    const town = await createTown(database, {
      reserved: ['fiatjaf'],
      blocked: ['scam'],
      premium: [{ local: 'bitcoin', price: { msat: 5_000_000_000 } }],
    });
    const ann = await town.user('ann');
    const admin = await town.user('root', 'admin');
    for (const name of ['admin', 'supp0rt', 'Post-Master', 'fiatjaf', 'r00t']) {
      await assert.rejects(town.names.register(ann, { name }), refused('name-reserved'), name);
    }
    await assert.rejects(town.names.register(ann, { name: 'scam' }), refused('name-blocked'));
    await assert.rejects(town.names.register(admin, { name: 'scam' }), refused('name-blocked'));
    await assert.rejects(town.names.register(ann, { name: '_' }), refused('name-reserved'));
    await assert.rejects(town.names.register(ann, { name: 'ab' }), refused('not-for-sale'));
    await assert.rejects(
      town.names.register(ann, { name: 'constructor', host: 'nowhere.example' }),
      refused('unknown-host'),
    );
    const price = async (name: string) => (await town.names.check(ann, { name })).price?.msat;
    assert.deepEqual(
      [await price('abc'), await price('abcd'), await price('abcde'), await price('bitcoin'), await price('ab')],
      [2_100_000_000, 210_000_000, 21_000_000, 5_000_000_000, undefined],
    );
    town.plans.set(ann.userId, { names: 5, until: null });
    assert.equal((await town.names.check(ann, { name: 'bitcoin' })).coveredByPlan, false);
    assert.equal((await town.names.register(ann, { name: 'bitcoin' })).name.coverage, 'paid');
    for (const name of ['_', 'admin']) {
      assert.equal((await town.names.register(admin, { name })).name.coverage, 'granted');
    }
    assert.deepEqual(await town.ask('example.com', '_'), { names: { _: admin.pubkey } });
  },
);

law('on a domain of their own users have any name by their plan; others have none there', async (database) => {
  const town = await createTown(database);
  const [ann, bob] = [await town.user('ann'), await town.user('bob')];
  town.plans.set(ann.userId, { names: 3, until: null });
  town.plans.set(bob.userId, { names: 3, until: null });
  town.owners.set('ann.example', ann.userId);
  for (const name of ['_', 'admin', 'ab']) {
    assert.equal((await town.names.register(ann, { name, host: 'ann.example' })).name.coverage, 'plan');
  }
  await assert.rejects(town.names.register(bob, { name: 'bob', host: 'ann.example' }), refused('unknown-host'));
  assert.deepEqual(await town.ask('ann.example', 'admin'), { names: { admin: ann.pubkey } });
  assert.deepEqual(await town.ask('ANN.example:443'.toLowerCase(), '_'), { names: { _: ann.pubkey } });
  assert.deepEqual((await town.names.hosts(ann)).items.at(-1), { host: 'ann.example', kind: 'own' });
  // The domain is sold: its names are served no more, and the new owner begins anew.
  town.owners.set('ann.example', bob.userId);
  town.clock.advance(minuteMs);
  assert.deepEqual(await town.ask('ann.example', 'admin'), { names: {} });
  await town.names.register(bob, { name: 'admin', host: 'ann.example' });
  assert.deepEqual(await town.ask('ann.example', 'admin'), { names: { admin: bob.pubkey } });
  town.owners.delete('ann.example');
  town.clock.advance(minuteMs);
  assert.deepEqual(await town.ask('ann.example', 'admin'), { names: {} });
});

law('a name of a plan ends with the plan; who goes to a smaller plan keeps the oldest', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  const until = startMs + 30 * dayMs;
  town.plans.set(ann.userId, { names: 2, until });
  await town.names.register(ann, { name: 'first' });
  town.clock.advance(1000);
  await town.names.register(ann, { name: 'second' });
  town.plans.set(ann.userId, { names: 1, until });
  town.clock.advance(minuteMs);
  assert.deepEqual(Object.keys((await town.ask('example.com', 'first')).names), ['first']);
  assert.deepEqual(await town.ask('example.com', 'second'), { names: {} });
  town.plans.set(ann.userId, { names: 0, until });
  town.clock.set(until);
  assert.deepEqual(await town.ask('example.com', 'first'), { names: {} });
  town.clock.set(until + 37 * dayMs);
  await town.names.sweep();
  assert.deepEqual((await town.names.list(ann.userId)).items, []);
});

law('what is not one’s own is not found, and pubkeys and relays are looked at', async (database) => {
  const town = await createTown(database);
  const [ann, bob] = [await town.user('ann'), await town.user('bob')];
  town.plans.set(ann.userId, { names: 9, until: null });
  const { name } = await town.names.register(ann, { name: 'alice' });
  for (const attempt of [
    () => town.names.get(bob.userId, name.id),
    () => town.names.history(bob.userId, name.id),
    () => town.names.setRelays(bob.userId, name.id, []),
    () => town.names.giveUp(bob.userId, name.id),
    () => town.names.renew(bob.userId, name.id, { years: 1 }),
    () => town.names.granter.quote(bob.userId, { kind: 'name', nameId: name.id, years: 1 }),
    () => town.names.transfer(bob.userId, name.id, {}),
    () => town.names.rekey(bob.userId, name.id, {}),
  ]) {
    await assert.rejects(attempt, refused('not-found'));
  }
  for (const relay of ['https://relay.example.com', 'wss://127.0.0.1', 'ws://localhost', 'nonsense']) {
    await assert.rejects(town.names.setRelays(ann.userId, name.id, [relay]), refused('bad-relay'), relay);
  }
  const wallet: NameUser = { ...ann, pubkey: undefined };
  await assert.rejects(town.names.register(wallet, { name: 'second' }), refused('bad-pubkey'));
  const { pubkey } = createKeys('other');
  assert.equal((await town.names.register(wallet, { name: 'second', pubkey })).name.pubkey, pubkey);
  await assert.rejects(town.names.register(ann, { name: 'alice' }), refused('already-yours'));
});

law('nobody holds many names without paying', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  const wanted = Array.from({ length: 12 }, (_, index) => `hoard-${index}`);
  const results = await Promise.allSettled(wanted.map((name) => town.names.register(ann, { name })));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 5);
});

law('every change of a name stands in the audit log and its history', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  town.plans.set(ann.userId, { names: 1, until: null });
  const { name } = await town.names.register(ann, { name: 'alice' });
  await town.names.setRelays(ann.userId, name.id, ['wss://relay.example.com']);
  const history = await town.names.history(ann.userId, name.id);
  await town.names.giveUp(ann.userId, name.id);
  assert.deepEqual(await town.audited(), ['name.registered', 'name.relays-changed', 'name.given-up']);
  assert.deepEqual(
    history.items.map(({ what }) => what),
    ['registered'],
  );
  assert.deepEqual((await town.notes(ann.userId)).map(({ phase }) => phase).toSorted(), ['active', 'quarantine']);
});
