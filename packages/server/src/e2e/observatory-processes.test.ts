import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  type TestRelay,
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

test('relay and API, two collectors and jobs over PostgreSQL and Redis count as one process over SQLite does, and go on when any of them falls', {
  skip: skipWithout(path),
}, async (context) => {
  const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  await using open = new AsyncDisposableStack();
  if (postgres.isAvailable) open.use(postgres);
  if (redis.isAvailable) open.use(redis);
  if (!postgres.isAvailable) return context.skip(postgres.reason);
  if (!redis.isAvailable) return context.skip(redis.reason);
  if (!postgres.restart || !postgres.kill) return context.skip('PostgreSQL is not ours to be restarted');
  const network = open.use(await createTestNetwork({ seed: 2, relays: 40 }));
  const now = Math.floor(Date.now() / 1_000);
  const all = readJsonLines<NostrEvent>(requireSharedData(path));
  // A version that was superseded counts, unless its author took it back before it came: that depends on the order.
  const events = all.filter(
    (event, place) =>
      place % 3 === 0 &&
      !(isEphemeralKind(event.kind) || isExpired(event, now) || isProtected(event) || isTakenBack(event, all)),
  );
  const { forgers } = fillNetwork(network, events);
  const honest = network.relays.filter((relay) => !forgers.has(relay));
  const expected = await collectEmbedded(network, events.length);

  const folder = open.use(await createFolder()).path;
  const store = await postgres.createDatabase();
  const start = async (name: string, roles: string): Promise<RunningRelay> => {
    const words: Words = {
      ...collectEverything(network),
      store,
      cache: redis.url,
      data: `${folder}/${name}`,
      roles,
      logLevel: 'warn',
    };
    return open.use(await startRelay([], { environment: toEnvironment(words), runMs: 180_000 }));
  };
  const front = await start('front', 'relay,api');
  const [jobs, first, second] = await Promise.all([
    start('jobs', 'jobs'),
    start('first', 'collector'),
    start('second', 'collector'),
  ]);
  const [one, other] = await Promise.all([first, second]);
  const full = () => ask<Snapshot>(front, '/api/v1/stats/full/all');
  let total = events.length;
  const reach = (what: string) => waitUntil(() => loadFull(front, total), { ...long, what });
  assert.deepEqual(toComparable(await reach('the same events')), toComparable(expected));
  await waitUntil(async () => Math.min(await connectedOf(one), await connectedOf(other)) >= 5, {
    ...long,
    what: 'shares',
  });

  await using client = await connectClient(front.url);
  assert.ok((await client.publish(alice.note('a client of the relay is counted too'))).ok);
  total++;
  await reach('the note of a client');

  // A collector is killed: the other takes over what it had.
  first.process.kill('SIGKILL');
  const killedMs = performance.now();
  announce(honest, 'after the collector was killed');
  total += honest.length;
  await reach('what came after a collector was killed');
  const tookOverMs = performance.now() - killedMs;
  context.diagnostic(`taken over in ${Math.round(tookOverMs)} ms`);
  assert.ok(tookOverMs < 45_000, `${tookOverMs} ms`);

  // Redis goes: figures are computed, read and collected without it.
  await redis.kill();
  announce(honest, 'without Redis');
  total += honest.length;
  await reach('what came without Redis');
  const health = await fetch(`${front.httpUrl}/health`);
  assert.match(JSON.stringify(await health.json()), /the cache is not reachable/);
  await redis.restart();
  await waitUntil(
    async () => !/cache is not reachable/.test(await (await fetch(`${front.httpUrl}/health`)).text()),
    long,
  );

  // PostgreSQL goes: the API answers from what it has, and what relays send meanwhile is kept until it can be written.
  const before = await full();
  await postgres.kill();
  announce(honest, 'without PostgreSQL');
  const answer = await fetch(`${front.httpUrl}/api/v1/stats/full/all`);
  assert.equal(answer.status, 200, 'the last good copy');
  assert.ok(((await answer.json()) as { data: Snapshot }).data.overview.eventsTotal >= before.overview.eventsTotal);
  const failing = await fetch(`${front.httpUrl}/health`);
  assert.equal(failing.status, 503);
  assert.match(await failing.text(), /store is not reachable/);
  await postgres.restart();
  total += honest.length;
  await reach('what came without PostgreSQL');
  assert.ok((await client.publish(alice.note('the relay takes events again'))).ok);
  total++;
  await reach('a note after the restart');

  for (const running of [second, jobs, front]) {
    const { code, stderr } = await running.stop();
    assert.equal(code, 0, stderr);
  }
  const words: Words = { store, data: `${folder}/front` };
  const { code, stdout, stderr } = await runProcess(['rebuild', 'statistics', '--verify', '--json'], {
    environment: toEnvironment(words),
  });
  assert.equal(code, 0, stderr + stdout);
  assert.deepEqual(JSON.parse(stdout.trim()).differences, []);
});

/** Figures of so many events, counted by one process over SQLite. */
async function collectEmbedded(network: TestNetwork, events: number): Promise<Snapshot> {
  await using folder = await createFolder();
  await using server = await startInProcess({ ...collectEverything(network), data: folder.path });
  return await waitUntil(() => loadFull(server, events), { ...long, what: 'the figures of one process' });
}

/** Figures of everything, if they are of so many events and their users are counted. */
async function loadFull(server: { readonly url: string }, events: number): Promise<Snapshot | undefined> {
  const snapshot = await ask<Snapshot>(server, '/api/v1/stats/full/all').catch(() => undefined);
  return snapshot?.overview.eventsTotal === events && snapshot.clients.clients[0]?.users ? snapshot : undefined;
}

/** What does not depend on who collected when. */
function toComparable({ kinds, days, clients, users, zaps, engagement, timeline, hours, overview }: Snapshot): unknown {
  // The first who wrote with a client decides how it is named, and which is first of clients as common as each other.
  const named = clients.clients.map((client) => ({ ...client, name: client.address ?? client.name.toLowerCase() }));
  const sorted = named.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const events = overview.eventsTotal;
  return { kinds, days, clients: { ...clients, clients: sorted }, users, zaps, engagement, timeline, hours, events };
}

/** Somebody writes a note on each relay. */
function announce(relays: readonly TestRelay[], text: string): void {
  for (const relay of relays)
    relay.announce(alice.note(`${text}: ${relay.name}`, { created_at: Math.floor(Date.now() / 1_000) }));
}

async function connectedOf({ httpUrl }: RunningRelay): Promise<number> {
  const health = (await (await fetch(`${httpUrl}/health`)).json()) as {
    observatory: { relaysConnected: number | null };
  };
  return health.observatory.relaysConnected ?? 0;
}
