import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { checkAccounts, verifyAudit } from '@nostrata/accounts';
import { openPostgres } from '@nostrata/database';
import { parseInvoice } from '@nostrata/protocol';
import {
  startLnbits,
  startPostgres,
  startRedis,
  type TestLnbits,
  type TestPostgres,
  waitUntil,
} from '@nostrata/testing';
import { createFolder, type RunningRelay, runForJson, startRelay } from './program.ts';
import { createPerson, createVisitor, startFront, type Visitor } from './test-house.ts';

const long = { timeoutMs: 30_000 };
const alice = createPerson(1);

/** What the tests look at in answers. */
interface Payment {
  readonly id: string;
  readonly state: string;
  readonly bolt11: string | null;
  readonly receipt: string | null;
}
interface Registered {
  readonly name: { readonly id: string };
  readonly payment: Payment | null;
}

/** The processes of one installation, and what they work with. */
interface Installation {
  readonly postgres: TestPostgres;
  readonly lnbits: TestLnbits;
  /** A relay that answers too, and an API beside it. */
  readonly first: Visitor;
  readonly second: Visitor;
  /** The process of `second`. */
  readonly killable: { relay: RunningRelay };
  /** Starts it again where it was; its address is new. */
  restartSecond(): Promise<Visitor>;
  /** Nothing is wrong with money and log. */
  checkBooks(): Promise<{ readonly payments: number; readonly receipts: number }>;
  /** The same by the commands, with the data folder of the process that signs the heads of the log. */
  verify(): Promise<readonly unknown[]>;
}

/** Starts everything at once on an empty database, or says why it cannot. */
async function begin(open: AsyncDisposableStack): Promise<Installation | string> {
  const [postgres, redis] = await Promise.all([startPostgres({ isDurable: true }), startRedis()]);
  if (postgres.isAvailable) open.use(postgres);
  if (redis.isAvailable) open.use(redis);
  if (!postgres.isAvailable) return postgres.reason;
  if (!postgres.kill) return 'PostgreSQL is not ours to be killed';
  const folder = open.use(await createFolder()).path;
  const lnbits = open.use(await startLnbits());
  const front = open.use(await startFront());
  const plans = join(folder, 'plans.json');
  const entitlements = { names: 0, domains: 0, apiKeys: 1, hooks: 0, scopes: [], requests: 100_000, perSeconds: 900 };
  await writeFile(plans, JSON.stringify([{ id: 'free', name: 'Free', entitlements }]));
  const environment = {
    NOSTRATA_ACCOUNTS: 'yes',
    NOSTRATA_ACCOUNTS_SECRET: randomBytes(32).toString('hex'),
    NOSTRATA_PUBLIC_URL: front.url.replace('http', 'ws'),
    NOSTRATA_NAME_HOSTS: 'example.com',
    NOSTRATA_PLANS: plans,
    NOSTRATA_STORE: await postgres.createDatabase(),
    NOSTRATA_CACHE: redis.isAvailable ? redis.url : 'memory:',
    NOSTRATA_RATE_LIMIT: '0',
    NOSTRATA_LOG_LEVEL: 'error',
    NOSTRATA_LNBITS_URL: lnbits.url,
    NOSTRATA_LNBITS_KEY: lnbits.invoiceKey,
  };
  const start = async (name: string, roles: string): Promise<RunningRelay> => {
    const own = { ...environment, NOSTRATA_DATA: join(folder, name), NOSTRATA_ROLES: roles };
    return open.use(await startRelay([], { environment: own, runMs: 180_000 }));
  };
  const [first, second] = await Promise.all([
    start('first', 'relay,api'),
    start('second', 'api'),
    start('jobs', 'jobs'),
  ]);
  front.lead(first.port);
  const killable = { relay: second };
  const ofJobs = { environment: { ...environment, NOSTRATA_DATA: join(folder, 'jobs') } };
  return {
    ...{ postgres, lnbits, killable, first: createVisitor(first.httpUrl), second: createVisitor(second.httpUrl) },
    async restartSecond() {
      killable.relay = await start('second', 'api');
      return createVisitor(killable.relay.httpUrl);
    },
    async checkBooks() {
      await using database = await openPostgres(environment.NOSTRATA_STORE);
      const { findings, payments, receipts } = await checkAccounts(database);
      assert.deepEqual([findings, (await verifyAudit(database)).ok], [[], true]);
      return { payments, receipts };
    },
    verify: () => Promise.all([runForJson(['accounts', 'check'], ofJobs), runForJson(['audit', 'verify'], ofJobs)]),
  };
}

const hashOf = ({ bolt11 }: Payment): string => parseInvoice(bolt11 ?? '')?.paymentHash ?? assert.fail('no invoice');

/** Asks for a name, and gives the payment that it waits for. */
async function buyName(visitor: Visitor, token: string, name: string): Promise<Payment> {
  const { payment } = await visitor.ask<Registered>('/api/v1/names', { token, body: { name }, status: 201 });
  return payment ?? assert.fail('nothing is to be paid');
}

async function waitForSettled(visitor: Visitor, token: string, { id }: Payment): Promise<Payment> {
  const load = () => visitor.send<Payment>(`/api/v1/payments/${id}`, { token });
  const settled = async () => [(await load()).body].find(({ state }) => state === 'settled');
  return await waitUntil(settled, { ...long, what: `payment ${id} to settle` });
}

describe('relay and API, another API, and jobs over one PostgreSQL', () => {
  const open = new AsyncDisposableStack();
  let begun: Installation | string | undefined;
  before(async () => {
    begun = await begin(open);
  });
  after(() => open.disposeAsync());
  /** Skips the test where there is none. */
  const installation = (context: TestContext): Installation | undefined => {
    if (typeof begun !== 'string') return begun ?? assert.fail('it did not begin');
    context.skip(begun);
    return undefined;
  };

  test('a session that one made is good at the other, and dead at both at once when one ends it', async (context) => {
    const all = installation(context);
    if (!all) return;
    const { first, second } = all;
    const [kept, ended] = [await first.signIn(alice), await second.signIn(alice)];
    const me = '/api/v1/auth/me';
    for (const visitor of [first, second]) {
      assert.deepEqual(
        [(await visitor.ask(me, { token: kept })).pubkey, (await visitor.send(me, { token: ended })).status],
        [alice.pubkey, 200],
      );
    }
    const { items } = await first.ask<{ items: { id: string; isCurrent: boolean }[] }>('/api/v1/auth/sessions', {
      token: kept,
    });
    const other = items.find(({ isCurrent }) => !isCurrent) ?? assert.fail();
    await first.ask(`/api/v1/auth/sessions/${other.id}`, { method: 'DELETE', token: kept, status: 204 });
    for (const visitor of [second, first]) assert.equal((await visitor.send(me, { token: ended })).status, 401);
    // A signed request is used up everywhere.
    const target = '/api/v1/auth/verify-nip98';
    const challenge = await first.ask<Record<'challenge' | 'relay' | 'domain', string>>('/api/v1/auth/challenge', {
      body: {},
    });
    const tags = (['challenge', 'relay', 'domain'] as const).map((name) => [name, challenge[name]]);
    const event = alice.sign({ kind: 22_242, tags, content: '' });
    const both = await Promise.all([first, second].map((one) => one.send('/api/v1/auth/verify', { body: { event } })));
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 401]);
    const origin = `http://${challenge.domain}`;
    const authorization = alice.authorize(`${origin}${target}`, { method: 'POST', body: '{}' });
    const sent = { body: '{}', headers: { authorization } };
    const replayed = await Promise.all([first, second, first, second].map((one) => one.send(target, sent)));
    assert.deepEqual(replayed.map(({ status }) => status).sort(), [200, 401, 401, 401]);
  });

  test('twenty buyers of one name at two processes: one has it, pays, and is served by both', async (context) => {
    const all = installation(context);
    if (!all) return;
    const { first, second, lnbits } = all;
    const at = (place: number): Visitor => (place % 2 === 0 ? first : second);
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, place) => at(place).signIn(createPerson(20 + place))),
    );
    const answers = await Promise.all(
      tokens.map((token, place) => at(place).send<Registered>('/api/v1/names', { token, body: { name: 'gold-rush' } })),
    );
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    assert.equal(answers.filter(({ status }) => status === 409).length, 19);
    const winner = answers.findIndex(({ status }) => status === 201);
    const payment = answers[winner]?.body.payment ?? assert.fail();
    await lnbits.pay(hashOf(payment));
    await waitForSettled(at(winner + 1), tokens[winner] ?? '', payment);
    for (const visitor of [first, second]) {
      const { names } = await visitor.ask<{ names: object }>('/.well-known/nostr.json?name=gold-rush', {
        headers: { host: 'example.com' },
      });
      assert.deepEqual(names, { 'gold-rush': createPerson(20 + winner).pubkey });
    }
  });

  test('webhooks to both, questions at both and the jobs beside them credit a payment once', async (context) => {
    const all = installation(context);
    if (!all) return;
    const { first, second, lnbits } = all;
    const token = await first.signIn(alice);
    const before = await all.checkBooks();
    const payment = await buyName(second, token, 'once-only');
    const hash = hashOf(payment);
    const { webhook } = lnbits.payments.find((one) => one.paymentHash === hash) ?? assert.fail();
    const path = new URL(webhook ?? '').pathname;
    const paid = lnbits.pay(hash);
    const rush = Array.from({ length: 10 }, (_, place) => {
      const visitor = place % 2 === 0 ? first : second;
      const { body } = lnbits.delivery(hash, place % 3 === 0 ? 'string' : 'object');
      return [
        visitor.send(path, { body }),
        visitor.send(`/api/v1/payments/${payment.id}/check`, { token, body: {} }),
        visitor.send(`/api/v1/payments/${payment.id}`, { token }),
      ];
    });
    const statuses = (await Promise.all(rush.flat())).map(({ status }) => status);
    await paid;
    assert.ok(
      statuses.every((status) => status === 200),
      statuses.join(' '),
    );
    const { receipt } = await waitForSettled(second, token, payment);
    assert.match(receipt ?? '', /-\d{6}$/);
    const after = await all.checkBooks();
    assert.deepEqual([after.payments - before.payments, after.receipts - before.receipts], [1, 1]);
  });

  test('a process that is killed while it settles leaves nothing half done', async (context) => {
    const all = installation(context);
    if (!all) return;
    const { first, second, lnbits, killable } = all;
    const token = await first.signIn(createPerson(3));
    const payments: Payment[] = [];
    for (let place = 0; place < 5; place += 1) payments.push(await buyName(first, token, `killed-${place}`));
    // The jobs are told nothing: they would settle all of it before the other process has begun.
    lnbits.cutSockets();
    const settling = payments.map((payment) => {
      const model = lnbits.payments.find(({ paymentHash }) => paymentHash === hashOf(payment)) ?? assert.fail();
      Object.assign(model, { status: 'success' });
      return second.send(`/api/v1/payments/${payment.id}/check`, { token, body: {} }).catch(() => undefined);
    });
    await Promise.race(settling);
    killable.relay.process.kill('SIGKILL');
    await Promise.all(settling);
    await all.checkBooks();
    const again = await all.restartSecond();
    for (const payment of payments) {
      const { state } = await again.ask<Payment>(`/api/v1/payments/${payment.id}/check`, { token, body: {} });
      assert.equal(state, 'settled');
    }
    await all.checkBooks();
    const receipts = await again.ask<{ items: unknown[] }>('/api/v1/receipts', { token });
    assert.equal(receipts.items.length, 5);
  });

  test('while the provider is away nothing is sold and nothing is lost; afterwards all is as it should be', async (context) => {
    const all = installation(context);
    if (!all) return;
    const { first, lnbits } = all;
    const token = await first.signIn(createPerson(4));
    const waiting = await buyName(first, token, 'patience');
    lnbits.fail('cut');
    lnbits.cutSockets();
    const refused = await first.send('/api/v1/names', { token, body: { name: 'no-invoice' } });
    assert.equal(refused.status, 503, JSON.stringify(refused.body));
    assert.match(String(refused.body.message), /^[a-z].{10,}$/);
    Object.assign(lnbits.payments.find(({ paymentHash }) => paymentHash === hashOf(waiting)) ?? {}, {
      status: 'success',
    });
    const unanswered = await first.send(`/api/v1/payments/${waiting.id}/check`, { token, body: {} });
    assert.ok([200, 503].includes(unanswered.status), JSON.stringify(unanswered.body));
    assert.equal((await first.ask<Payment>(`/api/v1/payments/${waiting.id}`, { token })).state, 'pending');
    lnbits.fail(undefined);
    // Nobody asks and nothing is told: the jobs find it.
    await waitForSettled(first, token, waiting);
    assert.equal((await first.send('/api/v1/names', { token, body: { name: 'no-invoice' } })).status, 201);
  });

  test('while PostgreSQL is gone every answer says so with 503; what was paid meanwhile is credited afterwards', async (context) => {
    const all = installation(context);
    if (!all) return;
    const { first, lnbits, postgres } = all;
    const token = await first.signIn(createPerson(5));
    const payment = await buyName(first, token, 'blackout');
    await postgres.kill?.();
    for (const [target, body] of [
      ['/api/v1/auth/me', undefined],
      [`/api/v1/payments/${payment.id}`, undefined],
      ['/api/v1/names', { name: 'in-the-dark' }],
      ['/api/v1/auth/challenge', {}],
    ] as const) {
      const answer = await first.send(target, { token, body });
      assert.equal(answer.status, 503, `${target}: ${answer.status} ${JSON.stringify(answer.body)}`);
      assert.match(String(answer.body.message), /\w/);
      assert.doesNotMatch(JSON.stringify(answer.body), /postgres|ECONNREFUSED|127\.0\.0\.1|at \//i);
    }
    await lnbits.pay(hashOf(payment));
    await postgres.restart?.();
    await waitForSettled(first, token, payment);
    const { receipts } = await all.checkBooks();
    assert.equal(receipts, 9);
    await all.verify();
  });
});
