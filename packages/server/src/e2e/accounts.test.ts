import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parseInvoice } from '@nostrata/protocol';
import { startDnsServer, startLnbits, type TestDns, type TestLnbits, waitUntil } from '@nostrata/testing';
import { createFolder, type RunningRelay, runProcess, startRelay } from './program.ts';
import { type Tampering, tamperings, tamperWith } from './test-accounts-tampering.ts';
import {
  createPerson,
  createSigningWallet,
  createVisitor,
  type Front,
  type SignedIn,
  startFront,
  type Visitor,
} from './test-house.ts';

const [alice, bob, admin] = [createPerson(1), createPerson(2), createPerson(9)];
const long = { timeoutMs: 15_000 };

/** What the tests look at in answers. */
interface Payment {
  readonly id: string;
  readonly state: string;
  readonly provider: string;
  readonly amount: number;
  readonly bolt11: string | null;
  readonly receipt: string | null;
}
interface Registered {
  readonly name: { readonly id: string; readonly address: string; readonly phase: string; readonly coverage: string };
  readonly payment: Payment | null;
}
interface Domain {
  readonly id: string;
  readonly state: string;
  readonly proof: { readonly txtName: string; readonly txtValue: string };
}

/** An installation as docs/operate-accounts.md makes it, with what stands around it. */
interface House {
  readonly folder: string;
  readonly front: Front;
  readonly lnbits: TestLnbits;
  readonly dns: TestDns;
  readonly relay: RunningRelay;
  readonly visitor: Visitor;
}

async function openHouse(open: AsyncDisposableStack): Promise<House> {
  const folder = open.use(await createFolder()).path;
  const lnbits = open.use(await startLnbits());
  const dns = open.use(await startDnsServer());
  const front = open.use(await startFront());
  const environment = {
    NOSTRATA_PUBLIC_URL: front.url.replace('http', 'ws'),
    NOSTRATA_TRUSTED_PROXIES: '127.0.0.1',
    NOSTRATA_ADMINS: admin.pubkey,
    NOSTRATA_NAME_HOSTS: 'example.com',
    NOSTRATA_SELLER_NAME: 'Example Ltd',
    NOSTRATA_SELLER_ADDRESS: '1 Example Street|12345 Town',
    NOSTRATA_SELLER_TAX_ID: 'XX123456789',
    NOSTRATA_TAX_PERCENT: '20',
    NOSTRATA_DNS_SERVERS: dns.address,
    NOSTRATA_ALLOW_LOCAL_HOSTS: 'yes',
    NOSTRATA_LNBITS_URL: lnbits.url,
    NOSTRATA_LNBITS_KEY: lnbits.invoiceKey,
  };
  const words = ['--accounts', 'yes', '--data', folder, '--log-level', 'debug'];
  const relay = open.use(await startRelay(words, { environment }));
  front.lead(relay.port);
  return { ...{ folder, front, lnbits, dns, relay }, visitor: createVisitor(front.url) };
}

describe('an installation as the guide makes it', () => {
  const open = new AsyncDisposableStack();
  let house: House;
  let keyId = '';
  before(async () => {
    house = await openHouse(open);
  });
  after(() => open.disposeAsync());

  /** Pays with a Lightning wallet; LNbits calls the webhook, and the state comes by itself. */
  const pay = async (token: string, { id, bolt11 }: Payment): Promise<Payment> => {
    const { paymentHash } = parseInvoice(bolt11 ?? '') ?? {};
    assert.ok(paymentHash);
    await house.lnbits.pay(paymentHash);
    const load = () => house.visitor.ask<Payment>(`/api/v1/payments/${id}`, { token });
    return await waitUntil(async () => [await load()].find(({ state }) => state === 'settled'), long);
  };
  const buyPlan = async (token: string, plan: string): Promise<Payment> => {
    const body = { purchase: { kind: 'plan', plan, period: 'year' } };
    const payment = await house.visitor.ask<Payment>('/api/v1/payments', { token, body, status: 201 });
    return await pay(token, payment);
  };
  const namesOf = (name: string, host = 'example.com') =>
    house.visitor.ask(`/.well-known/nostr.json?name=${name}`, { headers: { host } });

  test('a name is held, paid by Lightning, served under its host, and has a receipt', async () => {
    const { visitor } = house;
    const token = await visitor.signIn(alice);
    const asked = await visitor.ask('/api/v1/names/check?name=alice', { token });
    assert.deepEqual([asked.available, asked.price], [true, { msat: 21_000_000 }]);
    const { name, payment } = await visitor.ask<Registered>('/api/v1/names', {
      ...{ token, body: { name: 'alice' }, status: 201 },
    });
    assert.deepEqual([name.address, name.phase, payment?.amount], ['alice@example.com', 'held', 21_000_000]);
    assert.ok(payment);
    const other = await visitor.signIn(bob);
    assert.equal((await visitor.send('/api/v1/names', { token: other, body: { name: 'alice' } })).status, 409);
    const settled = await pay(token, payment);
    assert.deepEqual(await namesOf('alice'), { names: { alice: alice.pubkey } });
    assert.deepEqual(await namesOf('alice', 'elsewhere.example'), { names: {} });
    assert.deepEqual(await namesOf('nobody'), { names: {} });
    assert.match(settled.receipt ?? '', /-000001$/);
    const receipt = await visitor.ask(`/api/v1/receipts/${settled.receipt}`, { token });
    assert.equal(receipt.amount, 21_000_000);
    const page = await visitor.send<string>(`/api/v1/receipts/${settled.receipt}/page`, { token });
    for (const text of ['alice@example.com', 'Example Ltd', '1 Example Street', '12345 Town', 'XX123456789', '20']) {
      assert.ok(page.body.includes(text), `${text} in ${page.body}`);
    }
    assert.equal((await visitor.send(`/api/v1/receipts/${settled.receipt}`, { token: other })).status, 404);
  });

  test('LNbits is told a path that nobody can guess, and nothing that is posted there is believed', async () => {
    const { visitor, lnbits } = house;
    const token = await visitor.signIn(bob);
    const { payment } = await visitor.ask<Registered>('/api/v1/names', {
      ...{ token, body: { name: 'forged' }, status: 201 },
    });
    assert.ok(payment);
    const { paymentHash, webhook } = lnbits.payments.at(-1) ?? assert.fail();
    const path = new URL(webhook ?? '').pathname;
    assert.match(path, /^\/api\/v1\/webhooks\/lnbits\/[\w-]{43}$/);
    const { body } = lnbits.delivery(paymentHash, 'object');
    const lie = body.replace('"status":"pending"', '"status":"success"');
    assert.notEqual(lie, body);
    const wrong = `${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`;
    assert.equal((await visitor.send(wrong, { body: lie })).status, 401);
    assert.equal((await visitor.send(path, { body: lie })).status, 200);
    const { state } = await visitor.ask<Payment>(`/api/v1/payments/${payment.id}/check`, { token, body: {} });
    assert.equal(state, 'pending');
    assert.deepEqual(await namesOf('forged'), { names: {} });
  });

  test('a request that is signed by itself (NIP-98) signs in, once, and is a visit by itself', async () => {
    const { visitor } = house;
    const target = '/api/v1/auth/verify-nip98';
    const authorization = alice.authorize(`${visitor.url}${target}`, { method: 'POST', body: '{}' });
    const sent = { body: '{}', headers: { authorization } };
    const { user } = await visitor.ask<SignedIn>(target, sent);
    assert.equal(user.pubkey, alice.pubkey);
    assert.equal((await visitor.send(target, sent)).status, 401);
    const me = '/api/v1/auth/me';
    const answer = await visitor.ask(me, { headers: { authorization: alice.authorize(`${visitor.url}${me}`) } });
    assert.equal(answer.pubkey, alice.pubkey);
    // What the client calls the host changes nothing: the origin is in the settings.
    const foreign = alice.authorize(`http://evil.example${me}`);
    const headers = { authorization: foreign, host: 'evil.example', 'x-forwarded-host': 'evil.example' };
    assert.equal((await visitor.send(me, { headers })).status, 401);
  });

  test('over plain HTTP on this machine the cookie does without what browsers take with TLS alone', async () => {
    const { visitor } = house;
    const target = '/api/v1/auth/verify-nip98';
    const body = '{"cookie":true}';
    const authorization = alice.authorize(`${visitor.url}${target}`, { method: 'POST', body });
    const { status, headers } = await visitor.send(target, { body, headers: { authorization, origin: visitor.url } });
    assert.equal(status, 200);
    const line = headers.get('set-cookie') ?? '';
    assert.match(line, /^nostrata-session=[\w.-]{20,}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=\d+$/);
    assert.equal(headers.get('strict-transport-security'), null);
  });

  test('a Lightning wallet signs in for the page that shows the code, once', async () => {
    const { visitor } = house;
    const wallet = createSigningWallet();
    const code = await visitor.ask<{ url: string; k1: string; pollSecret: string }>('/api/v1/auth/lnurl', { body: {} });
    const poll = () =>
      visitor.ask<SignedIn & { state: string }>('/api/v1/auth/lnurl-poll', { body: { pollSecret: code.pollSecret } });
    assert.equal((await poll()).state, 'pending');
    const { pathname, search } = new URL(code.url);
    const callback = `${pathname}${search}&sig=${wallet.sign(Buffer.from(code.k1, 'hex'))}&key=${wallet.key}`;
    assert.deepEqual(await visitor.ask(callback), { status: 'OK' });
    assert.equal((await visitor.ask(callback)).status, 'ERROR');
    const { state, token, user } = await poll();
    assert.deepEqual([state, user.pubkey], ['signed-in', null]);
    assert.equal((await poll()).state, 'expired');
    const me = await visitor.ask<{ linkingKeys: { key: string }[] }>('/api/v1/auth/me', { token: token ?? '' });
    assert.deepEqual(
      me.linkingKeys.map(({ key }) => key),
      [wallet.key],
    );
  });

  test('with a plan, an API key reads statistics, trust and names with a limit of its own', async () => {
    const { visitor } = house;
    const token = await visitor.signIn(alice);
    await buyPlan(token, 'pro');
    const scopes = ['stats:read', 'trust:read', 'names:read'];
    const made = await visitor.ask<{ key: string; id: string }>('/api/v1/keys', {
      ...{ token, body: { name: 'a program', scopes }, status: 201 },
    });
    for (const target of ['/api/v1/stats/overview', `/api/v1/wot/score/${alice.pubkey}`, '/api/v1/names/hosts']) {
      const [anonymous, keyed] = await Promise.all([visitor.send(target), visitor.send(target, { token: made.key })]);
      assert.deepEqual([anonymous.status, keyed.status], [200, 200], `${target}: ${JSON.stringify(keyed.body)}`);
      const [open, own] = [anonymous, keyed].map(({ headers }) => headers.get('ratelimit-policy') ?? '');
      assert.equal(open, '"default";q=100;w=900');
      assert.match(own ?? '', /^"pro";q=\d+;w=\d+$/);
    }
    assert.equal((await visitor.send('/api/v1/keys', { token: made.key })).status, 403);
    assert.equal((await visitor.send('/api/v1/stats/overview', { token: `${made.key.slice(0, -1)}!` })).status, 401);
    keyId = made.id;
    await visitor.ask(`/api/v1/keys/${made.id}`, { method: 'DELETE', token, status: 204 });
    assert.equal((await visitor.send('/api/v1/stats/overview', { token: made.key })).status, 401);
  });

  test('a domain is proven by DNS, and names under it are served by its host', async () => {
    const { visitor, dns } = house;
    const token = await visitor.signIn(alice);
    const host = 'shop.example.org';
    const served = async () => (await visitor.send(`/api/v1/hosts/served?domain=${host}`)).status;
    const claimed = await visitor.ask<Domain>('/api/v1/domains', { token, body: { host }, status: 201 });
    assert.deepEqual([claimed.state, claimed.proof.txtName], ['pending', `_nostrata.${host}`]);
    assert.equal(await served(), 404);
    dns.set(claimed.proof.txtName, [{ type: 'TXT', texts: [claimed.proof.txtValue] }]);
    const checked = await visitor.ask<Domain>(`/api/v1/domains/${claimed.id}/check`, { token, body: {} });
    assert.equal(checked.state, 'verified', JSON.stringify(checked));
    assert.ok(dns.asked.some(({ name }) => name === claimed.proof.txtName));
    assert.equal(await served(), 200);
    const { name, payment } = await visitor.ask<Registered>('/api/v1/names', {
      ...{ token, body: { name: 'info', host }, status: 201 },
    });
    assert.deepEqual([name.address, payment], [`info@${host}`, null]);
    assert.deepEqual(await namesOf('info', host), { names: { info: alice.pubkey } });
    assert.deepEqual(await namesOf('info'), { names: {} });
  });

  test('what happens is delivered to the webhook of its user, signed', async () => {
    const { visitor } = house;
    await using receiver = await startReceiver();
    const token = await visitor.signIn(alice);
    const hook = await visitor.ask<{ id: string; secret: string }>('/api/v1/hooks', {
      ...{ token, body: { url: `${receiver.url}/in`, topics: ['payment.settled'] }, status: 201 },
    });
    const payment = await buyPlan(token, 'business');
    // What was told a moment before the hook was there may come too.
    const find = () => receiver.came.find((one) => one.body.includes(payment.id));
    const { headers, body } = await waitUntil(find, { ...long, what: 'the delivery' });
    const key = Buffer.from(hook.secret.replace('whsec_', ''), 'base64');
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
    const wanted = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    assert.equal(headers['webhook-signature'], wanted);
    assert.equal((JSON.parse(body) as { type: string }).type, 'payment.settled');
    await visitor.ask(`/api/v1/hooks/${hook.id}`, { method: 'DELETE', token, status: 204 });
  });

  test('who is named in the settings is admin from the first sign-in on, and nobody else', async () => {
    const { visitor } = house;
    const [boss, user] = [await visitor.signIn(admin), await visitor.signIn(bob)];
    assert.equal((await visitor.ask('/api/v1/auth/me', { token: boss })).role, 'admin');
    const { items } = await visitor.ask<{ items: unknown[] }>('/api/v1/admin/payments?state=settled', { token: boss });
    assert.equal(items.length, 3);
    assert.equal((await visitor.send('/api/v1/admin/payments', { token: user })).status, 403);
    const verified = await visitor.ask('/api/v1/admin/audit/verify', { token: boss, body: {} });
    assert.equal(verified.ok, true);
  });

  test('while it runs and afterwards the books agree, and nothing secret was logged', async () => {
    const { visitor, folder, relay, lnbits } = house;
    const data = ['--data', folder];
    for (const words of [
      ['accounts', 'check'],
      ['audit', 'verify'],
    ]) {
      const { code, stdout } = await runProcess([...words, ...data]);
      assert.equal(code, 0, stdout);
      assert.match(stdout, /everything agrees|the chain is whole/);
    }
    const token = await visitor.signIn(alice);
    const load = () => visitor.ask<{ total: number }>(`/api/v1/keys/${keyId}/usage`, { token });
    const { total } = await waitUntil(async () => [await load()].find((usage) => usage.total > 0), long);
    assert.equal(total, 4, 'three answers and a refusal');
    const { code, stdout, stderr } = await relay.stop();
    assert.equal(code, 0, stderr);
    const secrets = [...visitor.secrets, lnbits.invoiceKey, new URL(lnbits.payments[0]?.webhook ?? '').pathname];
    assert.ok(secrets.length > 20, `${secrets.length} secrets`);
    for (const secret of secrets) assert.ok(!`${stdout}${stderr}`.includes(secret), `${secret} in the log`);
  });

  test('whatever is changed in the database by hand is found', async () => {
    const prove = async ({ what, statements, command, told }: Tampering): Promise<void> => {
      await using copy = await createFolder();
      await tamperWith({ from: house.folder, to: copy.path, statements });
      const { code, stdout, stderr } = await runProcess([...command, '--data', copy.path]);
      assert.deepEqual([code, stderr], [1, ''], `${what}: ${stdout}`);
      assert.match(stdout, told, what);
    };
    await Promise.all(tamperings.map(prove));
    assert.equal((await runProcess(['accounts', 'check', '--data', join(house.folder, 'none')])).code, 2);
  });
});

/** Where a user's webhook leads. */
async function startReceiver(): Promise<
  AsyncDisposable & { readonly url: string; readonly came: { headers: IncomingMessage['headers']; body: string }[] }
> {
  const came: { headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const part of incoming.setEncoding('utf8')) body += part;
    came.push({ headers: incoming.headers, body });
    outgoing.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    came,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
