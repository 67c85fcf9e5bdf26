import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Kind, type Tag, type VerifiedEvent } from '@nostrata/protocol';
import { createKeys, signEvent } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { type MeAnswer, origin, type SignedInAnswer, signInAs, startSignIn, type TestSignIn } from './test-sign-in.ts';

const law = await onEachEngine();
const meUrl = `${origin}/api/v1/auth/me`;
const verifyUrl = `${origin}/api/v1/auth/verify-nip98`;

interface Wrong {
  readonly kind?: number;
  readonly seconds?: number;
  readonly tags?: readonly Tag[];
  readonly content?: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function signRequest(wrong: Wrong = {}, seed = 'alice'): VerifiedEvent {
  const { pubkey, secret } = createKeys(seed);
  const { kind = Kind.httpAuthentication, seconds = 1_700_000_000, content = '' } = wrong;
  const tags = wrong.tags ?? [
    ['u', meUrl],
    ['method', 'GET'],
  ];
  return signEvent({ kind, pubkey, created_at: seconds, tags, content }, secret);
}

function headerOf(event: unknown): Record<string, string> {
  return { authorization: `Nostr ${Buffer.from(JSON.stringify(event)).toString('base64')}` };
}

const getMe = (test: TestSignIn, headers: Record<string, string>, host?: string) => test.send('me', { headers, host });

law('a signed request is let in once, by itself', async (database) => {
  const test = startSignIn(database);
  const headers = headerOf(signRequest());
  const replies = await Promise.all(Array.from({ length: 50 }, () => getMe(test, headers)));
  assert.deepEqual(replies.map(({ status }) => status).sort(), [200, ...Array.from({ length: 49 }, () => 401)]);
  const me = replies.find(({ status }) => status === 200)?.json<MeAnswer>();
  assert.deepEqual([me?.pubkey, me?.session], [createKeys('alice').pubkey, null]);
  assert.ok(replies.every(({ status, headers }) => status === 200 || headers.get('www-authenticate') === 'Nostr'));
  assert.equal(me?.id, (await signInAs(test, 'alice')).user.id);
});

law('a signed request is for one URL with its query, one method and one kind', async (database) => {
  const test = startSignIn(database);
  const u = ['u', meUrl];
  const method = ['method', 'GET'];
  const wrong: Record<string, Wrong> = {
    'another kind': { kind: Kind.authentication },
    'another path': { tags: [['u', `${origin}/api/v1/auth/sessions`], method] },
    'another host': { tags: [['u', 'https://evil.example/api/v1/auth/me'], method] },
    'another scheme': { tags: [['u', 'http://example.com/api/v1/auth/me'], method] },
    'another port': { tags: [['u', 'https://example.com:8443/api/v1/auth/me'], method] },
    'another case': { tags: [['u', meUrl.toUpperCase()], method] },
    'a query that was not sent': { tags: [['u', `${meUrl}?a=1`], method] },
    'a fragment': { tags: [['u', `${meUrl}#a`], method] },
    'a slash at the end': { tags: [['u', `${meUrl}/`], method] },
    'another method': { tags: [u, ['method', 'POST']] },
    'another case of the method': { tags: [u, ['method', 'get']] },
    'no URL': { tags: [method] },
    'no method': { tags: [u] },
    'a URL tag without value': { tags: [['u'], method] },
    'two URLs': { tags: [u, u, method] },
    'a second URL that is wrong': { tags: [u, ['u', 'https://evil.example/'], method] },
    'two methods': { tags: [u, method, method] },
    'a payload that is not the hash of nothing': { tags: [u, method, ['payload', sha256('x')]] },
  };
  for (const [what, parts] of Object.entries(wrong)) {
    const reply = await getMe(test, headerOf(signRequest(parts)));
    assert.equal(reply.status, 401, what);
    assert.equal(reply.headers.get('www-authenticate'), 'Nostr', what);
  }
  assert.equal((await getMe(test, headerOf({ ...signRequest(), pubkey: createKeys('bob').pubkey }))).status, 401);
  assert.equal((await getMe(test, headerOf({ ...signRequest(), content: 'changed' }))).status, 401);
  assert.equal((await database.query('SELECT id FROM used_event')).length, 0);
  assert.equal((await database.query('SELECT id FROM account_user')).length, 0);
  const good = signRequest({ tags: [u, method, ['payload', sha256('')]] });
  assert.equal((await getMe(test, headerOf(good))).status, 200);
});

law('what the request says of the host it was sent to counts for nothing', async (database) => {
  const test = startSignIn(database);
  const method = ['method', 'GET'];
  const evil = headerOf(signRequest({ tags: [['u', 'https://evil.example/api/v1/auth/me'], method] }));
  const forwarded = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', host: 'evil.example' };
  assert.equal((await getMe(test, { ...evil, ...forwarded }, 'evil.example')).status, 401);
  assert.equal((await getMe(test, { ...headerOf(signRequest()), ...forwarded }, 'evil.example')).status, 200);
});

law('the query is part of the URL, as it was sent', async (database) => {
  const test = startSignIn(database);
  const event = signRequest({
    tags: [
      ['u', `${meUrl}?b=%20&a`],
      ['method', 'GET'],
    ],
  });
  const refused = await test.send('me?a&b=%20', { headers: headerOf(event) });
  assert.equal(refused.status, 401);
  const reached = await test.send('me?b=%20&a', { headers: headerOf(event) });
  // The route has no parameters: the signature was right, the query is not.
  assert.equal(reached.status, 400);
});

const skews: readonly (readonly [seconds: number, isGood: boolean])[] = [
  [-3_600, false],
  [-61, false],
  [-60, true],
  [-1, true],
  [0, true],
  [1, true],
  [60, true],
  [61, false],
  [3_600, false],
  [31_536_000, false],
];

law(
  'a request may be signed a minute before or after our time, and is good once in all that time',
  async (database) => {
    const test = startSignIn(database);
    const startMs = test.clock.now();
    for (const [skew, isGood] of skews) {
      test.clock.set(startMs);
      const event = signRequest({ seconds: test.clock.seconds() + skew });
      assert.equal((await getMe(test, headerOf(event))).status, isGood ? 200 : 401, `${skew} s`);
      for (let passed = 0; isGood && passed < 150; passed += 10) {
        test.clock.advance(10_000);
        await test.signIn.sweep();
        assert.equal((await getMe(test, headerOf(event))).status, 401, `${skew} s, ${passed} s later`);
      }
    }
  },
);

law('a request with a body is signed with the SHA-256 of the bytes that were sent', async (database) => {
  const test = startSignIn(database);
  const tags = [
    ['u', verifyUrl],
    ['method', 'POST'],
  ];
  const body = '{ "cookie" : false }';
  const send = (event: VerifiedEvent, sent: string) =>
    test.send('verify-nip98', {
      method: 'POST',
      body: sent,
      headers: { ...headerOf(event), 'content-type': 'application/json' },
    });
  const same = JSON.stringify(JSON.parse(body));
  for (const payload of [
    [],
    [['payload', sha256(same)]],
    [['payload', '']],
    [['payload', sha256(body).toUpperCase()]],
  ]) {
    assert.equal((await send(signRequest({ tags: [...tags, ...payload] }), body)).status, 401);
  }
  const twice = [...tags, ['payload', sha256(body)], ['payload', sha256(same)]];
  assert.equal((await send(signRequest({ tags: twice }), body)).status, 401);
  const reply = await send(signRequest({ tags: [...tags, ['payload', sha256(body)]] }), body);
  assert.equal(reply.status, 200);
  const { token, user } = reply.json<SignedInAnswer>();
  assert.deepEqual([token.split('.').length, user.session?.method], [3, 'nip98']);
  assert.equal((await send(signRequest({ tags, seconds: 1_700_000_001 }), '')).status, 200);
});

law('only a signed request is turned into a session by the route for it', async (database) => {
  const test = startSignIn(database);
  const { token } = await signInAs(test, 'alice');
  const reply = await test.send('verify-nip98', { body: {}, headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual([reply.status, reply.headers.get('www-authenticate')], [401, 'Nostr']);
  assert.equal((await test.send('verify-nip98', { body: {} })).status, 401);
});

law('what is not an event in strict base64 is refused, and so is what is too long', async (database) => {
  const test = startSignIn(database);
  const good = Buffer.from(JSON.stringify(signRequest())).toString('base64');
  const long = Buffer.from(JSON.stringify(signRequest({ content: 'x'.repeat(6_200) }))).toString('base64');
  assert.ok(long.length > 8_192);
  const changed = (text: string) => Buffer.from(text).toString('base64');
  for (const value of [
    '',
    '=',
    '====',
    'a',
    `${good.replace(/=+$/, '')}=====`,
    `${good.slice(0, 100)}\n${good.slice(100)}`,
    `${good.slice(0, 100)} ${good.slice(100)}`,
    good.replaceAll('e', '*'),
    `data:${good}`,
    long,
    changed('null'),
    changed('[]'),
    changed('"event"'),
    changed('{}'),
    changed(JSON.stringify([signRequest()])),
    changed(JSON.stringify({ ...signRequest(), created_at: '1700000000' })),
    changed(JSON.stringify({ ...signRequest(), created_at: 1e300 })),
    changed(JSON.stringify({ ...signRequest(), tags: { u: meUrl } })),
    Buffer.from([0xff, 0xfe, 0x7b]).toString('base64'),
  ]) {
    const reply = await getMe(test, { authorization: `Nostr ${value}` });
    assert.equal(reply.status, 401, value.slice(0, 60));
  }
  // Without padding, and with a scheme in another case, as clients write it.
  assert.equal((await getMe(test, { authorization: `nostr ${good.replace(/=+$/, '')}` })).status, 200);
});
