import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  startBtcpay,
  startNwcWallet,
  startStripe,
  type TestBtcpay,
  type TestStripe,
  type TestWallet,
  waitUntil,
} from '@nostrata/testing';
import { createFolder, type RunningRelay, runForJson, startRelay } from './program.ts';
import { createPerson, createVisitor, type SignedIn, startFront, type Visitor } from './test-house.ts';

const [alice, bob] = [createPerson(1), createPerson(2)];
const origin = 'https://names.example';
const long = { timeoutMs: 20_000 };

/** What the tests look at in answers. */
interface Payment {
  readonly id: string;
  readonly state: string;
  readonly currency: string;
  readonly amount: number;
  readonly bolt11: string | null;
  readonly checkoutUrl: string | null;
}

/** An installation behind a proxy that does TLS, with three providers. */
interface House {
  readonly folder: string;
  readonly relay: RunningRelay;
  readonly visitor: Visitor;
  readonly btcpay: TestBtcpay;
  readonly stripe: TestStripe;
  readonly wallet: TestWallet;
}

async function openHouse(open: AsyncDisposableStack): Promise<House> {
  const front = open.use(await startFront({ protocol: 'https' }));
  const hooks = `${front.url}/api/v1/webhooks`;
  const btcpay = open.use(await startBtcpay({ webhookUrl: `${hooks}/btcpay` }));
  const stripe = open.use(await startStripe({ webhookUrl: `${hooks}/stripe` }));
  // The wallet is reached over a relay of our own.
  const other = open.use(await startRelay(['--data', open.use(await createFolder()).path]));
  const wallet = open.use(await startNwcWallet({ relays: [other.url] }));
  const folder = open.use(await createFolder()).path;
  const environment = {
    NOSTRATA_ACCOUNTS: 'yes',
    NOSTRATA_DATA: folder,
    NOSTRATA_LOG_LEVEL: 'debug',
    NOSTRATA_PUBLIC_URL: origin.replace('https', 'wss'),
    NOSTRATA_TRUSTED_PROXIES: '127.0.0.1',
    NOSTRATA_RATE_LIMIT: '0',
    NOSTRATA_BTCPAY_URL: btcpay.url,
    NOSTRATA_BTCPAY_STORE: btcpay.storeId,
    NOSTRATA_BTCPAY_KEY: btcpay.apiKey,
    NOSTRATA_BTCPAY_WEBHOOK_SECRET: btcpay.webhookSecret,
    NOSTRATA_STRIPE_URL: stripe.url,
    NOSTRATA_STRIPE_KEY: stripe.secretKey,
    NOSTRATA_STRIPE_WEBHOOK_SECRET: stripe.webhookSecret,
    NOSTRATA_NWC_URI: wallet.uri,
  };
  const relay = open.use(await startRelay([], { environment }));
  front.lead(relay.port);
  return { ...{ folder, relay, btcpay, stripe, wallet }, visitor: createVisitor(front.url) };
}

describe('an installation behind TLS', () => {
  const open = new AsyncDisposableStack();
  let house: House;
  before(async () => {
    house = await openHouse(open);
  });
  after(() => open.disposeAsync());

  const openPayment = (token: string, provider: string, plan: string): Promise<Payment> => {
    const body = { purchase: { kind: 'plan', plan, period: 'month' }, provider };
    return house.visitor.ask('/api/v1/payments', { token, body, status: 201 });
  };
  const settled = (token: string, { id }: Payment): Promise<Payment> => {
    const load = () => house.visitor.ask<Payment>(`/api/v1/payments/${id}`, { token });
    return waitUntil(async () => [await load()].find(({ state }) => state === 'settled'), { ...long, what: id });
  };

  test('the session is kept in a cookie that no script and no other site gets at', async () => {
    const { visitor } = house;
    const target = '/api/v1/auth/verify-nip98';
    const body = '{"cookie":true}';
    const headers = () => ({ authorization: alice.authorize(`${origin}${target}`, { method: 'POST', body }), origin });
    const signedIn = await visitor.send<SignedIn>(target, { body, headers: headers() });
    assert.deepEqual([signedIn.status, signedIn.body.token], [200, null], JSON.stringify(signedIn.body));
    const [pair = '', ...attributes] = (signedIn.headers.get('set-cookie') ?? '').split('; ');
    assert.match(pair, /^__Host-nostrata-session=[\w.-]{20,}$/);
    const [maxAge, ...others] = attributes.sort((a, b) => Number(b.startsWith('Max')) - Number(a.startsWith('Max')));
    assert.match(maxAge ?? '', /^Max-Age=\d+$/);
    assert.deepEqual(others.sort(), ['HttpOnly', 'Path=/', 'SameSite=Lax', 'Secure']);
    const foreign = { ...headers(), origin: 'https://evil.example' };
    assert.equal((await visitor.send(target, { body, headers: foreign })).status, 403);
    const cookie = pair;
    const csrf = { 'x-csrf-token': signedIn.body.csrfToken ?? '' };
    const me = await visitor.send('/api/v1/auth/me', { headers: { cookie } });
    assert.equal(me.body.pubkey, alice.pubkey);
    assert.equal(me.headers.get('access-control-allow-origin'), null);
    const logout = (more: Readonly<Record<string, string>>) =>
      visitor.send('/api/v1/auth/logout', { body: {}, headers: { cookie, ...more } });
    assert.equal((await logout({ origin })).status, 403);
    assert.equal((await logout({ ...csrf, origin: 'https://evil.example' })).status, 403);
    assert.equal((await logout(csrf)).status, 403);
    const out = await logout({ ...csrf, origin });
    assert.ok(out.status < 300, String(out.status));
    assert.match(out.headers.get('set-cookie') ?? '', /^__Host-nostrata-session=;.*Max-Age=0/);
    assert.equal((await visitor.send('/api/v1/auth/me', { headers: { cookie } })).status, 401);
  });

  test('no answer lets another site use cookies; pages cannot be framed and come by TLS alone', async () => {
    const { visitor } = house;
    const evil = { origin: 'https://evil.example' };
    const preflight = {
      ...evil,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-csrf-token',
    };
    const answers = await Promise.all([
      ...[
        '/api/v1/plans',
        '/api/v1/auth/me',
        '/.well-known/nostr.json?name=a',
        '/account',
        '/api/v1/none',
        '/health',
      ].map((target) => visitor.send(target, { headers: evil })),
      ...['/api/v1/payments', '/api/v1/auth/logout', '/account'].map((target) =>
        visitor.send(target, { method: 'OPTIONS', headers: preflight }),
      ),
    ]);
    for (const { headers } of answers) {
      assert.equal(headers.get('access-control-allow-credentials'), null);
      assert.notEqual(headers.get('access-control-allow-origin'), evil.origin);
    }
    for (const target of ['/account', '/account/keys', '/sign-in', '/admin', '/plans']) {
      const { status, headers } = await visitor.send(target);
      assert.equal(status, 200);
      assert.match(
        headers.get('content-security-policy') ?? '',
        /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'/,
      );
      assert.deepEqual(
        ['x-content-type-options', 'referrer-policy', 'cross-origin-opener-policy', 'access-control-allow-origin'].map(
          (name) => headers.get(name),
        ),
        ['nosniff', 'no-referrer', 'same-origin', null],
      );
      assert.match(headers.get('strict-transport-security') ?? '', /^max-age=\d{8}/, target);
    }
    assert.match((await visitor.send('/api/v1/plans')).headers.get('strict-transport-security') ?? '', /^max-age=/);
    const plain = createVisitor(house.relay.httpUrl);
    assert.equal((await plain.send('/account')).headers.get('strict-transport-security'), null);
  });

  test('BTCPay, Stripe and a wallet over our own relay are each paid once, by what they deliver', async () => {
    const { visitor, btcpay, stripe, wallet } = house;
    const token = await visitor.signIn(bob);
    const offered = await visitor.ask<{ providers: { name: string; kind: string }[] }>('/api/v1/plans');
    assert.deepEqual(
      offered.providers.map(({ name, kind }) => `${name} ${kind}`),
      ['btcpay lightning', 'nwc lightning', 'stripe card'],
    );
    const first = await openPayment(token, 'btcpay', 'pro');
    assert.match(first.bolt11 ?? '', /^ln/);
    const invoice = btcpay.invoices.at(-1) ?? assert.fail();
    const forged = btcpay.sign(
      JSON.stringify({ deliveryId: 'x', type: 'InvoiceSettled', invoiceId: invoice.id }),
      'guess',
    );
    const delivered = await visitor.send('/api/v1/webhooks/btcpay', { method: 'POST', ...forged });
    assert.equal(delivered.status, 401);
    await btcpay.pay(invoice.id);
    await settled(token, first);
    const [delivery] = btcpay.deliveries.filter(({ type }) => type === 'InvoiceSettled');
    await btcpay.redeliver(delivery?.id ?? '');
    const second = await openPayment(token, 'stripe', 'business');
    assert.deepEqual([second.currency, second.bolt11], ['usd', null]);
    assert.match(second.checkoutUrl ?? '', /^https?:/);
    await stripe.pay(stripe.sessions.at(-1)?.id ?? '');
    await settled(token, second);
    const third = await openPayment(await visitor.signIn(alice), 'nwc', 'pro');
    wallet.pay(wallet.invoices.at(-1)?.paymentHash ?? '');
    await settled(await visitor.signIn(alice), third);
    await Promise.all([btcpay.idle(), stripe.idle()]);
    const { items } = await visitor.ask<{ items: unknown[] }>('/api/v1/receipts', { token });
    assert.equal(items.length, 2);
  });

  test('the books agree, and no secret of a provider or a user is in the log', async () => {
    const { folder, relay, visitor, btcpay, stripe, wallet } = house;
    const { code, stdout, stderr } = await relay.stop();
    assert.equal(code, 0, stderr);
    const { apiKey, webhookSecret } = btcpay;
    const ofProviders = [apiKey, webhookSecret, stripe.secretKey, stripe.webhookSecret, wallet.secret, wallet.uri];
    for (const secret of [...visitor.secrets, ...ofProviders]) {
      assert.ok(!`${stdout}${stderr}`.includes(secret), `${secret} in the log`);
    }
    const report = await runForJson(['accounts', 'check', '--data', folder]);
    assert.deepEqual([report.payments, report.receipts, report.findings], [3, 3, []]);
    assert.equal((await runForJson(['audit', 'verify', '--data', folder])).ok, true);
  });
});
