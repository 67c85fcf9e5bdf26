import type {
  ChangeAnswer,
  CheckAnswer,
  DeliveryAnswer,
  DomainAnswer,
  HookAnswer,
  HostsAnswer,
  KeyAnswer,
  NameAnswer,
  PaymentAnswer,
  UsageHour,
} from '@nostrata/accounts';
import { encodeNpub } from '@nostrata/protocol';
import { createKeys, type Keys } from '@nostrata/testing';
import type { Me } from '../page/account/answers.ts';
import { fixtureNow } from './test-fixtures.ts';

/** Who is signed in with the fixtures, and somebody else. */
export const alice: Keys = createKeys('alice of the page');
/** Somebody else. */
export const bob: Keys = createKeys('bob of the page');

const dayMs = 86_400_000;

/** A time so many days from now, as answers have it. */
export function daysFromNow(days: number): string {
  return new Date(fixtureNow + days * dayMs).toISOString();
}

/** Who is signed in. */
export function meOf(standing: 'entitled' | 'free' | 'support' | 'admin'): Me {
  const isFree = standing === 'free';
  return {
    id: 'usr_00000000000000000001',
    pubkey: alice.pubkey,
    npub: encodeNpub(alice.pubkey),
    linkingKeys: [],
    role: standing === 'admin' || standing === 'support' ? standing : 'user',
    state: 'active',
    createdAt: daysFromNow(-90),
    plan: isFree ? 'free' : 'pro',
    entitlements: {
      names: isFree ? 0 : 3,
      domains: isFree ? 0 : 3,
      apiKeys: isFree ? 0 : 5,
      hooks: isFree ? 0 : 3,
      scopes: isFree ? ['stats:read'] : ['stats:read', 'trust:read', 'names:read', 'names:write', 'domains:read'],
      rate: { name: isFree ? 'free' : 'pro', requestsMax: isFree ? 60 : 600, windowMs: 60_000 },
    },
    session: { id: 'ses_00000000000000000001', expiresAt: daysFromNow(29.9) },
    csrfToken: 'token-against-forgery',
  };
}

/** A name in each of its phases. */
export function namesOf(): NameAnswer[] {
  const name = (number: number, local: string, change: Partial<NameAnswer>): NameAnswer => ({
    id: `nam_0000000000000000000${number}`,
    address: `${local}@nostrata.example`,
    local,
    host: 'nostrata.example',
    pubkey: alice.pubkey,
    relays: [],
    phase: 'active',
    coverage: 'paid',
    paidUntil: daysFromNow(200),
    heldUntil: null,
    graceUntil: daysFromNow(230),
    freeAt: daysFromNow(267),
    createdAt: daysFromNow(-165),
    ...change,
  });
  return [
    name(1, 'alice', { relays: ['wss://relay.example.com/'] }),
    name(2, 'cartographer', { coverage: 'plan', paidUntil: null }),
    name(3, 'al', { phase: 'grace', paidUntil: daysFromNow(-3), graceUntil: daysFromNow(27) }),
    name(4, 'new.alice', { phase: 'held', paidUntil: null, heldUntil: daysFromNow(0.01) }),
    name(5, 'old-alice', { phase: 'expired', paidUntil: daysFromNow(-33), freeAt: daysFromNow(34) }),
    name(6, 'operator', { coverage: 'granted', paidUntil: null, graceUntil: null, freeAt: null }),
    name(7, 'gone', { phase: 'quarantine', paidUntil: daysFromNow(100), freeAt: daysFromNow(20) }),
  ];
}

/** Where names can be had, and prices. */
export const hosts: HostsAnswer = {
  items: [
    { host: 'nostrata.example', kind: 'managed' },
    { host: 'alice.example', kind: 'own' },
  ],
  prices: [
    { charactersMin: 5, price: { msat: 21_000_000 } },
    { charactersMin: 4, price: { msat: 210_000_000, fiat: { currency: 'usd', minor: 9000 } } },
    { charactersMin: 3, price: { msat: 2_100_000_000 } },
  ],
};

/** What a look at a name comes to. */
export function checkOf(name: string, host: string): CheckAnswer {
  const isTaken = name === 'satoshi';
  return {
    address: `${name}@${host}`,
    available: !isTaken,
    reason: isTaken ? 'somebody has the name' : null,
    rule: 'standard',
    price: { msat: 21_000_000 },
    coveredByPlan: host === 'alice.example',
  };
}

/** What happened to a name. */
export const changes: readonly ChangeAnswer[] = [
  {
    id: 'chg_00000000000000000002',
    at: daysFromNow(-3),
    what: 'rekeyed',
    fromPubkey: bob.pubkey,
    toPubkey: alice.pubkey,
    evidence: JSON.stringify({ kind: 27_405, content: 'alice@nostrata.example points at another key' }),
  },
  {
    id: 'chg_00000000000000000001',
    at: daysFromNow(-165),
    what: 'paid',
    fromPubkey: null,
    toPubkey: bob.pubkey,
    evidence: 'pay_00000000000000000001',
  },
];

/** A payment of a name. */
export function paymentOf(change: Partial<PaymentAnswer> = {}): PaymentAnswer {
  return {
    id: 'pay_00000000000000000009',
    state: 'pending',
    provider: 'lnbits',
    purchase: { kind: 'name', nameId: 'nam_00000000000000000009', years: 1 },
    description: 'carol@nostrata.example for one year',
    currency: 'msat',
    amount: 18_900_000,
    price: 21_000_000,
    discountPercent: 10,
    credit: 0,
    bolt11: `lnbc210u1${'q'.repeat(180)}`,
    checkoutUrl: null,
    createdAt: daysFromNow(0),
    expiresAt: daysFromNow(0.01),
    settledAt: null,
    receipt: null,
    refund: null,
    failure: null,
    ...change,
  };
}

/** A domain in each of its states. */
export function domainsOf(): DomainAnswer[] {
  const domain = (number: number, host: string, change: Partial<DomainAnswer>): DomainAnswer => ({
    id: `dom_0000000000000000000${number}`,
    host,
    unicode: host,
    state: 'verified',
    method: 'dns',
    proof: {
      txtName: `_nostrata.${host}`,
      txtValue: `nostrata-verify=dom_${number}.${'0123456789abcdef'.repeat(4)}`,
      fileUrl: `https://${host}/.well-known/nostrata.txt`,
      fileBody: `nostrata-verify=dom_${number}.${'0123456789abcdef'.repeat(4)}\n`,
    },
    verifiedAt: daysFromNow(-20),
    checkedAt: daysFromNow(-1),
    nextCheckAt: daysFromNow(6),
    lastFailure: null,
    ...change,
  });
  return [
    domain(1, 'alice.example', {}),
    domain(2, 'xn--bcher-kva.example', {
      unicode: 'bücher.example',
      state: 'failing',
      lastFailure: 'found no TXT record at _nostrata.xn--bcher-kva.example',
    }),
  ];
}

/** A claim that is not proven. */
export function claimOf(host: string): DomainAnswer {
  const [like] = domainsOf();
  if (like === undefined) throw new Error('the fixtures have a domain');
  const { proof } = like;
  const text = JSON.stringify(proof).replaceAll('alice.example', host);
  return {
    ...{ ...like, id: 'dom_00000000000000000009', host, unicode: host, state: 'pending', method: null },
    ...{ proof: JSON.parse(text), verifiedAt: null, checkedAt: null, nextCheckAt: null },
  };
}

/** Keys that work, are replaced and have ended. */
export function keysOf(): KeyAnswer[] {
  const key = (number: number, name: string, change: Partial<KeyAnswer>): KeyAnswer => ({
    id: `key_0000000000000000000${number}`,
    name,
    prefix: 'nst_live_a1b2',
    last4: `000${number}`,
    scopes: ['names:read', 'stats:read'],
    effectiveScopes: ['names:read', 'stats:read'],
    addresses: [],
    createdAt: daysFromNow(-40),
    expiresAt: null,
    usedAt: daysFromNow(-0.1),
    revokedAt: null,
    replacedBy: null,
    ...change,
  });
  return [
    key(1, 'Dashboard', { addresses: ['192.0.2.7', '2001:db8::/48'] }),
    key(2, 'Bot of last year', { scopes: ['hooks:write', 'stats:read'], effectiveScopes: ['stats:read'] }),
    key(3, 'Old dashboard', { replacedBy: 'key_00000000000000000001', expiresAt: daysFromNow(0.5) }),
    key(4, 'Trial', { revokedAt: daysFromNow(-10), usedAt: null }),
  ];
}

/** What a key was used for: a day and a half of it. */
export function usageOf(): { items: UsageHour[]; total: number } {
  const hour = Math.floor(fixtureNow / 3_600_000) * 3_600_000;
  const items = Array.from({ length: 36 }, (_, place) => {
    const requests = 20 + ((place * 7) % 30);
    return {
      hour: new Date(hour - (35 - place) * 3_600_000).toISOString(),
      requests,
      refused: place % 5,
      routes: { 'GET /api/v1/stats/overview': requests - 5, 'GET /api/v1/names': 5 },
    };
  });
  return { items, total: items.reduce((sum, { requests }) => sum + requests, 0) };
}

/** Webhooks that are on, fail and are off. */
export function hooksOf(): HookAnswer[] {
  const hook = (number: number, url: string, change: Partial<HookAnswer>): HookAnswer => ({
    id: `hok_0000000000000000000${number}`,
    url,
    topics: ['name.changed', 'payment.settled'],
    state: 'active',
    createdAt: daysFromNow(-12),
    failingSince: null,
    ...change,
  });
  return [
    hook(1, 'https://hooks.alice.example/nostrata', {}),
    hook(2, 'https://away.example/hook?of=alice', { failingSince: daysFromNow(-2), topics: ['key.revoked'] }),
  ];
}

/** Deliveries of every outcome. */
export const deliveries: readonly DeliveryAnswer[] = (
  [
    { topic: 'name.changed', state: 'delivered', attempts: 1, lastStatus: 204, lastFailure: null, nextAt: null },
    {
      topic: 'payment.settled',
      state: 'waiting',
      attempts: 2,
      lastStatus: 503,
      lastFailure: 'status',
      nextAt: daysFromNow(0.01),
    },
    { topic: 'name.changed', state: 'failed', attempts: 7, lastStatus: null, lastFailure: 'timeout', nextAt: null },
    { topic: 'hook.test', state: 'cancelled', attempts: 0, lastStatus: null, lastFailure: null, nextAt: null },
  ] as const
).map((delivery, place) => ({
  ...delivery,
  id: `dlv_0000000000000000000${place}`,
  createdAt: daysFromNow(-place),
  doneAt: delivery.state === 'waiting' ? null : daysFromNow(-place),
}));
