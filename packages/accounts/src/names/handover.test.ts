import assert from 'node:assert/strict';
import { Problem } from '@nostrata/http';
import { createKeys } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { createTown, dayMs, startMs } from './test-town.ts';

const law = await onEachEngine();

const refused = (code: string) => (error: unknown) => error instanceof Problem && error.code === code;

law('a name goes to the user of another key by an order that the old key signed', async (database) => {
  const town = await createTown(database);
  const [ann, bob] = [await town.user('ann'), createKeys('bob').pubkey];
  const { name } = await town.names.register(ann, { name: 'alice' });
  const about = { action: 'transfer', id: name.id, address: name.address, to: bob };
  await assert.rejects(town.names.transfer(ann.userId, name.id, town.order('ann', about)), refused('not-active'));
  await town.pay(name.id, ann.userId);
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: ann.pubkey } });
  const event = town.order('ann', about);
  assert.equal((await town.names.transfer(ann.userId, name.id, event)).pubkey, bob);
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: bob } });
  // Who gave it away has it no more; who got it, though never here before, has.
  await assert.rejects(town.names.get(ann.userId, name.id), refused('not-found'));
  const receiver = await town.user('bob');
  const [got] = (await town.names.list(receiver.userId)).items;
  assert.equal(got?.id, name.id);
  assert.equal(got?.paidUntil, new Date(Date.UTC(2027, 0, 15)).toISOString());
  const [change] = (await town.names.history(receiver.userId, name.id)).items.filter(
    ({ what }) => what === 'transferred',
  );
  assert.equal(change?.fromPubkey, ann.pubkey);
  assert.equal(change?.toPubkey, bob);
  assert.equal(JSON.parse(change?.evidence ?? '{}').id, event.id);
  assert.equal((await town.audited()).at(-1), 'name.transferred');
  for (const userId of [ann.userId, receiver.userId]) {
    assert.ok((await town.notes(userId)).some(({ what }) => what === 'transferred'));
  }
});

law('an order is good for one use, for its name, its action, this place and a short time', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  town.plans.set(ann.userId, { names: 2, until: null });
  const { name } = await town.names.register(ann, { name: 'alice' });
  const second = await town.names.register(ann, { name: 'second' });
  const { pubkey: to } = createKeys('ann later');
  const about = { action: 'rekey', id: name.id, address: name.address, to };
  const rekey = async (event: unknown) => await town.names.rekey(ann.userId, name.id, event);
  const bad: readonly unknown[] = [
    town.order('ann', { ...about, action: 'transfer' }),
    town.order('ann', { ...about, id: second.name.id }),
    town.order('ann', { ...about, address: 'second@example.com' }),
    town.order('ann', { ...about, u: 'https://elsewhere.example' }),
    town.order('ann', { ...about, to: 'npub1' }),
    town.order('ann', { ...about, to: ann.pubkey }),
    town.order('ann', { ...about, at: startMs - 11 * 60_000 }),
    town.order('ann', { ...about, at: startMs + 11 * 60_000 }),
    { ...town.order('ann', about), content: 'changed' },
    { ...town.order('ann', about), sig: '0'.repeat(128) },
    { ...town.order('ann', about), kind: 1 },
    { ...town.order('ann', about), tags: [...town.order('ann', about).tags, ['p', to]] },
    { ...town.order('ann', about), content: 'x'.repeat(9000) },
    null,
    'event',
    {},
  ];
  for (const [index, event] of bad.entries()) {
    await assert.rejects(rekey(event), refused('bad-event'), `case ${index}`);
  }
  await assert.rejects(rekey(town.order('eve', about)), refused('wrong-signer'));
  const event = town.order('ann', about);
  const results = await Promise.allSettled([rekey(event), rekey(event), rekey(event)]);
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: to } });
  // Back to the old key, which the order that was used would bring away again.
  const back = town.order('ann later', { ...about, to: ann.pubkey });
  await rekey(back);
  await assert.rejects(rekey(event), refused('used-event'));
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: ann.pubkey } });
  const kept = (await town.names.history(ann.userId, name.id)).items.filter(({ what }) => what === 'rekeyed');
  assert.equal(kept.length, 2);
});

law('a name of a plan goes to whom the plan has room for, however many are given at once', async (database) => {
  const town = await createTown(database);
  const [ann, bob] = [await town.user('ann'), await town.user('bob')];
  town.plans.set(ann.userId, { names: 3, until: null });
  const give = async (id: string, address: string) => {
    const event = town.order('ann', { action: 'transfer', id, address, to: bob.pubkey });
    return await town.names.transfer(ann.userId, id, event);
  };
  const names = [];
  for (const name of ['first', 'second', 'third']) names.push((await town.names.register(ann, { name })).name);
  await assert.rejects(give(names[0]?.id ?? '', 'first@example.com'), refused('plan-full'));
  town.plans.set(bob.userId, { names: 1, until: startMs + 10 * dayMs });
  const results = await Promise.allSettled(names.map(async ({ id, address }) => await give(id, address)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal((await town.names.list(bob.userId)).items.length, 1);
  assert.equal((await town.names.list(ann.userId)).items.length, 2);
});

law('an admin takes a name from a key that is in wrong hands: for another key, or for anybody', async (database) => {
  const town = await createTown(database);
  const [ann, eve] = [await town.user('ann'), await town.user('eve')];
  const { name } = await town.names.register(ann, { name: 'alice' });
  const other = await town.names.register(ann, { name: 'other' });
  for (const { id } of [name, other.name]) await town.pay(id, ann.userId);
  const { pubkey } = createKeys('ann anew');
  const given = await town.names.admin.release('user:usr_admin', name.id, { reason: 'the key was stolen', pubkey });
  assert.equal(given.paidUntil, new Date(Date.UTC(2027, 0, 15)).toISOString());
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: { alice: pubkey } });
  await assert.rejects(town.names.get(ann.userId, name.id), refused('not-found'));
  // The old key can neither renew nor order anything any more, and what it still pays is owed back.
  await assert.rejects(town.names.renew(ann.userId, name.id, { years: 1 }), refused('not-found'));
  assert.equal((await town.pay(name.id, ann.userId)).kind, 'refund');
  const released = await town.names.admin.release('operator', other.name.id, { reason: 'misuse' });
  assert.equal(released.phase, 'free');
  assert.deepEqual(await town.ask('example.com', 'other'), { names: {} });
  assert.equal((await town.pay(other.name.id, ann.userId)).kind, 'refund');
  assert.equal((await town.names.register(eve, { name: 'other' })).name.phase, 'held');
  const history = await town.names.admin.history(name.id);
  assert.equal(history.items.find(({ what }) => what === 'released')?.evidence, 'the key was stolen');
  assert.ok((await town.audited()).includes('name.released'));
  await assert.rejects(town.names.admin.release('operator', 'nam_none', { reason: 'none' }), refused('not-found'));
});

law('admins find names by address, key and user, page by page', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  town.plans.set(ann.userId, { names: 1000, until: null });
  for (let index = 0; index < 103; index += 1) {
    await town.names.register(ann, { name: `name-${index}` });
    town.clock.advance(index % 2);
  }
  const first = await town.names.admin.list({});
  assert.equal(first.items.length, 100);
  const rest = await town.names.admin.list({ cursor: first.next ?? '' });
  assert.equal(rest.next, null);
  const addresses = [...first.items, ...rest.items].map(({ address }) => address);
  assert.equal(new Set(addresses).size, 103);
  const found = async (search: string) => (await town.names.admin.list({ search })).items.length;
  assert.equal(await found('NAME-100@'), 1);
  assert.equal(await found('name_1'), 0);
  assert.equal(await found('%'), 0);
  assert.equal(await found(ann.pubkey), 100);
  assert.equal(await found(ann.userId), 100);
  await assert.rejects(town.names.admin.list({ cursor: `1' OR 1=1` }), refused('bad-cursor'));
});

law('a rule of an admin goes before the lists, for one host or for all', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  const { admin } = town.names;
  const rule = async (name: string, host: string) => (await town.names.check(ann, { name, host })).rule;
  await admin.putRule('operator', { host: '*', local: 'support', rule: 'standard' });
  await admin.putRule('operator', { host: 'example.com', local: 'support', rule: 'blocked' });
  await admin.putRule('operator', { host: '*', local: 'gold', rule: 'premium', priceMsat: 9_000 });
  assert.equal(await rule('support', 'example.com'), 'blocked');
  assert.equal(await rule('support', 'second.example.com'), 'standard');
  assert.deepEqual((await town.names.check(ann, { name: 'gold' })).price, { msat: 9_000 });
  const { items } = await admin.rules({});
  assert.deepEqual(
    items.map(({ local, host }) => `${local}@${host}`),
    ['gold@*', 'support@*', 'support@example.com'],
  );
  await admin.deleteRule('operator', { host: 'example.com', local: 'support' });
  assert.equal(await rule('support', 'example.com'), 'standard');
  await assert.rejects(admin.deleteRule('operator', { host: 'example.com', local: 'support' }), refused('not-found'));
  await assert.rejects(admin.putRule('operator', { host: '*', local: 'x', rule: 'premium' }), refused('bad-price'));
  await assert.rejects(
    admin.putRule('operator', { host: 'nowhere.example', local: 'x', rule: 'blocked' }),
    refused('unknown-host'),
  );
  assert.equal((await town.audited()).filter((action) => action.startsWith('name-rule.')).length, 4);
});

law(
  'a request to vanish says nothing of names that its author took afterwards, however often it is read',
  async (database) => {
    const town = await createTown(database);
    const [ann, bob] = [await town.user('ann'), await town.user('bob')];
    for (const { userId } of [ann, bob]) town.plans.set(userId, { names: 2, until: null });
    const asked = town.clock.now();
    town.clock.advance(60_000);
    const own = await town.names.register(ann, { name: 'alice' });
    const given = await town.names.register(bob, { name: 'bob' });
    const order = town.order('bob', {
      id: given.name.id,
      address: given.name.address,
      action: 'rekey',
      to: ann.pubkey,
    });
    await town.names.rekey(bob.userId, given.name.id, order);
    const before = await database.query('SELECT * FROM name_change ORDER BY id');
    assert.equal(await town.names.eraseForPubkey(ann.pubkey, asked), 0);
    assert.deepEqual(await database.query('SELECT * FROM name_change ORDER BY id'), before);
    assert.equal((await town.names.get(ann.userId, own.name.id)).phase, 'active');
    assert.equal(await town.names.eraseForPubkey(ann.pubkey, town.clock.now()), 2);
  },
);

law('erasing leaves what shows that a name was paid for', async (database) => {
  const town = await createTown(database);
  const ann = await town.user('ann');
  const { name } = await town.names.register(ann, { name: 'alice' });
  await town.pay(name.id, ann.userId);
  const sql = `SELECT evidence FROM name_change WHERE what = 'paid'`;
  const before = await database.query(sql);
  assert.equal(before.length, 1);
  assert.equal(await town.names.eraseForPubkey(ann.pubkey, town.clock.now()), 1);
  assert.deepEqual(await database.query(sql), before);
});

law('who asks to vanish has no name any more, and nothing of them is left in the history', async (database) => {
  const town = await createTown(database);
  const [ann, eve] = [await town.user('ann'), await town.user('eve')];
  town.plans.set(ann.userId, { names: 2, until: null });
  const { name } = await town.names.register(ann, { name: 'alice', relays: ['wss://relay.example.com'] });
  const later = createKeys('ann later').pubkey;
  const about = { id: name.id, address: name.address };
  await town.names.rekey(ann.userId, name.id, town.order('ann', { ...about, action: 'rekey', to: later }));
  assert.equal(await town.names.eraseForPubkey(later, town.clock.now()), 1);
  assert.equal(await town.names.eraseForPubkey(ann.pubkey, town.clock.now()), 0);
  assert.deepEqual(await town.ask('example.com', 'alice'), { names: {} });
  const rows = [
    ...(await database.query('SELECT * FROM name')),
    ...(await database.query('SELECT * FROM name_change')),
    ...(await database.query('SELECT * FROM audit_log')),
    ...(await database.query('SELECT * FROM notice')),
  ];
  for (const secret of [ann.pubkey, later, 'relay.example.com']) assert.ok(!JSON.stringify(rows).includes(secret));
  await assert.rejects(town.names.register(ann, { name: 'alice' }), refused('name-taken'));
  town.clock.advance(30 * dayMs);
  assert.equal((await town.names.register(eve, { name: 'alice' })).name.phase, 'held');
});
