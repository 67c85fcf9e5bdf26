import assert from 'node:assert/strict';
import { type Credentials, Problem } from '@nostrata/http';
import { onEachEngine } from '../test-engines.ts';
import {
  askAndSign,
  bearer,
  createWallet,
  type MeAnswer,
  origin,
  type SignedInAnswer,
  signInAs,
  startSignIn,
  startWithWallets,
  type TestSignIn,
} from './test-sign-in.ts';

const law = await onEachEngine();
const name = '__Host-nostrata-session';

async function signInByCookie(test: TestSignIn, seed: string) {
  const body = { event: await askAndSign(test, { seed }), cookie: true };
  const reply = await test.send('verify', { body, headers: { origin: test.signIn.place.origin } });
  assert.equal(reply.status, 200, reply.text);
  const line = reply.cookies[0] ?? '';
  const answer = reply.json<SignedInAnswer>();
  return { line, cookie: line.split(';')[0] ?? '', csrfToken: answer.csrfToken ?? '', answer };
}

function requestWith(headers: Readonly<Record<string, string>>): Credentials {
  return {
    method: 'GET',
    target: '/',
    address: '203.0.113.7',
    isSecure: true,
    header: (wanted) => headers[wanted],
    readBody: async () => new Uint8Array(0),
  };
}

law('a session in a cookie is one that no script can read, without a token beside it', async (database) => {
  const test = startSignIn(database);
  const { line, cookie, csrfToken, answer } = await signInByCookie(test, 'alice');
  assert.match(
    line,
    new RegExp(`^${name}=[\\w-]+\\.[\\w-]+\\.[\\w-]+; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=2592000$`),
  );
  assert.equal(answer.token, null);
  const me = (await test.send('me', { headers: { cookie: `a=b; ${cookie}; c=d` } })).json<MeAnswer>();
  assert.equal(me.csrfToken, csrfToken);
  assert.ok(!cookie.includes(csrfToken));
  const refreshed = await test.send('refresh', { body: {}, headers: { cookie, origin, 'x-csrf-token': csrfToken } });
  assert.deepEqual([refreshed.status, refreshed.json<SignedInAnswer>().token], [200, null]);
  assert.notEqual(refreshed.cookies[0]?.split(';')[0], cookie);
  const gone = await test.send('logout', { body: {}, headers: { cookie, origin, 'x-csrf-token': csrfToken } });
  assert.match(gone.cookies[0] ?? '', new RegExp(`^${name}=; .*Max-Age=0$`));
});

law('a cookie changes nothing without our Origin and the token of its own session', async (database) => {
  const test = startSignIn(database);
  const { cookie, csrfToken } = await signInByCookie(test, 'alice');
  const other = await signInByCookie(test, 'bob');
  const attempts: Record<string, string>[] = [
    {},
    { origin },
    { 'x-csrf-token': csrfToken },
    { origin: 'https://evil.example', 'x-csrf-token': csrfToken },
    { origin: 'null', 'x-csrf-token': csrfToken },
    { origin: `${origin}.evil.example`, 'x-csrf-token': csrfToken },
    { origin: 'http://example.com', 'x-csrf-token': csrfToken },
    { origin, 'x-csrf-token': other.csrfToken },
    { origin, 'x-csrf-token': `${csrfToken}x` },
    { origin, 'x-csrf-token': '' },
    { origin, 'x-csrf-token': 'ä'.repeat(43) },
  ];
  for (const headers of attempts) {
    for (const [target, method] of [
      ['logout', 'POST'],
      ['sessions', 'DELETE'],
      ['challenge', 'POST'],
    ] as const) {
      const reply = await test.send(target, {
        method,
        body: method === 'POST' ? {} : undefined,
        headers: { ...headers, cookie },
      });
      assert.equal(reply.status, 403, `${target} ${JSON.stringify(headers)}`);
    }
  }
  assert.equal((await test.send('me', { headers: { cookie } })).status, 200);
  const good = await test.send('logout', { body: {}, headers: { cookie, origin, 'x-csrf-token': csrfToken } });
  assert.equal(good.status, 204);
});

law('only our own pages sign a browser in by a cookie', async (database) => {
  const test = startWithWallets(database);
  const code = await test.ask();
  await test.answer(code, createWallet('alice'));
  for (const headers of [{}, { origin: 'https://evil.example' }]) {
    const event = await askAndSign(test);
    assert.equal((await test.send('verify', { body: { event, cookie: true }, headers })).status, 403);
    // Nothing was used up.
    assert.equal((await test.send('verify', { body: { event } })).status, 200);
    const body = { pollSecret: code.pollSecret, cookie: true };
    assert.equal((await test.send('lnurl-poll', { body, headers })).status, 403);
  }
  const body = { pollSecret: code.pollSecret, cookie: true };
  const polled = await test.send('lnurl-poll', { body, headers: { origin } });
  assert.deepEqual([polled.json<SignedInAnswer>().token, polled.cookies.length], [null, 1]);
});

law('a cookie that does not hold is taken away with the answer', async (database) => {
  const test = startSignIn(database);
  const { cookie, csrfToken } = await signInByCookie(test, 'alice');
  await test.send('logout', { body: {}, headers: { cookie, origin, 'x-csrf-token': csrfToken } });
  for (const value of [cookie, `${name}=x`]) {
    const reply = await test.send('challenge', { body: {}, headers: { cookie: value, origin } });
    assert.equal(reply.status, 401);
    assert.match(reply.cookies[0] ?? '', new RegExp(`^${name}=; .*Max-Age=0$`));
  }
  assert.equal((await test.send('challenge', { body: {}, headers: { cookie: `${name}=; a=b`, origin } })).status, 200);
});

law('on a loopback address without TLS the cookie has a plain name', async (database) => {
  const test = startSignIn(database, { settings: { origin: 'http://127.0.0.1:7777', admins: [] } });
  const event = await askAndSign(test, { relay: 'ws://127.0.0.1:7777/' });
  const headers = { origin: 'http://127.0.0.1:7777' };
  const reply = await test.send('verify', { body: { event, cookie: true }, headers });
  assert.match(reply.cookies[0] ?? '', /^nostrata-session=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
});

law('a request says who it is in one way, or is refused', async (database) => {
  const test = startSignIn(database);
  const { cookie } = await signInByCookie(test, 'alice');
  const { token } = await signInAs(test, 'alice');
  const both: Record<string, string>[] = [
    { ...bearer(token), cookie },
    { ...bearer(token), 'x-api-key': 'nst_live_x' },
    { cookie, 'x-api-key': 'nst_live_x' },
    { cookie, authorization: 'Nostr e30=' },
  ];
  for (const headers of both) assert.equal((await test.send('me', { headers })).status, 400);
  assert.equal((await test.send('me', { headers: { cookie: `${cookie}; ${cookie}` } })).status, 401);
  for (const authorization of [
    '',
    'Bearer',
    'Bearer ',
    `Basic ${btoa('a:b')}`,
    token,
    `Bearer ${token} x`,
    `Token ${token}`,
  ]) {
    assert.equal((await test.send('me', { headers: { authorization } })).status, 401, authorization);
  }
  assert.equal((await test.send('me')).status, 401);
  assert.equal((await test.send('me', { headers: { authorization: `bearer  ${token}` } })).status, 200);
});

law('an API key may do what the part that knows keys says, and no more than that', async (database) => {
  const test = startSignIn(database, {
    async authenticateKey({ address }, key) {
      if (key !== 'nst_live_good') throw new Problem(401, 'bad-key', 'this API key is not one');
      const rate = { name: address, requestsMax: 5, windowMs: 1000 };
      const known = { userId: 'usr_1', pubkey: undefined, role: 'user', by: 'api-key', credential: 'key_1' } as const;
      return { ...known, scopes: new Set(['account:read']), rate };
    },
  });
  for (const headers of [{ 'x-api-key': 'nst_live_good' }, { authorization: 'Bearer nst_live_good' }]) {
    const caller = await test.signIn.authenticate(requestWith(headers));
    assert.deepEqual([caller?.credential, caller?.role, caller?.rate.name], ['key_1', 'user', '203.0.113.7']);
    // Routes that name no scope take no keys.
    assert.equal((await test.send('sessions', { headers })).status, 403);
    assert.equal((await test.send('logout', { headers, body: {} })).status, 403);
    assert.equal((await test.send('lnurl', { headers, body: { action: 'link' } })).status, 403);
  }
  assert.equal((await test.send('me', { headers: { 'x-api-key': 'nst_live_bad' } })).status, 401);
});

law('a role counts from the moment it is in the row, and no longer', async (database) => {
  const test = startSignIn(database);
  const { token, user } = await signInAs(test, 'alice');
  for (const role of ['user', 'admin', 'support', 'user']) {
    await database.query('UPDATE account_user SET role = $1 WHERE id = $2', [role, user.id]);
    assert.equal((await test.signIn.authenticate(requestWith(bearer(token))))?.role, role);
  }
});

law('the tables of people hold keys, times and states: no profile, no follows, no score', async (database) => {
  const columns: Record<string, readonly string[]> = {
    account_user: ['created_ms', 'id', 'pubkey', 'role', 'state'],
    linking_key: ['created_ms', 'linking_key', 'user_id'],
  };
  const test = startWithWallets(database);
  await test.signInWith(createWallet('alice'));
  for (const [table, wanted] of Object.entries(columns)) {
    const [row] = await database.query(`SELECT * FROM ${table}`);
    assert.deepEqual(Object.keys(row ?? {}).sort(), wanted);
  }
});
