import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { getPublicKey, getTagValue } from '@nostrata/protocol';
import {
  createTestNetwork,
  fc,
  type NwcOptions,
  startNwcWallet,
  type TestNetwork,
  type TestWallet,
  waitUntil,
} from '@nostrata/testing';
import { type CheckedProvider, checkProvider } from './check.ts';
import { createNwc } from './nwc.ts';
import { parseNwcUri } from './settings.ts';
import { asked, assertFault, createTestClock } from './test-providers.ts';

interface Shop extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly wallet: TestWallet;
  readonly provider: CheckedProvider;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly secrets: readonly string[];
}

async function openShop(
  options: Partial<NwcOptions> = {},
  { relays = 1, speed = 1, faults = {} }: { relays?: number; speed?: number; faults?: object } = {},
): Promise<Shop> {
  const network = await createTestNetwork({ seed: 'wallets', relays });
  const wallet = await startNwcWallet({ relays: network.urls, ...options });
  for (const relay of network.relays) relay.set(faults);
  const clock = createTestClock(speed);
  const provider = createNwc(parseNwcUri(wallet.uri), { clock, random: (count) => randomBytes(count) });
  return {
    ...{ network, wallet, provider, clock, secrets: [wallet.secret, wallet.uri] },
    async [Symbol.asyncDispose]() {
      await provider.stop?.();
      await wallet.stop();
      await network.stop();
    },
  };
}

test('an invoice is made in millisatoshi, encrypted as the wallet prefers, and signed by the key of the connection', async () => {
  for (const [encryption, scheme] of [
    ['nip44_v2 nip04', 'nip44_v2'],
    ['nip04 nip44_v2', 'nip44_v2'],
    ['nip44_v2', 'nip44_v2'],
    ['nip04', undefined],
    [null, undefined],
  ] as const) {
    await using shop = await openShop({ encryption });
    const request = asked();
    const opened = await shop.provider.create(request);
    const [invoice] = shop.wallet.invoices;
    assert.deepEqual(
      [opened.bolt11, opened.ref, opened.paymentHash],
      [invoice?.bolt11, invoice?.paymentHash, invoice?.paymentHash],
    );
    assert.ok(Math.abs(opened.expiresMs - request.expiresMs) < 5_000);
    const { event, params } = shop.wallet.requests[0] ?? assert.fail();
    const { amount, description, expiry } = params as { amount: number; description: string; expiry: number };
    assert.deepEqual([amount, description], [21_000_000, 'Pro, one month']);
    assert.ok(expiry > 890 && expiry <= 900);
    assert.equal(getTagValue(event, 'encryption'), scheme);
    assert.equal(getTagValue(event, 'p'), shop.wallet.walletPubkey);
    const expiration = Number(getTagValue(event, 'expiration'));
    assert.ok(expiration > event.created_at && expiration <= event.created_at + 60);
  }
});

test('every state of an invoice is told as what it means, also by wallets that tell none', async () => {
  for (const tellsStates of [true, false]) {
    await using shop = await openShop({ tellsStates });
    const { ref } = await shop.provider.create(asked());
    const nothing = { currency: 'msat', paymentId: null, paymentHash: ref, preimage: null, paidAmount: 0 };
    assert.deepEqual(await shop.provider.load(ref), { ...nothing, state: 'pending' });
    shop.clock.nowMs = Date.now() + 1_000_000;
    assert.equal((await shop.provider.load(ref)).state, 'expired');
    shop.clock.nowMs = undefined;
    shop.wallet.pay(ref, { isTold: false });
    const preimage = shop.wallet.invoices[0]?.preimage;
    assert.deepEqual(await shop.provider.load(ref), { ...nothing, state: 'paid', paidAmount: 21_000_000, preimage });
    assert.equal((await shop.provider.load('c'.repeat(64))).state, 'unknown');
    if (!tellsStates) continue;
    for (const [state, means] of [
      ['accepted', 'processing'],
      ['expired', 'expired'],
      ['failed', 'failed'],
    ] as const) {
      shop.wallet.set(ref, state);
      assert.equal((await shop.provider.load(ref)).state, means);
    }
  }
});

test('a preimage that a wallet tells before anybody paid is no payment', async () => {
  for (const tellsStates of [true, false]) {
    await using shop = await openShop({ tellsStates });
    const { ref } = await shop.provider.create(asked());
    shop.wallet.fail('tells-preimage');
    const { state, preimage, paidAmount } = await shop.provider.load(ref);
    assert.deepEqual([state, preimage, paidAmount], ['pending', null, 0]);
  }
});

test('a wallet that is silent, talks nonsense, or is somebody else is an error that says so', async () => {
  await using shop = await openShop({}, { speed: 40 });
  const { ref } = await shop.provider.create(asked());
  shop.wallet.pay(ref, { isTold: false });
  for (const fault of ['silent', 'other-key', 'forged', 'other-request'] as const) {
    shop.wallet.fail(fault);
    await assertFault(shop.provider.load(ref), 'away', shop.secrets);
    await assertFault(shop.provider.create(asked()), 'away', shop.secrets);
  }
  for (const fault of ['garbage', 'no-json', 'other-shape', 'other-type'] as const) {
    shop.wallet.fail(fault);
    await assertFault(shop.provider.load(ref), 'malformed', shop.secrets);
    await assertFault(shop.provider.create(asked()), 'malformed', shop.secrets);
  }
  for (const fault of ['other-amount', 'other-hash'] as const) {
    shop.wallet.fail(fault);
    await assertFault(shop.provider.create(asked()), 'malformed', shop.secrets);
  }
  await assertFault(shop.provider.load(ref), 'malformed', shop.secrets);
  shop.wallet.fail(undefined);
  assert.equal((await shop.provider.load(ref)).state, 'paid');
});

test('codes of errors say whether asking again helps', async () => {
  await using shop = await openShop();
  const codes = [
    ...(['RATE_LIMITED', 'INTERNAL', 'OTHER', 'UNSUPPORTED_ENCRYPTION', 'so\nstrange'] as const).map(
      (code) => [code, 'away'] as const,
    ),
    ...(
      ['QUOTA_EXCEEDED', 'UNAUTHORIZED', 'RESTRICTED', 'NOT_IMPLEMENTED', 'INSUFFICIENT_BALANCE', 'NEW_CODE'] as const
    ).map((code) => [code, 'refused'] as const),
  ];
  for (const [code, means] of codes) {
    shop.wallet.fail({ code });
    await assertFault(shop.provider.create(asked()), means, shop.secrets);
    await assertFault(shop.provider.load('d'.repeat(64)), means, shop.secrets);
  }
  shop.wallet.fail({ code: 'NOT_FOUND' });
  assert.equal((await shop.provider.load('d'.repeat(64))).state, 'unknown');
  await assertFault(shop.provider.create(asked()), 'refused', shop.secrets);
});

test('without an info event, a method or an encryption that both know, nothing is sent', async () => {
  for (const [options, fault] of [
    [{ hasInfo: false }, 'away'],
    [{ methods: 'get_balance' }, 'refused'],
    [{ encryption: 'nip99' }, 'refused'],
  ] as const) {
    await using shop = await openShop(options);
    await assertFault(shop.provider.create(asked()), fault, shop.secrets);
    assert.equal(shop.wallet.requests.length, 0);
  }
});

test('one relay of several is enough, and none is an error', async () => {
  await using shop = await openShop({}, { relays: 3, speed: 4 });
  await shop.network.relay(0).stop();
  shop.network.relay(1).set({ okFalse: 'blocked: not you' });
  const { ref } = await shop.provider.create(asked());
  assert.equal(shop.wallet.requests.length, 1);
  await shop.network.relay(1).stop();
  assert.equal((await shop.provider.load(ref)).state, 'pending');
  await shop.network.relay(2).stop();
  await assertFault(shop.provider.load(ref), 'away', shop.secrets);
});

test('a relay that refuses every request is told at once, and one that wants to know who we are is answered', async () => {
  await using refusing = await openShop({}, { faults: { okFalse: 'restricted: no' } });
  await assertFault(refusing.provider.create(asked()), 'away', refusing.secrets);
  await using asking = await openShop({}, { faults: { authToRead: true } });
  await asking.provider.create(asked());
  const { authentications } = asking.network.relay(0).ledger;
  assert.deepEqual([...new Set(authentications)], [getPublicKey(Buffer.from(asking.wallet.secret, 'hex'))]);
});

test('notifications are hints, by either encryption, and whatever else is sent is passed over', async () => {
  for (const encryption of ['nip44_v2 nip04', 'nip04', 'nip44_v2']) {
    await using shop = await openShop({ encryption });
    const hints: string[] = [];
    const watching = shop.provider.watch?.((ref) => hints.push(ref)) ?? assert.fail();
    await waitUntil(() =>
      shop.network.relay(0).ledger.requests.some(({ filters }) => filters[0]?.kinds?.includes(23_197)),
    );
    const { ref } = await shop.provider.create(asked());
    const notices: readonly unknown[] = [
      { notification_type: 'payment_sent', notification: { payment_hash: ref } },
      null,
      'x',
      {},
    ];
    for (const notice of notices) shop.wallet.notify(notice);
    shop.wallet.pay(ref);
    await waitUntil(() => hints.length > 0, { what: 'a hint' });
    await shop.network.settle();
    assert.deepEqual([...new Set(hints)], [ref]);
    assert.ok(hints.length <= 2);
    await watching.stop();
    await watching.stop();
  }
});

test('a check says whether the wallet replies, and warns of a connection that can spend', async () => {
  await using shop = await openShop();
  assert.deepEqual(await checkProvider(shop.provider), {
    ...{ name: 'nwc', state: 'works', message: 'nwc: the wallet replies and makes invoices' },
  });
  shop.wallet.fail({ code: 'UNAUTHORIZED' });
  const wrong = await checkProvider(shop.provider);
  assert.deepEqual(wrong, { name: 'nwc', state: 'wrong', message: 'nwc: the wallet refused (UNAUTHORIZED)' });
  await using spender = await openShop({ methods: 'pay_invoice make_invoice lookup_invoice' });
  assert.match((await checkProvider(spender.provider)).message, /may also spend/);
  await using gone = await openShop({ hasInfo: false });
  assert.equal((await checkProvider(gone.provider)).state, 'away');
});

test('a connection string is read with all of its relays, and no error repeats a part of it', () => {
  const pubkey = 'b889ff5b1513b641e2a139f661a661364979c5beee91842f8f0ef42ab558e9d4';
  const secret = '71a8c14c1407c113601079c4302dab36460f0ccd0ad506f1f2dc73b5100e4f3c';
  // The example of NIP-47.
  const example = `nostr+walletconnect://${pubkey}?relay=wss%3A%2F%2Frelay.damus.io&secret=${secret}`;
  const settings = parseNwcUri(example);
  assert.equal(settings.walletPubkey, pubkey);
  assert.equal(Buffer.from(settings.secret).toString('hex'), secret);
  assert.deepEqual(settings.relays, ['wss://relay.damus.io']);
  const more = parseNwcUri(
    ` ${example}&relay=wss://b.example&relay=junk&relay=wss%3A%2F%2Frelay.damus.io&lud16=a@b.c\n`,
  );
  assert.deepEqual(more.relays, ['wss://relay.damus.io', 'wss://b.example']);
  const wrong = [
    ...[
      '',
      'x',
      `nostr+walletconnect://${pubkey}`,
      example.replace(pubkey, 'short'),
      example.replace('secret=', 'key='),
    ],
    ...[
      example.replace(/relay=[^&]*/, ''),
      example.replace(secret, secret.slice(2)),
      example.replace('nostr+', 'http:'),
    ],
    example + '&relay=wss://x.example'.repeat(20),
  ];
  for (const uri of wrong) {
    assert.throws(
      () => parseNwcUri(uri),
      (error) =>
        error instanceof Error && !error.message.includes(secret.slice(0, 20)) && !error.message.includes('damus'),
      uri,
    );
  }
  fc.assert(fc.property(fc.string(), (text) => void assert.throws(() => parseNwcUri(text))));
});
