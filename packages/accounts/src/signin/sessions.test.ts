import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { Database } from '@nostrata/database';
import { createKeys } from '@nostrata/testing';
import { createSecrets } from '../secrets.ts';
import { onEachEngine } from '../test-engines.ts';
import {
  bearer,
  type MeAnswer,
  origin,
  type SignedInAnswer,
  signInAs,
  startSignIn,
  type TestSignIn,
} from './test-sign-in.ts';

const law = await onEachEngine();
const dayMs = 86_400_000;

interface SessionAnswer {
  readonly id: string;
  readonly agent: string;
  readonly address: string;
  readonly usedAt: string;
  readonly isCurrent: boolean;
}

const me = (test: TestSignIn, token: string) => test.send('me', { headers: bearer(token) });
const refresh = async (test: TestSignIn, token: string) =>
  await test.send('refresh', { headers: bearer(token), body: {} });
const refreshed = async (test: TestSignIn, token: string): Promise<SignedInAnswer> => {
  const reply = await refresh(test, token);
  assert.equal(reply.status, 200, reply.text);
  return reply.json();
};
const auditOf = async (database: Database) =>
  (await database.query('SELECT actor, action, details FROM audit_log ORDER BY seq')).map((row) => Object.values(row));

law('a session lives thirty days from its last refresh, and ninety at most', async (database) => {
  const test = startSignIn(database);
  const startMs = test.clock.now();
  let current = await signInAs(test, 'alice');
  assert.equal(Date.parse(current.expiresAt), startMs + 30 * dayMs);
  test.clock.set(startMs + 30 * dayMs - 1000);
  current = await refreshed(test, current.token);
  assert.equal(Date.parse(current.expiresAt), startMs + 60 * dayMs - 1000);
  test.clock.set(startMs + 59 * dayMs);
  current = await refreshed(test, current.token);
  assert.equal(Date.parse(current.expiresAt), startMs + 89 * dayMs);
  test.clock.set(startMs + 80 * dayMs);
  current = await refreshed(test, current.token);
  assert.equal(Date.parse(current.expiresAt), startMs + 90 * dayMs);
  test.clock.set(startMs + 90 * dayMs - 1000);
  assert.equal((await refreshed(test, current.token)).expiresAt, current.expiresAt);
  test.clock.set(startMs + 90 * dayMs);
  assert.equal((await me(test, current.token)).status, 401);
  assert.equal((await refresh(test, current.token)).status, 401);
});

law('the token before a refresh is good for a minute, and gets the same turn again', async (database) => {
  const test = startSignIn(database);
  const first = await signInAs(test, 'alice');
  const second = await refreshed(test, first.token);
  assert.notEqual(first.token, second.token);
  test.clock.advance(60_000);
  assert.equal((await me(test, first.token)).status, 200);
  // The answer was lost: asking again turns nothing.
  const again = await refreshed(test, first.token);
  assert.equal((await me(test, again.token)).status, 200);
  assert.equal((await me(test, second.token)).status, 200);
  const [row] = await database.query<{ turn: number }>('SELECT turn FROM session');
  assert.equal(Number(row?.turn), 2);
  assert.deepEqual(await auditOf(database), []);
});

for (const [name, steal] of [
  ['two refreshes ago', async (test: TestSignIn, token: string) => void (await refreshed(test, token))],
  ['a minute after its refresh', async (test: TestSignIn) => test.clock.advance(60_001)],
] as const) {
  law(`a token that is used ${name} was stolen: the session ends for all, and the log says so`, async (database) => {
    const test = startSignIn(database);
    const other = await signInAs(test, 'alice');
    const first = await signInAs(test, 'alice');
    const second = await refreshed(test, first.token);
    await steal(test, second.token);
    const replies = await Promise.all(Array.from({ length: 10 }, () => me(test, first.token)));
    assert.ok(replies.every(({ status }) => status === 401));
    assert.equal((await me(test, second.token)).status, 401);
    assert.equal((await refresh(test, second.token)).status, 401);
    assert.equal((await me(test, other.token)).status, 200);
    assert.deepEqual(await auditOf(database), [['system', 'session.revoked', '{"reason":"old-token"}']]);
  });
}

law('fifty refreshes of one token at once turn the session once', async (database) => {
  const test = startSignIn(database);
  const { token } = await signInAs(test, 'alice');
  const replies = await Promise.all(Array.from({ length: 50 }, () => refresh(test, token)));
  assert.ok(replies.every(({ status }) => status === 200));
  const [row] = await database.query<{ turn: number }>('SELECT turn FROM session');
  assert.equal(Number(row?.turn), 2);
  for (const reply of replies.slice(0, 3))
    assert.equal((await me(test, reply.json<SignedInAnswer>().token)).status, 200);
});

law('somebody sees where they are signed in, and ends that', async (database) => {
  const test = startSignIn(database);
  const phone = await signInAs(test, 'alice');
  test.clock.advance(1_000);
  const laptop = await signInAs(test, 'alice');
  const stranger = await signInAs(test, 'mallory');
  const list = async (token: string) =>
    (await test.send('sessions', { headers: bearer(token) })).json<{ items: SessionAnswer[] }>().items;
  const items = await list(phone.token);
  assert.deepEqual(
    items.map(({ id, isCurrent }) => [id, isCurrent]),
    [
      [laptop.user.session?.id, false],
      [phone.user.session?.id, true],
    ],
  );
  assert.equal(items[0]?.address, '203.0.113.7');
  const remove = async (token: string, id: string) =>
    (await test.send(`sessions/${id}`, { method: 'DELETE', headers: bearer(token) })).status;
  const laptopId = laptop.user.session?.id ?? '';
  assert.equal(await remove(stranger.token, laptopId), 404);
  assert.equal(await remove(phone.token, 'ses_00000000000000000000'), 404);
  assert.equal(await remove(phone.token, 'x%00y'), 400);
  assert.equal((await me(test, laptop.token)).status, 200);
  assert.equal(await remove(phone.token, laptopId), 204);
  assert.equal(await remove(phone.token, laptopId), 404);
  assert.equal((await me(test, laptop.token)).status, 401);
  const third = await signInAs(test, 'alice');
  const others = await test.send('sessions', { method: 'DELETE', headers: bearer(phone.token) });
  assert.deepEqual(others.json(), { revoked: 1 });
  assert.equal((await me(test, third.token)).status, 401);
  assert.equal((await me(test, stranger.token)).status, 200);
  const actor = `user:${phone.user.id}`;
  const entry = [actor, 'session.revoked', '{"reason":"revoked"}'];
  assert.deepEqual(await auditOf(database), [entry, entry]);
  assert.equal((await test.send('logout', { headers: bearer(phone.token), body: {} })).status, 204);
  assert.equal((await me(test, phone.token)).status, 401);
});

law('when a session was used is written once a minute at most', async (database) => {
  const test = startSignIn(database);
  const { token } = await signInAs(test, 'alice');
  const usedMs = async () => {
    const [row] = await database.query<{ used_ms: number }>('SELECT used_ms FROM session');
    return Number(row?.used_ms);
  };
  const startMs = await usedMs();
  test.clock.advance(59_999);
  await me(test, token);
  assert.equal(await usedMs(), startMs);
  test.clock.advance(1);
  await Promise.all([me(test, token), me(test, token)]);
  assert.equal(await usedMs(), startMs + 60_000);
});

law('a user has a hundred sessions, and the one used longest ago makes room', async (database) => {
  const test = startSignIn(database);
  const first = await signInAs(test, 'alice');
  await database.transaction(async (transaction) => {
    for (let i = 0; i < 99; i++) {
      test.clock.advance(1);
      const from = { agent: 'a\0\u{1f600}'.padStart(201, 'x'), address: '203.0.113.7' };
      await test.signIn.sessions.open(transaction, { userId: first.user.id, method: 'nip98', ...from });
    }
  });
  assert.equal((await me(test, first.token)).status, 200);
  test.clock.advance(1);
  const last = await signInAs(test, 'alice');
  assert.equal((await me(test, first.token)).status, 401);
  const { items } = (await test.send('sessions', { headers: bearer(last.token) })).json<{ items: SessionAnswer[] }>();
  assert.equal(items.length, 100);
});

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

law('only tokens that were made here for here are taken, and a wrong one is told in one sentence', async (database) => {
  const test = startSignIn(database);
  const { token, user } = await signInAs(test, 'alice');
  const nowSeconds = test.clock.seconds();
  const sid = user.session?.id;
  const claims = { sid, turn: 1, iss: origin, aud: origin, sub: user.id, iat: nowSeconds, exp: nowSeconds + 60 };
  const key = createSecrets(new Uint8Array(32).fill(7)).derive('session-token');
  const make = (header: object, payload: object, { secret = key, hash = 'sha256' } = {}): string => {
    const text = `${encode(header)}.${encode(payload)}`;
    return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
  };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsaText = `${encode({ alg: 'RS256' })}.${encode(claims)}`;
  const hs256 = { alg: 'HS256', typ: 'JWT' };
  assert.equal((await me(test, make(hs256, claims))).status, 200, 'the test makes tokens as they are');
  const [header = '', payload = '', signature = ''] = token.split('.');
  const wrong: Record<string, string> = {
    'no algorithm': `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'no algorithm, signed': make({ alg: 'none' }, claims),
    RS256: `${rsaText}.${sign('sha256', Buffer.from(rsaText), privateKey).toString('base64url')}`,
    'RS256 by our secret': make({ alg: 'RS256' }, claims),
    HS512: make({ alg: 'HS512' }, claims, { hash: 'sha512' }),
    'a critical header': make({ ...hs256, crit: ['x'], x: 1 }, claims),
    'a foreign key': make(hs256, claims, { secret: Buffer.alloc(32, 7) }),
    'the key of something else': make(hs256, claims, {
      secret: createSecrets(new Uint8Array(32).fill(7)).derive('csrf'),
    }),
    'an empty key': make(hs256, claims, { secret: Buffer.alloc(1) }),
    'another issuer': make(hs256, { ...claims, iss: 'https://evil.example' }),
    'no issuer': make(hs256, { ...claims, iss: undefined }),
    'another audience': make(hs256, { ...claims, aud: 'https://evil.example' }),
    expired: make(hs256, { ...claims, exp: nowSeconds }),
    'no end': make(hs256, { ...claims, exp: undefined }),
    'not yet valid': make(hs256, { ...claims, nbf: nowSeconds + 60 }),
    'an unknown session': make(hs256, { ...claims, sid: 'ses_00000000000000000000' }),
    'no session': make(hs256, { ...claims, sid: undefined }),
    'a session that is no text': make(hs256, { ...claims, sid: { a: 1 } }),
    'a turn to come': make(hs256, { ...claims, turn: 2 }),
    'a turn that is no number': make(hs256, { ...claims, turn: '1' }),
    truncated: token.slice(0, -1),
    'without signature': `${header}.${payload}.`,
    'two parts': `${header}.${payload}`,
    'another payload': `${header}.${encode({ ...claims, exp: nowSeconds + 1e9 })}.${signature}`,
    long: `${token}${'a'.repeat(3_000)}`,
    nothing: 'x',
  };
  for (const [what, text] of Object.entries(wrong)) {
    const reply = await me(test, text);
    assert.equal(reply.status, 401, what);
    assert.match(reply.json<{ message: string }>().message, /^[a-z][^.]{10,}$/, what);
    assert.ok(!reply.text.includes(text), what);
  }
  assert.equal((await me(test, token)).status, 200);
});

law('what has expired is swept, and nothing else', async (database) => {
  const test = startSignIn(database);
  const { token } = await signInAs(test, 'alice');
  const ended = await signInAs(test, 'alice');
  await test.send('logout', { headers: bearer(ended.token), body: {} });
  for (let i = 0; i < 3; i++) await test.send('challenge', { body: {} });
  await test.send('lnurl', { body: {} });
  await database.transaction(async (transaction) => {
    for (let i = 0; i < 1_001; i++) {
      const row = [i.toString(16).padStart(64, '0'), test.clock.now() + 1];
      await transaction.query('INSERT INTO used_event (id, expires_ms) VALUES ($1, $2)', row);
    }
  });
  assert.equal(await test.signIn.sweep(), 0);
  test.clock.advance(1);
  assert.equal(await test.signIn.sweep(), 1_001);
  test.clock.advance(5 * 60_000);
  assert.equal(await test.signIn.sweep(), 4);
  assert.equal((await me(test, token)).json<MeAnswer>().pubkey, createKeys('alice').pubkey);
  test.clock.advance(30 * dayMs);
  assert.equal(await test.signIn.sweep(), 1);
  test.clock.advance(30 * dayMs);
  assert.equal(await test.signIn.sweep(), 1);
  assert.equal(await test.signIn.sweep(), 0);
});
