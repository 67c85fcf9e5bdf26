import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Database } from '@nostrata/database';
import { createHttpApi, defaultHttpSettings } from '@nostrata/http';
import { createKeys as createTestKeys, signEvent } from '@nostrata/testing';
import { createKeyAuthentication } from '../keys/authentication.ts';
import { createKeys } from '../keys/keys.ts';
import { createKeyRoutes } from '../keys/routes.ts';
import { createKeyUsage } from '../keys/usage.ts';
import { createNoticeBoard } from '../notices/board.ts';
import { onEachEngine } from '../test-engines.ts';
import { createSignInRoutes } from './routes.ts';
import { createSignIn } from './sign-in.ts';
import { free, type MeAnswer, origin, type SignedInAnswer, signChallenge, startSignIn } from './test-sign-in.ts';

const law = await onEachEngine();

/** Sign-in and API keys behind the HTTP application that the server mounts. */
function startApi(database: Database) {
  const { parts, clock } = startSignIn(database);
  const timers = { now: clock.now, after: () => () => {} };
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const entitlements = { entitlementsOf: async () => free };
  const usage = createKeyUsage({ database, clock: timers, logger: silent, metrics: {} });
  const notices = createNoticeBoard(clock, parts.random);
  const keys = createKeys({ database, clock, random: parts.random, audit: parts.audit, notices, entitlements });
  const authenticateKey = createKeyAuthentication({ database, clock, entitlements, usage });
  const signIn = createSignIn({ ...parts, authenticateKey });
  const errors: unknown[] = [];
  const api = createHttpApi({
    routes: [...createSignInRoutes(signIn), ...createKeyRoutes({ keys, usage, clock })],
    authenticate: signIn.authenticate,
    // Nobody comes near a limit here.
    cache: { increment: async () => ({ count: 1, resetMs: 1_000 }) },
    clock: timers,
    logger: { error: (fields) => errors.push(fields) },
    metrics: {},
    settings: defaultHttpSettings,
  });
  const fetch = (target: string, init: RequestInit & { readonly body?: string } = {}): Promise<Response> =>
    // The host is whatever the client says.
    api.fetch(new Request(`http://127.0.0.1:7777${target}`, init), {
      origin: { ip: '203.0.113.9', isSecure: true, host: 'evil.example' },
    });
  const post = (target: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(target, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
  const signInAs = async (seed: string, extra: object = {}, headers: Record<string, string> = {}) => {
    const { challenge } = (await (await post('/api/v1/auth/challenge', {})).json()) as { challenge: string };
    const event = signChallenge(challenge, { seed, seconds: clock.seconds() });
    return await post('/api/v1/auth/verify', { event, ...extra }, headers);
  };
  return { fetch, post, signInAs, clock, errors };
}

law('behind the HTTP application a browser signs in, asks, and leaves', async (database) => {
  const { fetch, post, signInAs, errors } = startApi(database);
  const signedIn = await signInAs('alice', { cookie: true }, { origin });
  const cookie = signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const { csrfToken } = (await signedIn.json()) as SignedInAnswer;
  const me = await fetch('/api/v1/auth/me', { headers: { cookie } });
  assert.deepEqual([me.status, me.headers.get('access-control-allow-origin')], [200, null]);
  assert.equal(((await me.json()) as MeAnswer).csrfToken, csrfToken);
  assert.equal((await post('/api/v1/auth/logout', {}, { cookie, origin })).status, 403);
  const left = await post('/api/v1/auth/logout', {}, { cookie, origin, 'x-csrf-token': csrfToken ?? '' });
  assert.equal(left.status, 204);
  const gone = await fetch('/api/v1/auth/me', { headers: { cookie } });
  assert.equal(gone.status, 401);
  assert.match(gone.headers.getSetCookie()[0] ?? '', /Max-Age=0$/);
  // An old cookie does not bar the way in.
  assert.equal((await post('/api/v1/auth/challenge', {}, { cookie })).status, 200);
  assert.deepEqual(errors, []);
});

law('behind the HTTP application a signed request is for the public origin, query and body', async (database) => {
  const { fetch, post, clock, errors } = startApi(database);
  const { pubkey, secret } = createTestKeys('alice');
  const sign = (u: string, method: string, more: string[][] = []) => {
    const tags = [['u', u], ['method', method], ...more];
    const event = signEvent({ pubkey, kind: 27_235, created_at: clock.seconds(), tags, content: '' }, secret);
    return { authorization: `Nostr ${btoa(JSON.stringify(event))}` };
  };
  const target = '/api/v1/auth/me';
  const headers = sign(`${origin}${target}`, 'GET');
  assert.equal((await fetch(target, { headers })).status, 200);
  const again = await fetch(target, { headers });
  assert.deepEqual([again.status, again.headers.get('www-authenticate')], [401, 'Nostr']);
  assert.equal((await fetch(target, { headers: sign(`http://127.0.0.1:7777${target}`, 'GET') })).status, 401);
  assert.equal((await fetch(target, { headers: sign(`https://evil.example${target}`, 'GET') })).status, 401);
  const verify = '/api/v1/auth/verify-nip98';
  assert.equal((await post(verify, {}, sign(`${origin}${verify}`, 'POST'))).status, 401);
  const payload = createHash('sha256').update('{}').digest('hex');
  const good = await post(verify, {}, sign(`${origin}${verify}`, 'POST', [['payload', payload]]));
  assert.equal(((await good.json()) as SignedInAnswer).user.pubkey, pubkey);
  assert.deepEqual(errors, []);
});

law('behind the HTTP application a wallet gets status 200 and its JSON, whatever it sends', async (database) => {
  const { fetch, errors } = startApi(database);
  for (const query of ['', '?k1=1', '?tag=login&tag=login&x=%00', '?%ff']) {
    const reply = await fetch(`/api/v1/auth/lnurl-callback${query}`);
    assert.deepEqual([reply.status, reply.headers.get('access-control-allow-origin')], [200, '*']);
    assert.equal(((await reply.json()) as { status: string }).status, 'ERROR');
  }
  assert.deepEqual(errors, []);
});

law('an API key of somebody who is suspended since then opens nothing', async (database) => {
  const { fetch, post, signInAs, errors } = startApi(database);
  const { token, user } = (await (await signInAs('alice')).json()) as SignedInAnswer;
  const made = await post(
    '/api/v1/keys',
    { name: 'k', scopes: ['account:read'] },
    { authorization: `Bearer ${token}` },
  );
  assert.equal(made.status, 201);
  const { key } = (await made.json()) as { key: string };
  const ask = async () => {
    const ways = [{ 'x-api-key': key }, { authorization: `Bearer ${key}` }, { authorization: `Bearer ${token}` }];
    return await Promise.all(ways.map(async (headers) => (await fetch('/api/v1/auth/me', { headers })).status));
  };
  assert.deepEqual(await ask(), [200, 200, 200]);
  await database.query(`UPDATE account_user SET state = 'suspended' WHERE id = $1`, [user.id]);
  assert.deepEqual(await ask(), [403, 403, 403]);
  assert.deepEqual(errors, []);
});
