import type { KeyAnswer, NameAnswer } from '@nostrata/accounts';
import { decodeNip19 } from '@nostrata/protocol';
import {
  alice,
  bob,
  changes,
  checkOf,
  claimOf,
  daysFromNow,
  deliveries,
  domainsOf,
  hooksOf,
  hosts,
  keysOf,
  meOf,
  namesOf,
  paymentOf,
  usageOf,
} from './test-accounts-data.ts';
import { answerAdmin } from './test-admin-data.ts';
import type { FixtureAnswer, FixtureRequest, Scene } from './test-scenes.ts';
import { explanationOf, network, pathOf, scoreOf, similarTo } from './test-trust-data.ts';

/** The API of accounts as the page finds it, in memory: what is changed is changed until the next start. */
export interface AccountsFixture {
  /** Who is signed in; `out` for nobody. */
  standing: 'entitled' | 'free' | 'support' | 'admin' | 'out';
  /** Whether name servers have the record of a claim. */
  isProofThere: boolean;
  /** Whether the payment that is open was paid. */
  isPaid: boolean;
  /** What was changed: method, path and body. */
  readonly changed: readonly (readonly [string, string, unknown])[];
  answer(request: FixtureRequest, scene: Scene): FixtureAnswer;
}

interface World extends AccountsFixture {
  names: NameAnswer[];
  domains: ReturnType<typeof domainsOf>;
  keys: KeyAnswer[];
  hooks: ReturnType<typeof hooksOf>;
  checks: number;
  readonly changed: [string, string, unknown][];
}

/** Creates it. */
export function createAccountsFixture(): AccountsFixture {
  const world: World = {
    standing: 'entitled',
    isProofThere: false,
    isPaid: false,
    names: namesOf(),
    domains: domainsOf(),
    keys: keysOf(),
    hooks: hooksOf(),
    checks: 0,
    changed: [],
    answer: (request, scene) => answer(world, request, scene),
  };
  return world;
}

const ok = (body: unknown, status = 200): FixtureAnswer => ({ status, body });
const problem = (status: number, error: string, message: string): FixtureAnswer => ({
  status,
  body: { error, message },
});

function answer(world: World, request: FixtureRequest, scene: Scene): FixtureAnswer {
  const path = request.url.pathname.replace('/api/v1/', '');
  if (request.method !== 'GET') world.changed.push([request.method, path, request.body]);
  if (scene === 'error' && path !== 'auth/me')
    return problem(503, 'unavailable', 'the accounts cannot be read just now');
  const isOpen = /^(?:auth\/(?:challenge|verify|lnurl)|plans|names\/(?:check|hosts|verify|audit)|wot\/)/.test(path);
  if (world.standing === 'out' && !isOpen) return problem(401, 'sign-in', 'sign in first');
  const isForgeable = request.method !== 'GET' && !/^auth\/(?:challenge|verify|lnurl)/.test(path);
  if (isForgeable && request.headers['x-csrf-token'] !== 'token-against-forgery') {
    return problem(403, 'csrf', 'the token against forgery is missing');
  }
  const found = find(world, request, path);
  if (found === undefined) return problem(404, 'not-found', `there is nothing at ${path}`);
  if (scene !== 'empty' || request.method !== 'GET') return found;
  const { items } = found.body as { items?: unknown };
  return Array.isArray(items) && !/^(?:plans|names\/hosts)/.test(path) ? ok({ items: [], next: null }) : found;
}

function find(world: World, request: FixtureRequest, path: string): FixtureAnswer | undefined {
  const [part] = path.split('/');
  switch (part) {
    case 'auth':
      return answerSignIn(world, request, path);
    case 'names':
      return answerNames(world, request, path);
    case 'domains':
      return answerDomains(world, request, path);
    case 'keys':
      return answerKeys(world, request, path);
    case 'hooks':
      return answerHooks(world, request, path);
    case 'wot':
      return answerTrust(request, path);
    case 'admin':
      return world.standing === 'admin' || world.standing === 'support'
        ? answerAdmin(request, path)
        : problem(403, 'no-role', 'administrators only');
    default:
      return answerMoney(world, path);
  }
}

function answerSignIn(world: World, { body }: FixtureRequest, path: string): FixtureAnswer | undefined {
  const me = meOf(world.standing === 'out' ? 'entitled' : world.standing);
  if (path === 'auth/me') return ok(me);
  if (path === 'auth/challenge') {
    return ok({ challenge: 'a challenge', relay: 'ws://localhost/', domain: 'localhost', expiresAt: daysFromNow(1) });
  }
  if (path === 'auth/verify') {
    const { pubkey, tags, kind } = body.event as { pubkey: string; kind: number; tags: string[][] };
    const isSigned = kind === 22_242 && tags.some(([name, value]) => name === 'challenge' && value === 'a challenge');
    if (!isSigned || pubkey !== alice.pubkey) return problem(401, 'bad-event', 'the event signs nobody in');
    world.standing = 'entitled';
    return ok({ token: null, expiresAt: daysFromNow(7), csrfToken: me.csrfToken, user: me });
  }
  if (path === 'auth/sessions') {
    const session = {
      ...{ id: 'ses_00000000000000000001', method: 'challenge', agent: 'Firefox', address: '192.0.2.7' },
      ...{ createdAt: daysFromNow(-1), usedAt: daysFromNow(-0.01), expiresAt: daysFromNow(7), isCurrent: true },
    };
    return ok({ items: [session, { ...session, id: 'ses_2', agent: 'Chromium', isCurrent: false }] });
  }
  if (path === 'auth/refresh')
    return ok({ token: null, expiresAt: daysFromNow(30), csrfToken: me.csrfToken, user: me });
  if (path !== 'auth/logout') return undefined;
  world.standing = 'out';
  return { status: 204 };
}

function answerNames(world: World, { method, url, body }: FixtureRequest, path: string): FixtureAnswer | undefined {
  const [, id = '', what] = path.split('/');
  const query = (name: string): string => url.searchParams.get(name) ?? '';
  if (id === 'hosts') return ok(hosts);
  if (id === 'check') return ok(checkOf(query('name'), query('host')));
  if (id === 'verify') {
    const common = { address: query('address'), relays: ['wss://relay.example.com/'], checkedAt: daysFromNow(0) };
    const isKnown = common.address.startsWith('bob@');
    return ok({ ...common, pubkey: isKnown ? bob.pubkey : null, state: isKnown ? 'identified' : 'not-found' });
  }
  if (id === 'audit') {
    const checks = [
      { id: 'reachable', ok: true, message: 'The host answers.' },
      { id: 'cors', ok: false, message: 'The header is missing: send "Access-Control-Allow-Origin: *".' },
    ];
    return ok({ host: query('host'), checks });
  }
  if (id === '' && method === 'POST') return register(world, body);
  if (id === '') return ok({ items: world.names });
  const name = world.names.find((one) => one.id === id);
  if (name === undefined) return undefined;
  if (what === 'history') return ok({ items: changes });
  if (what === 'renew') return ok({ payment: paymentOf() });
  if (what === 'transfer' || what === 'rekey') return handOver(world, name, { body, action: what });
  if (method === 'DELETE') {
    world.names = world.names.filter((one) => one !== name);
    return { status: 204 };
  }
  const changed = method === 'PATCH' ? { ...name, relays: body.relays as string[] } : name;
  world.names = world.names.map((one) => (one === name ? changed : one));
  return ok(changed);
}

function handOver(
  world: World,
  name: NameAnswer,
  { body, action }: { body: Record<string, unknown>; action: string },
): FixtureAnswer {
  const { kind, pubkey, tags } = body.event as { kind: number; pubkey: string; tags: string[][] };
  const tag = (wanted: string): string => tags.find(([first]) => first === wanted)?.[1] ?? '';
  const isRight = kind === 27_405 && pubkey === name.pubkey && tag('action') === action && tag('name') === name.id;
  if (!isRight || tag('address') !== name.address || !/^http:/.test(tag('u'))) {
    return problem(400, 'bad-event', 'the order is not right');
  }
  const moved = { ...name, pubkey: tag('p') };
  world.names = world.names.flatMap((one) => (one !== name ? [one] : action === 'transfer' ? [] : [moved]));
  return ok(moved);
}

function register(world: World, body: Record<string, unknown>): FixtureAnswer {
  const [like] = namesOf();
  const address = `${body.name}@${body.host}`;
  const isPaid = body.years !== undefined;
  const name = {
    ...(like as NameAnswer),
    ...{ id: 'nam_00000000000000000009', address, local: String(body.name), host: String(body.host) },
    ...{
      phase: isPaid ? ('held' as const) : ('active' as const),
      coverage: isPaid ? ('paid' as const) : ('plan' as const),
    },
    ...{ paidUntil: null, heldUntil: isPaid ? daysFromNow(0.01) : null },
  };
  world.names = [name, ...world.names];
  return ok({ name, payment: isPaid ? paymentOf({ description: `${address} for one year` }) : null }, 201);
}

function answerDomains(world: World, { method, body }: FixtureRequest, path: string): FixtureAnswer | undefined {
  const [, id, what] = path.split('/');
  if (id === undefined && method === 'POST') {
    const claim = claimOf(String(body.host));
    world.domains = [...world.domains, claim];
    return ok(claim, 201);
  }
  if (id === undefined) return ok({ items: world.domains });
  const domain = world.domains.find((one) => one.id === id);
  if (domain === undefined) return undefined;
  if (method === 'DELETE') {
    world.domains = world.domains.filter((one) => one !== domain);
    return { status: 204 };
  }
  if (what !== 'check') return ok(domain);
  world.checks += 1;
  const isFound = world.isProofThere || domain.state === 'verified';
  const dns = isFound
    ? { state: 'found', message: `found the proof in TXT at _nostrata.${domain.host}` }
    : { state: 'gone', message: `found 1 TXT record at _nostrata.${domain.host}, and it is not this one` };
  const file = { state: 'gone', message: `https://${domain.host}/.well-known/nostrata.txt answers with status 404` };
  const checked = isFound
    ? { ...domain, state: 'verified' as const, method: 'dns' as const, verifiedAt: daysFromNow(0) }
    : domain;
  world.domains = world.domains.map((one) => (one === domain ? checked : one));
  return ok({ ...checked, checkedAt: daysFromNow(0), check: { ...dns, dns, file } });
}

function answerKeys(world: World, { method, body }: FixtureRequest, path: string): FixtureAnswer | undefined {
  const [, id, what] = path.split('/');
  const [like] = keysOf();
  if (id === undefined && method === 'POST') {
    const key = { ...(like as KeyAnswer), ...body, id: 'key_00000000000000000009', usedAt: null, last4: 'wxyz' };
    world.keys = [key, ...world.keys];
    return ok({ key: 'nst_live_the-whole-key-wxyz', ...key }, 201);
  }
  if (id === undefined) return ok({ items: world.keys });
  const key = world.keys.find((one) => one.id === id);
  if (key === undefined) return undefined;
  if (what === 'usage') return ok(usageOf());
  if (what === 'rotate') {
    const next = { ...key, id: 'key_00000000000000000008', last4: 'next' };
    const old = { ...key, replacedBy: next.id, expiresAt: daysFromNow(1) };
    world.keys = [next, ...world.keys.map((one) => (one === key ? old : one))];
    return ok({ key: 'nst_live_the-next-key-next', ...next }, 201);
  }
  world.keys = world.keys.map((one) => (one === key ? { ...key, revokedAt: daysFromNow(0) } : one));
  return { status: 204 };
}

function answerHooks(world: World, { method, body }: FixtureRequest, path: string): FixtureAnswer | undefined {
  const [, id, what] = path.split('/');
  const [like] = hooksOf();
  if (id === undefined && method === 'POST') {
    const hook = { ...like, ...(body as { url: string; topics: string[] }), id: 'hok_00000000000000000009' };
    world.hooks = [...world.hooks, hook as (typeof world.hooks)[number]];
    return ok({ secret: 'whsec_c2hvd24gdGhpcyBvbmNl', ...hook }, 201);
  }
  if (id === undefined) return ok({ items: world.hooks });
  const hook = world.hooks.find((one) => one.id === id);
  if (hook === undefined) return undefined;
  if (what === 'deliveries') return ok({ items: deliveries });
  if (what === 'test') return ok({ delivery: 'dlv_00000000000000000009' }, 202);
  if (what === 'rotate') return ok({ secret: 'whsec_YW5vdGhlciBzZWNyZXQ=', ...hook }, 201);
  if (method === 'DELETE') {
    world.hooks = world.hooks.filter((one) => one !== hook);
    return { status: 204 };
  }
  const changed = { ...hook, ...body } as typeof hook;
  world.hooks = world.hooks.map((one) => (one === hook ? changed : one));
  return ok(changed);
}

function answerMoney(world: World, path: string): FixtureAnswer | undefined {
  if (path === 'plans') {
    const { entitlements } = meOf('entitled');
    const common = { trialDays: 14, graceDays: 7, entitlements };
    const prices = { month: { msat: 9_000_000 }, year: { msat: 90_000_000, fiat: { currency: 'usd', minor: 9000 } } };
    return ok({
      items: [
        {
          ...common,
          id: 'free',
          name: 'Free',
          description: 'Reading.',
          prices: {},
          entitlements: meOf('free').entitlements,
        },
        { ...common, id: 'pro', name: 'Pro', description: 'For people.', prices },
      ],
      providers: [
        { name: 'lnbits', kind: 'lightning' },
        { name: 'stripe', kind: 'card' },
      ],
      discountPercent: 10,
    });
  }
  const settled = world.isPaid
    ? { state: 'settled' as const, settledAt: daysFromNow(0), receipt: 'R-2026-000001' }
    : { state: 'pending' as const };
  if (path === 'payments') return ok({ items: [paymentOf(settled)], next: null });
  if (/^payments\/pay_/.test(path)) return ok(paymentOf(settled));
  if (path === 'receipts') {
    const receipt = { number: 'R-2026-000001', issuedAt: daysFromNow(-1), description: 'Pro for a month' };
    return ok({ items: [{ ...receipt, currency: 'msat', amount: 9_000_000, paid: 9_000_000, paymentId: 'pay_1' }] });
  }
  if (path !== 'subscription') return undefined;
  const plan = { plan: 'pro', period: 'month', phase: 'active', trialEndsAt: null, graceEndsAt: null };
  return ok({ ...plan, periodEnd: daysFromNow(20), isLifetime: false, cancelsAtEnd: false, next: null });
}

function answerTrust({ url }: FixtureRequest, path: string): FixtureAnswer | undefined {
  const [, what, person = ''] = path.split('/');
  const read = (text: string): string => {
    if (/^[0-9a-f]{64}$/.test(text)) return text;
    const decoded = decodeNip19(text);
    return decoded.type === 'npub' ? decoded.pubkey : '';
  };
  const query = (name: string): string => read(url.searchParams.get(name) ?? '');
  if (what === 'network') return ok(network);
  if (what === 'path') return ok(pathOf(query('from'), query('to')));
  if (what === 'explain') return ok(explanationOf(read(person)));
  if (what === 'score') return ok(scoreOf(read(person), url.searchParams.has('observer') ? query('observer') : null));
  return what === 'similar' ? ok(similarTo(read(person))) : undefined;
}
