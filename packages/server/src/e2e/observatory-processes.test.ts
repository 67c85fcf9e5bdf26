import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Snapshot } from '@nostrata/observatory';
import { isEphemeralKind, isExpired, type NostrEvent } from '@nostrata/protocol';
import {
  connectClient,
  createEventBuilder,
  createTestNetwork,
  readJsonLines,
  requireSharedData,
  skipWithout,
  startPostgres,
  startRedis,
  type TestNetwork,
  type TestPostgres,
  type TestRedis,
  waitUntil,
} from '@nostrata/testing';
import { createFolder, type RunningRelay, runProcess, startRelay } from './program.ts';
import { isProtected, isTakenBack } from './test-expected-figures.ts';
import {
  ask,
  collectEverything,
  fillNetwork,
  startInProcess,
  toEnvironment,
  type Words,
} from './test-observed-network.ts';

const path = 'events/permissive.jsonl.gz';
const alice = createEventBuilder('alice');
const long = { timeoutMs: 45_000 };

describe('relay and API, two collectors and jobs over PostgreSQL and Redis', { skip: skipWithout(path) }, () => {
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

  test('count as one process over SQLite does', async (context) => {
    const all = installation(context);
    if (!all) return;
    const expected = toComparable(all.expected);
    // Users of clients are counted again after a pause that is a share of the time that it takes.
    const snapshot = await all.reach(0, (found) => isDeepStrictEqual(toComparable(found), expected));
    assert.deepEqual(toComparable(snapshot), expected);
    const { first, second } = all;
    await waitUntil(async () => Math.min(await connectedOf(first), await connectedOf(second)) >= 5, {
      ...long,
      what: 'both collectors to have a share',
    });
    await all.publish('a client of the relay is counted too');
    await all.reach(1);
  });

  test('a collector that is killed is taken over', async (context) => {
    const all = installation(context);
    if (!all) return;
    all.first.process.kill('SIGKILL');
    const killedMs = performance.now();
    await all.reach(all.announce('after the collector was killed'));
    const tookOverMs = performance.now() - killedMs;
    context.diagnostic(`taken over in ${Math.round(tookOverMs)} ms`);
    // 30 s, and what a busy machine takes to collect and to compute.
    assert.ok(tookOverMs < 45_000, `${tookOverMs} ms`);
  });

  test('without Redis figures are collected, computed and answered, and health says that it is gone', async (context) => {
    const all = installation(context);
    if (!all) return;
    const health = async () => (await fetch(`${all.front.httpUrl}/health`)).text();
    await all.redis.kill();
    await all.reach(all.announce('without Redis'));
    assert.match(await health(), /the cache is not reachable/);
    await all.redis.restart();
    await waitUntil(async () => !/the cache is not reachable/.test(await health()), long);
  });

  test('while PostgreSQL is gone the API answers from what it has; afterwards nothing is missing', async (context) => {
    const all = installation(context);
    if (!all) return;
    const before = await all.reach(0);
    await all.postgres.kill?.();
    const more = all.announce('without PostgreSQL');
    const last = await ask<Snapshot>(all.front, '/api/v1/stats/full/all');
    assert.ok(last.overview.eventsTotal >= before.overview.eventsTotal);
    const failing = await fetch(`${all.front.httpUrl}/health`);
    assert.equal(failing.status, 503);
    assert.match(await failing.text(), /store is not reachable/);
    await all.postgres.restart?.();
    await all.reach(more);
    await all.publish('the relay takes events again');
    await all.reach(1);
  });

  test('each ends in order, and a rebuild from the log finds no difference', async (context) => {
    const all = installation(context);
    if (!all) return;
    for (const running of [all.second, all.jobs, all.front]) {
      const { code, stderr } = await running.stop();
      assert.equal(code, 0, stderr);
    }
    const words = ['rebuild', 'statistics', '--verify', '--json'];
    const { code, stdout, stderr } = await runProcess(words, { environment: toEnvironment(all.words) });
    assert.equal(code, 0, stderr + stdout);
    assert.deepEqual(JSON.parse(stdout.trim()).differences, []);
  });
});

/** The processes of one installation, and what they work with. */
interface Installation {
  readonly postgres: TestPostgres;
  readonly redis: TestRedis;
  readonly front: RunningRelay;
  readonly jobs: RunningRelay;
  readonly first: RunningRelay;
  readonly second: RunningRelay;
  /** The settings that a command line on its data needs. */
  readonly words: Words;
  /** The figures of one process over SQLite. */
  readonly expected: Snapshot;
  /** A client writes a note to the relay. */
  publish(text: string): Promise<void>;
  /** Somebody writes a note on each relay that forges nothing; returns how many there are. */
  announce(text: string): number;
  /** Waits until so many events more than before are counted, and for what else is wanted; that may fail to come. */
  reach(more: number, isWanted?: (snapshot: Snapshot) => boolean): Promise<Snapshot>;
}

/** Starts everything, or says why it cannot. */
async function begin(open: AsyncDisposableStack): Promise<Installation | string> {
  const [postgres, redis] = await Promise.all([startPostgres({ isOwn: true }), startRedis()]);
  if (postgres.isAvailable) open.use(postgres);
  if (redis.isAvailable) open.use(redis);
  if (!postgres.isAvailable) return postgres.reason;
  if (!redis.isAvailable) return redis.reason;
  if (!postgres.kill) return 'PostgreSQL is not ours to be killed';
  const network = open.use(await createTestNetwork({ seed: 2, relays: 40 }));
  const events = loadEvents();
  const { forgers } = fillNetwork(network, events);
  const honest = network.relays.filter((relay) => !forgers.has(relay));
  const expected = await collectEmbedded(network, events.length);
  const folder = open.use(await createFolder()).path;
  const store = await postgres.createDatabase();
  const shared: Words = { ...collectEverything(network), store, cache: redis.url, logLevel: 'warn' };
  const start = async (name: string, roles: string): Promise<RunningRelay> => {
    const environment = toEnvironment({ ...shared, data: `${folder}/${name}`, roles });
    return open.use(await startRelay([], { environment, runMs: 240_000 }));
  };
  const front = await start('front', 'relay,api');
  const jobs = await start('jobs', 'jobs');
  const [first, second] = await Promise.all([start('first', 'collector'), start('second', 'collector')]);
  const client = open.use(await connectClient(front.url));
  let total = events.length;
  return {
    ...{ postgres, redis, front, jobs, first, second, expected, words: { store, data: `${folder}/front` } },
    async publish(text) {
      assert.ok((await client.publish(alice.note(text))).ok, text);
    },
    announce(text) {
      const created_at = Math.floor(Date.now() / 1_000);
      for (const relay of honest) relay.announce(alice.note(`${text}: ${relay.name}`, { created_at }));
      return honest.length;
    },
    async reach(more, isWanted = () => true) {
      total += more;
      const found = await waitUntil(() => loadFull(front, total), { ...long, what: `${total} events` });
      const load = async () => [await loadFull(front, total)].find((snapshot) => snapshot && isWanted(snapshot));
      return isWanted(found) ? found : await waitUntil(load, long).catch(() => found);
    },
  };
}

/** Every third of the real events that any order of arrival counts alike: a version taken back before it came is none. */
function loadEvents(): readonly NostrEvent[] {
  const now = Math.floor(Date.now() / 1_000);
  const all = readJsonLines<NostrEvent>(requireSharedData(path));
  return all.filter(
    (event, place) =>
      place % 3 === 0 &&
      !(isEphemeralKind(event.kind) || isExpired(event, now) || isProtected(event) || isTakenBack(event, all)),
  );
}

/** Figures of so many events, counted by one process over SQLite, and computed by the next, which counts all users. */
async function collectEmbedded(network: TestNetwork, events: number): Promise<Snapshot> {
  await using folder = await createFolder();
  const words: Words = { ...collectEverything(network), data: folder.path };
  const what = 'the figures of one process';
  {
    await using server = await startInProcess(words);
    await waitUntil(() => loadFull(server, events), { ...long, what });
  }
  const sinceMs = Date.now();
  await using server = await startInProcess({ ...words, roles: 'api,jobs' });
  const load = async () => [await loadFull(server, events)].find((found) => found && Date.parse(found.asOf) > sinceMs);
  return await waitUntil(load, { ...long, what });
}

/** Figures of everything, if they are of so many events. */
async function loadFull(server: { readonly url: string }, events: number): Promise<Snapshot | undefined> {
  const snapshot = await ask<Snapshot>(server, '/api/v1/stats/full/all').catch(() => undefined);
  return snapshot?.overview.eventsTotal === events ? snapshot : undefined;
}

/** What does not depend on who collected when. */
function toComparable({ kinds, days, clients, users, zaps, engagement, timeline, hours, overview }: Snapshot): unknown {
  // The first who wrote with a client decides how it is named, and which is first of clients as common as each other.
  const named = clients.clients.map((client) => ({ ...client, name: client.address ?? client.name.toLowerCase() }));
  const sorted = named.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const events = overview.eventsTotal;
  return { kinds, days, clients: { ...clients, clients: sorted }, users, zaps, engagement, timeline, hours, events };
}

async function connectedOf({ httpUrl }: RunningRelay): Promise<number> {
  const health = (await (await fetch(`${httpUrl}/health`)).json()) as {
    observatory: { relaysConnected: number | null };
  };
  return health.observatory.relaysConnected ?? 0;
}
