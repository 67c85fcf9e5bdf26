import type {
  AdminNameAnswer,
  AdminUserAnswer,
  AdminUserDetails,
  AuditAnswer,
  Overview,
  RefundAnswer,
  RuleAnswer,
} from '@nostrata/accounts';
import { encodeNpub } from '@nostrata/protocol';
import { createKeys } from '@nostrata/testing';
import { daysFromNow, namesOf, paymentOf } from './test-accounts-data.ts';
import type { FixtureAnswer, FixtureRequest } from './test-scenes.ts';

const overview: Overview = {
  asOf: daysFromNow(0),
  users: { total: 1_204, suspended: 3, newInWeek: 41, admins: 2 },
  sessions: 812,
  apiKeys: 96,
  names: 733,
  domains: { pending: 4, verified: 21 },
  subscriptions: { pro: 210, business: 12 },
  payments: { settled: 96, expired: 11 },
  income: [
    { currency: 'msat', payments: 90, amount: 1_890_000_000 },
    { currency: 'usd', payments: 6, amount: 54_000 },
  ],
  refundsOpen: [{ currency: 'msat', refunds: 1, amount: 21_000_000 }],
  hooks: { active: 40, disabled: 2, waiting: 1 },
  audit: { entries: 10_233, hash: 'a'.repeat(64), signedSeq: 10_201 },
};

const users: readonly AdminUserAnswer[] = Array.from({ length: 6 }, (_, place) => {
  const { pubkey } = createKeys(`user ${place} of the page`);
  return {
    id: `usr_0000000000000000000${place + 2}`,
    pubkey,
    npub: encodeNpub(pubkey),
    role: place === 0 ? 'support' : 'user',
    state: place === 3 ? 'suspended' : 'active',
    createdAt: daysFromNow(-place),
    plan: place % 2 === 0 ? 'pro' : 'free',
  };
});

function detailsOf(user: AdminUserAnswer): AdminUserDetails {
  return {
    ...user,
    linkingKeys: [],
    usedAt: daysFromNow(-0.2),
    has: { sessions: 2, apiKeys: 1, hooks: 0, names: 3, domains: 1, payments: 4 },
    subscription: {
      ...{ plan: 'pro', period: 'month', phase: 'active', startedAt: daysFromNow(-10), trialEndsAt: null },
      ...{ periodStart: daysFromNow(-10), periodEnd: daysFromNow(20), graceEndsAt: daysFromNow(27) },
      ...{ isLifetime: false, cancelsAtEnd: false, next: null },
      entitlements: {
        ...{ plan: 'pro', names: 3, domains: 1, apiKeys: 5, hooks: 3, scopes: ['stats:read'] },
        rate: { name: 'pro', requestsMax: 600, windowMs: 60_000 },
      },
    },
  };
}

const names: readonly AdminNameAnswer[] = namesOf().map((name) => ({ ...name, userId: users[0]?.id ?? '' }));

const rules: readonly RuleAnswer[] = [
  { host: '*', local: 'bitcoin', rule: 'premium', priceMsat: 5_000_000_000, createdAt: daysFromNow(-9) },
  { host: 'nostrata.example', local: 'help', rule: 'reserved', priceMsat: null, createdAt: daysFromNow(-9) },
];

const refund: RefundAnswer = {
  id: 'ref_00000000000000000001',
  paymentId: 'pay_00000000000000000009',
  userId: users[0]?.id ?? '',
  currency: 'msat',
  amount: 21_000_000,
  reason: 'the name went to somebody else before the payment came',
  state: 'open',
  createdAt: daysFromNow(-2),
  closedAt: null,
  note: null,
};

function entryOf(seq: number): AuditAnswer {
  const actor = `user:${users[0]?.id}`;
  const details = { amount: 21_000_000, currency: 'msat' };
  return {
    ...{ seq, at: daysFromNow(-seq / 1000), actor, action: 'payment.settled', entity: 'payment:pay_1', details },
    hash: 'b'.repeat(64),
  };
}

/** What administrators are answered. */
export function answerAdmin({ method, url }: FixtureRequest, path: string): FixtureAnswer | undefined {
  const [, part, id, what] = path.split('/');
  const list = (items: readonly unknown[], next: string | null = null): FixtureAnswer => ({
    status: 200,
    body: { items, next },
  });
  switch (part) {
    case 'overview':
      return { status: 200, body: overview };
    case 'plans':
      return list([{ id: 'pro', name: 'Pro', trialDays: 14, graceDays: 7, isSold: true, people: 210 }]);
    case 'users':
      return id === undefined ? list(findUsers(url)) : answerUser(id);
    case 'names':
      return what === 'release' ? { status: 200, body: names[0] } : list(names);
    case 'name-rules':
      return method === 'GET' ? list(rules) : { status: 204 };
    case 'payments':
      return list([{ ...paymentOf(), userId: users[0]?.id }]);
    case 'refunds':
      return what === 'close' ? { status: 200, body: refund } : list([refund]);
    case 'audit':
      if (id === 'verify') {
        const head = { seq: 10_233, hash: 'a'.repeat(64) };
        return { status: 200, body: { ok: true, entries: 10_233, heads: 30, firstBroken: null, head } };
      }
      // The newest first, in two parts.
      return url.searchParams.has('cursor') ? list([entryOf(2), entryOf(1)]) : list([entryOf(4), entryOf(3)], '3');
    default:
      return undefined;
  }
}

function findUsers(url: URL): readonly AdminUserAnswer[] {
  const search = url.searchParams.get('search') ?? '';
  return users.filter(({ npub, id }) => search === '' || npub === search || id === search);
}

function answerUser(id: string): FixtureAnswer | undefined {
  const user = users.find((one) => one.id === id);
  return user && { status: 200, body: detailsOf(user) };
}
