import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachEngine } from '../test-engines.ts';
import { readPlace } from './settings.ts';
import { askAndSign, bearer, type MeAnswer, origin, signChallenge, signInAs, startSignIn } from './test-sign-in.ts';

const law = await onEachEngine();

law('who signs a challenge is signed in, as the same user every time', async (database) => {
  const test = startSignIn(database);
  const first = await signInAs(test, 'alice');
  const second = await signInAs(test, 'alice');
  assert.equal(first.user.id, second.user.id);
  assert.notEqual(first.token, second.token);
  assert.match(first.user.npub ?? '', /^npub1/);
  const me = (await test.send('me', { headers: bearer(first.token) })).json<MeAnswer>();
  assert.deepEqual([me.id, me.session?.method, me.csrfToken], [first.user.id, 'challenge', null]);
  assert.notEqual((await signInAs(test, 'bob')).user.id, me.id);
});

law('fifty requests with one signed challenge open one session', async (database) => {
  const test = startSignIn(database);
  const event = await askAndSign(test);
  const replies = await Promise.all(Array.from({ length: 50 }, () => test.send('verify', { body: { event } })));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, ...Array.from({ length: 49 }, () => 401)]);
  assert.equal((await database.query('SELECT id FROM session')).length, 1);
  assert.equal((await database.query('SELECT id FROM account_user')).length, 1);
});

law('fifty first sign-ins of one key at once make one user', async (database) => {
  const test = startSignIn(database);
  const events = await Promise.all(Array.from({ length: 50 }, () => askAndSign(test)));
  const replies = await Promise.all(events.map((event) => test.send('verify', { body: { event } })));
  assert.ok(replies.every(({ status }) => status === 200));
  assert.equal((await database.query('SELECT id FROM account_user')).length, 1);
});

law('a challenge is good for five minutes, at the place it was made, for what it was signed for', async (database) => {
  const test = startSignIn(database);
  const { challenge } = (await test.send('challenge', { body: {} })).json<{ challenge: string }>();
  const tags = [['domain', 'example.com']];
  const wrong: Record<string, Parameters<typeof signChallenge>[1]> = {
    'another kind': { kind: 27_235 },
    'no relay': { relay: null },
    'the relay of somebody who passes challenges on': { relay: 'wss://evil.example/' },
    'a relay whose name begins like ours': { relay: 'wss://example.com.evil.example/' },
    'two relays': { tags: [['relay', 'wss://example.com/']] },
    'two challenges': { tags: [['challenge', challenge]] },
    'another domain': { tags: [['domain', 'evil.example']] },
    'two domains': { tags: [...tags, ...tags] },
    'a wallet to link': { tags: [['linking-key', `02${'0'.repeat(64)}`]] },
    'eleven minutes ago': { seconds: test.clock.seconds() - 601 },
    'in eleven minutes': { seconds: test.clock.seconds() + 601 },
  };
  for (const [what, options] of Object.entries(wrong)) {
    const reply = await test.send('verify', { body: { event: signChallenge(challenge, options) } });
    assert.equal(reply.status, 401, what);
  }
  const forged = { ...signChallenge(challenge), pubkey: signChallenge(challenge, { seed: 'bob' }).pubkey };
  assert.equal((await test.send('verify', { body: { event: forged } })).status, 401);
  const unknown = await test.send('verify', { body: { event: signChallenge('0'.repeat(64)) } });
  assert.equal(unknown.status, 401);
  // Nothing of all this has used it up.
  test.clock.advance(5 * 60_000 - 1);
  const good = signChallenge(challenge, { tags, seconds: test.clock.seconds() - 600, relay: 'wss://example.com' });
  assert.equal((await test.send('verify', { body: { event: good } })).status, 200);
  const late = await askAndSign(test);
  test.clock.advance(5 * 60_000);
  assert.equal((await test.send('verify', { body: { event: late } })).status, 401);
});

law('challenges of another installation in the same database are not ours', async (database) => {
  const test = startSignIn(database);
  const other = startSignIn(database, { settings: { origin: 'https://other.example', admins: [] } });
  const event = await askAndSign(test);
  const { challenge } = (await other.send('challenge', { body: {} })).json<{ challenge: string }>();
  assert.equal((await test.send('verify', { body: { event: signChallenge(challenge) } })).status, 401);
  assert.equal((await other.send('verify', { body: { event } })).status, 401);
  assert.equal((await test.send('verify', { body: { event } })).status, 200);
});

law('somebody who is suspended, or has a role or state that nobody knows, is refused everywhere', async (database) => {
  const test = startSignIn(database);
  const { token, user } = await signInAs(test, 'alice');
  for (const [column, value] of [
    ['state', 'suspended'],
    ['state', 'whatever'],
    ['role', 'root'],
    ['role', ''],
  ] as const) {
    const [before] = await database.query(`SELECT ${column} FROM account_user WHERE id = $1`, [user.id]);
    await database.query(`UPDATE account_user SET ${column} = $1 WHERE id = $2`, [value, user.id]);
    assert.equal((await test.send('me', { headers: bearer(token) })).status, 403, value);
    assert.equal((await test.send('refresh', { headers: bearer(token), body: {} })).status, 403, value);
    assert.equal((await test.send('verify', { body: { event: await askAndSign(test) } })).status, 403, value);
    await database.query(`UPDATE account_user SET ${column} = $1 WHERE id = $2`, [before?.[column] ?? '', user.id]);
  }
  assert.equal((await test.send('me', { headers: bearer(token) })).status, 200);
  assert.equal((await database.query('SELECT id FROM session')).length, 1);
});

law('the admins of the settings are admins from the start, and nobody else is', async (database) => {
  const pubkey = signChallenge('x', { seed: 'root' }).pubkey;
  const test = startSignIn(database, { settings: { origin, admins: [pubkey] } });
  assert.equal((await signInAs(test, 'root')).user.role, 'user');
  await test.signIn.appointAdmins();
  await test.signIn.appointAdmins();
  assert.equal((await signInAs(test, 'root')).user.role, 'admin');
  assert.equal((await signInAs(test, 'alice')).user.role, 'user');
  const entries = await database.query('SELECT actor, action, details FROM audit_log');
  assert.deepEqual(
    entries.map((entry) => ({ ...entry })),
    [{ actor: 'operator', action: 'user.role', details: '{"from":"user","to":"admin"}' }],
  );
});

law('an empty list of admins makes nobody one, not even the wallets without a pubkey', async (database) => {
  const test = startSignIn(database);
  await test.signIn.appointAdmins();
  await database.query(
    `INSERT INTO account_user (id, pubkey, role, state, created_ms) VALUES ('usr_w', NULL, 'user', 'active', 1)`,
  );
  await test.signIn.appointAdmins();
  assert.equal((await database.query(`SELECT id FROM account_user WHERE role <> 'user'`)).length, 0);
});

test('settings that would let everybody in, or send tokens in the clear, stop the start', () => {
  for (const admins of [[''], ['npub1xyz'], ['AB'.repeat(32)], [`${'ab'.repeat(32)} `]]) {
    assert.throws(() => readPlace({ origin, admins }), RangeError);
  }
  for (const wrong of [
    '',
    'example.com',
    'http://example.com',
    'https://example.com/',
    'https://example.com/a',
    'ftp://a',
  ]) {
    assert.throws(() => readPlace({ origin: wrong, admins: [] }), RangeError, wrong);
  }
  assert.equal(readPlace({ origin: 'http://127.0.0.1:7777', admins: [] }).relay, 'ws://127.0.0.1:7777/');
});
