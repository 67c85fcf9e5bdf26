import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import { createKeys, createMortalDatabase } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import {
  askAndSign,
  bearer,
  createWallet,
  type MeAnswer,
  signInAs,
  startWithWallets,
  type TestWallet,
} from './test-sign-in.ts';

const law = await onEachEngine();

type Test = ReturnType<typeof startWithWallets>;

async function sendLink(test: Test, { token, wallet, seed }: { token: string; wallet: TestWallet; seed: string }) {
  const tags = [
    ['domain', 'example.com'],
    ['linking-key', wallet.key],
  ];
  return await test.send('link', { headers: bearer(token), body: { event: await askAndSign(test, { seed, tags }) } });
}

async function give(database: Database, userId: string): Promise<void> {
  await database.query(
    `INSERT INTO entitlement (payment_id, user_id, purchase, granted, at_ms) VALUES ($1, $2, '{}', '{}', 1)`,
    [`pay_${userId}`, userId],
  );
}

async function users(database: Database): Promise<(string | null)[]> {
  const rows = await database.query<{ pubkey: string | null }>('SELECT pubkey FROM account_user ORDER BY id');
  return rows.map(({ pubkey }) => pubkey);
}

law('who is signed in by a wallet takes a key on by an event of that key', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const { token, user } = await test.signInWith(wallet);
  const me = (await sendLink(test, { token, wallet, seed: 'alice' })).json<MeAnswer>();
  assert.deepEqual([me.id, me.pubkey, me.linkingKeys[0]?.key], [user.id, createKeys('alice').pubkey, wallet.key]);
  assert.equal((await signInAs(test, 'alice')).user.id, user.id);
  assert.equal((await test.signInWith(wallet)).user.id, user.id);
  const [entry] = await database.query(`SELECT action, actor FROM audit_log`);
  assert.deepEqual({ ...entry }, { action: 'user.linked', actor: `user:${user.id}` });
  assert.equal((await sendLink(test, { token, wallet, seed: 'alice' })).status, 200);
  assert.equal((await database.query('SELECT seq FROM audit_log')).length, 1);
});

law('who is signed in by a key takes a wallet on that signed a code for it', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const { token, user } = await signInAs(test, 'alice');
  assert.equal((await sendLink(test, { token, wallet, seed: 'alice' })).status, 403);
  // Another person's wallet that signed in is no wallet that agreed.
  await test.signInWith(wallet);
  assert.equal((await sendLink(test, { token, wallet, seed: 'alice' })).status, 403);
  const code = await test.ask('link', bearer(token));
  assert.equal((await sendLink(test, { token, wallet, seed: 'alice' })).status, 403);
  await test.answer(code, wallet);
  assert.equal((await sendLink(test, { token, wallet: createWallet('bob'), seed: 'alice' })).status, 403);
  const linked = await sendLink(test, { token, wallet, seed: 'alice' });
  assert.equal(linked.status, 200, linked.text);
  assert.deepEqual((await test.poll(code)).json(), { state: 'expired' });
  assert.equal((await test.signInWith(wallet)).user.id, user.id);
  assert.deepEqual(await users(database), [createKeys('alice').pubkey]);
});

law('a wallet that nobody knows is linked without a user of its own', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('new');
  const { token, user } = await signInAs(test, 'alice');
  await test.answer(await test.ask('link', bearer(token)), wallet);
  assert.equal(
    (await sendLink(test, { token, wallet, seed: 'alice' })).json<MeAnswer>().linkingKeys[0]?.key,
    wallet.key,
  );
  assert.equal((await test.signInWith(wallet)).user.id, user.id);
});

law('the one of two users that owns something stays, and all sessions with it', async (database) => {
  for (const owner of ['wallet', 'pubkey', 'nobody'] as const) {
    const test = startWithWallets(database);
    const seed = `owner ${owner}`;
    const wallet = createWallet(seed);
    const byKey = await signInAs(test, seed);
    const byWallet = await test.signInWith(wallet);
    const kept = owner === 'wallet' ? byWallet : byKey;
    if (owner !== 'nobody') await give(database, kept.user.id);
    const reply = await sendLink(test, { token: byWallet.token, wallet, seed });
    assert.equal(reply.json<MeAnswer>().id, kept.user.id, owner);
    for (const { token } of [byKey, byWallet]) {
      const me = (await test.send('me', { headers: bearer(token) })).json<MeAnswer>();
      assert.deepEqual([me.id, me.pubkey], [kept.user.id, createKeys(seed).pubkey], owner);
    }
    assert.equal((await signInAs(test, seed)).user.id, kept.user.id);
    assert.equal((await test.signInWith(wallet)).user.id, kept.user.id);
  }
});

law('two users that both own something are not joined', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const byKey = await signInAs(test, 'alice');
  const byWallet = await test.signInWith(wallet);
  for (const { user } of [byKey, byWallet]) await give(database, user.id);
  const reply = await sendLink(test, { token: byWallet.token, wallet, seed: 'alice' });
  assert.deepEqual([reply.status, reply.json().error], [409, 'both-own']);
  assert.equal((await test.signInWith(wallet)).user.id, byWallet.user.id);
  assert.equal((await signInAs(test, 'alice')).user.id, byKey.user.id);
  assert.equal((await database.query('SELECT seq FROM audit_log')).length, 0);
});

law(
  'a link takes the consent of both: a stranger, another key, and an event used before join nothing',
  async (database) => {
    const test = startWithWallets(database);
    const wallet = createWallet('alice');
    const byWallet = await test.signInWith(wallet);
    const stranger = await signInAs(test, 'mallory');
    assert.equal((await sendLink(test, { token: stranger.token, wallet, seed: 'alice' })).status, 403);
    assert.equal((await sendLink(test, { token: stranger.token, wallet, seed: 'mallory' })).status, 403);
    const withoutWallet = await askAndSign(test, { tags: [['domain', 'example.com']] });
    const headers = bearer(byWallet.token);
    assert.equal((await test.send('link', { headers, body: { event: withoutWallet } })).status, 401);
    const withoutDomain = await askAndSign(test, { tags: [['linking-key', wallet.key]] });
    assert.equal((await test.send('link', { headers, body: { event: withoutDomain } })).status, 401);
    const tags = [
      ['domain', 'example.com'],
      ['linking-key', wallet.key],
    ];
    const event = await askAndSign(test, { tags });
    assert.equal((await test.send('link', { body: { event } })).status, 401);
    assert.equal((await test.send('link', { headers, body: { event } })).status, 200);
    assert.equal((await test.send('link', { headers, body: { event } })).status, 401);
    // The wallet is Alice's now: no other key gets it.
    const other = await sendLink(test, { token: byWallet.token, wallet, seed: 'bob' });
    assert.deepEqual([other.status, other.json().error], [409, 'linked']);
  },
);

law('a suspended user is not joined with anybody, and a role is not lost', async (database) => {
  const test = startWithWallets(database);
  const wallet = createWallet('alice');
  const byKey = await signInAs(test, 'alice');
  const byWallet = await test.signInWith(wallet);
  await give(database, byWallet.user.id);
  const setKey = async (column: 'state' | 'role', value: string) =>
    await database.query(`UPDATE account_user SET ${column} = $1 WHERE id = $2`, [value, byKey.user.id]);
  await setKey('state', 'suspended');
  assert.equal((await sendLink(test, { token: byWallet.token, wallet, seed: 'alice' })).status, 403);
  await setKey('state', 'active');
  await setKey('role', 'admin');
  const me = (await sendLink(test, { token: byWallet.token, wallet, seed: 'alice' })).json<MeAnswer>();
  assert.deepEqual([me.id, me.role], [byWallet.user.id, 'admin']);
});

law('a key that signs in for the first time while it is linked is one user afterwards', async (database) => {
  const test = startWithWallets(database);
  for (let round = 0; round < 4; round++) {
    const seed = `round ${round}`;
    const wallet = createWallet(seed);
    const { token } = await test.signInWith(wallet);
    const event = await askAndSign(test, { seed });
    const [linked] = await Promise.all([
      sendLink(test, { token, wallet, seed }),
      test.send('verify', { body: { event } }),
    ]);
    assert.equal(linked.status, 200, linked.text);
    assert.equal((await signInAs(test, seed)).user.id, (await test.signInWith(wallet)).user.id);
  }
  assert.equal((await users(database)).length, 4);
});

law('a wallet that is linked to two keys at once is linked to one of them', async (database) => {
  const test = startWithWallets(database);
  for (let round = 0; round < 3; round++) {
    const wallet = createWallet(`round ${round}`);
    const { token, user } = await test.signInWith(wallet);
    const seeds = Array.from({ length: 6 }, (_, index) => `key ${round} ${index}`);
    // Some of the keys have users already, and some of these own something.
    const existing = await signInAs(test, seeds[0] ?? '');
    await signInAs(test, seeds[1] ?? '');
    await give(database, existing.user.id);
    const replies = await Promise.all(seeds.map((seed) => sendLink(test, { token, wallet, seed })));
    assert.ok(
      replies.every(({ status }) => [200, 401, 403, 409].includes(status)),
      replies.map(({ text }) => text).join(),
    );
    const linked = seeds.filter((_, index) => replies[index]?.status === 200);
    assert.equal(linked.length, 1);
    const owner = (await test.signInWith(wallet)).user;
    assert.equal(owner.pubkey, createKeys(linked[0] ?? '').pubkey);
    assert.equal(owner.id, (await signInAs(test, linked[0] ?? '')).user.id);
    assert.ok(linked[0] === seeds[0] || linked[0] === seeds[1] || owner.id === user.id);
  }
});

law('a process that dies while it links has linked wholly or not at all', async (database) => {
  for (let statements = 1, isDone = false; !isDone; statements++) {
    const seed = `death ${statements}`;
    const wallet = createWallet(seed);
    const test = startWithWallets(database);
    const byKey = await signInAs(test, seed);
    const byWallet = await test.signInWith(wallet);
    const tags = [
      ['domain', 'example.com'],
      ['linking-key', wallet.key],
    ];
    const event = await askAndSign(test, { seed, tags });
    const dying = startWithWallets(createMortalDatabase(database, statements));
    const reply = await dying.send('link', { headers: bearer(byWallet.token), body: { event } });
    const linkedRows = await database.query('SELECT seq FROM audit_log WHERE entity = $1', [`user:${byKey.user.id}`]);
    const [wholly, notAtAll] = [
      [byKey.user.id, byKey.user.id],
      [byKey.user.id, byWallet.user.id],
    ];
    const now = [(await signInAs(test, seed)).user.id, (await test.signInWith(wallet)).user.id];
    assert.deepEqual(now, linkedRows.length === 1 ? wholly : notAtAll, `${statements} statements`);
    isDone = reply.status === 200;
    assert.ok(!isDone || linkedRows.length === 1);
    assert.ok(statements < 60);
  }
});
