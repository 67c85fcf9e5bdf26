import { randomBytes } from 'node:crypto';
import { createMemoryCache } from '@nostrata/cache';
import type { Database } from '@nostrata/database';
import { createHttpApi, createOutgoing, defaultHttpSettings } from '@nostrata/http';
import { getPublicKey, type NostrEvent, signEvent } from '@nostrata/protocol';
import { startLnbits, type TestLnbits } from '@nostrata/testing';
import { type Accounts, createAccounts } from './accounts.ts';
import { defaultPlans } from './billing/plans.ts';
import type { Clock } from './contract.ts';
import { createNameSettings } from './names/settings.ts';
import { createLnbits } from './providers/lnbits.ts';
import { strictly } from './test-engines.ts';

/** The public address of installations in tests. */
const origin = 'https://example.com';

/** The time of an installation: it goes on by itself, and can be moved. */
export interface MovingClock extends Clock {
  advance(milliseconds: number): void;
}

function createMovingClock(): MovingClock {
  let aheadMs = 0;
  return {
    now: () => Date.now() + aheadMs,
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
    advance(milliseconds) {
      aheadMs += milliseconds;
    },
  };
}

/** Somebody with a key, who can sign in. */
export interface Person {
  readonly secret: Uint8Array;
  readonly pubkey: string;
  sign(template: Pick<NostrEvent, 'kind' | 'tags' | 'content'>): NostrEvent;
}

/** What is sent to an installation. */
export interface Sent {
  readonly method?: string | undefined;
  readonly body?: unknown;
  /** A session token or an API key. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly host?: string | undefined;
}

/** What came back; JSON where it was JSON, else the text. */
export interface Came<Answer> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Answer;
}

/** Accounts as a server puts them together, over one database, paid through an LNbits server of tests. */
export interface Installation extends AsyncDisposable {
  readonly accounts: Accounts;
  readonly clock: MovingClock;
  readonly lnbits: TestLnbits;
  readonly heads: readonly NostrEvent[];
  send<Answer = Record<string, unknown>>(target: string, sent?: Sent): Promise<Came<Answer>>;
  person(number: number): Person;
  /** Signs in with a challenge; the token of the session. */
  signIn(person: Person): Promise<string>;
  /** Runs every job once, in the order of their list. */
  runJobs(): Promise<void>;
}

/** Opens it. `admins` are numbers of persons. */
export async function openInstallation(
  database: Database,
  { admins = [], discountPercent = 0 }: { readonly admins?: readonly number[]; readonly discountPercent?: number } = {},
): Promise<Installation> {
  const clock = createMovingClock();
  const lnbits = await startLnbits({ now: clock.now });
  const person = (number: number): Person => {
    const secret = new Uint8Array(32).fill(number + 1);
    const sign: Person['sign'] = (template) =>
      signEvent({ ...template, created_at: Math.floor(clock.now() / 1000) }, secret);
    return { secret, pubkey: getPublicKey(secret), sign };
  };
  const heads: NostrEvent[] = [];
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const own = person(99);
  const provider = createLnbits({ url: lnbits.url, invoiceKey: lnbits.invoiceKey }, { clock });
  const accounts = createAccounts({
    ...{ database: strictly(database), clock, logger: quiet, metrics: {}, origin, lookups: [] },
    random: (count) => randomBytes(count),
    secret: new Uint8Array(32).fill(7),
    admins: admins.map((number) => person(number).pubkey),
    plans: defaultPlans(),
    names: createNameSettings({ hosts: ['example.com'] }),
    seller: { name: 'Example Ltd', address: ['1 Example Street'], npub: null, taxId: null, taxPercent: 0 },
    providers: [provider],
    outgoing: createOutgoing({ clock, allowPrivate: true }),
    loadDiscountPercent: async () => discountPercent,
    sign: (event) => signEvent(event, own.secret),
    publish: async (event) => void heads.push(event),
    witness: { signer: own.pubkey, loadPublished: async () => heads },
  });
  await accounts.start();
  const api = createHttpApi({
    routes: accounts.routes,
    authenticate: accounts.authenticate,
    onAnswered: accounts.onAnswered,
    cache: createMemoryCache({ clock }),
    ...{ clock, logger: quiet, metrics: {} },
    settings: { ...defaultHttpSettings, anonymous: { name: 'none', requestsMax: 0, windowMs: 1000 } },
  });
  const send: Installation['send'] = async <Answer>(target: string, sent: Sent = {}): Promise<Came<Answer>> => {
    const { method = sent.body === undefined ? 'GET' : 'POST', body, token, headers = {}, host = 'example.com' } = sent;
    const request = new Request(`${origin}${target}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const response = await api.fetch(request, { origin: { ip: '203.0.113.7', isSecure: true, host } });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as Answer };
  };
  return {
    ...{ accounts, clock, lnbits, heads, send, person },
    async signIn({ sign }) {
      const { body: asked } = await send<Record<'challenge' | 'relay' | 'domain', string>>('/api/v1/auth/challenge', {
        body: {},
      });
      const tags = (['challenge', 'relay', 'domain'] as const).map((name) => [name, asked[name]]);
      const { body } = await send<{ token: string }>('/api/v1/auth/verify', {
        body: { event: sign({ kind: 22242, tags, content: '' }) },
      });
      return body.token;
    },
    async runJobs() {
      for (const { run } of accounts.jobs) await run();
    },
    async [Symbol.asyncDispose]() {
      await accounts.stop();
      await provider.stop?.();
      await lnbits.stop();
    },
  };
}
