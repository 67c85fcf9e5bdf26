import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { Snapshot } from '@nostrata/observatory';
import { isEphemeralKind, isExpired, type NostrEvent } from '@nostrata/protocol';
import {
  connectClient,
  createEventBuilder,
  createTestNetwork,
  readJsonLines,
  requireSharedData,
  seededRandom,
  skipWithout,
  testSeed,
  waitUntil,
} from '@nostrata/testing';
import { createFolder, runProcess, startRelay } from './program.ts';
import { isProtected, isTakenBack } from './test-expected-figures.ts';
import {
  ask,
  collectEverything,
  fillNetwork,
  openStatistics,
  readDelivered,
  startInProcess,
  toEnvironment,
} from './test-observed-network.ts';

const path = 'events/permissive.jsonl.gz';
const program = join(import.meta.dirname, '../../bin/nostrata.ts');
const long = { timeoutMs: 60_000 };

/** Every fourth of the real events that any order of arrival counts alike. */
function loadEvents(): readonly NostrEvent[] {
  const now = Math.floor(Date.now() / 1_000);
  const all = readJsonLines<NostrEvent>(requireSharedData(path));
  return all.filter(
    (event, place) =>
      place % 4 === 0 &&
      !(isEphemeralKind(event.kind) || isExpired(event, now) || isProtected(event) || isTakenBack(event, all)),
  );
}

async function countTotal(server: { readonly url: string }): Promise<number> {
  const snapshot = await ask<Snapshot>(server, '/api/v1/stats/full/all').catch(() => undefined);
  return snapshot?.overview.eventsTotal ?? 0;
}

test('260 relays that are lost at once come back by themselves, and what they got meanwhile is counted once', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 3, relays: 260 });
  const author = createEventBuilder('storm', Math.floor(Date.now() / 1_000) - 600);
  const shared = author.note('on every relay');
  for (const relay of network.relays) relay.put(shared, author.note(`on ${relay.name}`));
  await using server = await startInProcess({ ...collectEverything(network), data: folder.path });
  await using statistics = openStatistics(folder.path);
  const wait = (each: number, what: string) =>
    waitUntil(
      async () => {
        const delivered = await readDelivered(statistics);
        return delivered.size === 260 && [...delivered.values()].every(({ events }) => events === each);
      },
      { ...long, what },
    );
  await wait(2, 'every relay');
  for (const relay of network.relays) {
    relay.cut();
    relay.put(author.note(`meanwhile on ${relay.name}`));
  }
  await wait(3, 'every relay again');
  await waitUntil(async () => (await countTotal(server)) === 1 + 2 * 260, { ...long, what: 'the figures' });
  const delivered = [...(await readDelivered(statistics)).values()];
  assert.equal(
    delivered.reduce((sum, { novel }) => sum + novel, 0),
    1 + 2 * 260,
  );
  assert.ok(delivered.every(({ invalid, refused }) => invalid + refused === 0));
});

test('a program that is killed at any point of its work has lost nothing that it acknowledged, and counts nothing twice', {
  skip: skipWithout(path),
}, async () => {
  const random = seededRandom(`kills ${testSeed()}`);
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 4, relays: 40 });
  const events = loadEvents();
  const { held, forgers } = fillNetwork(network, events);
  const environment = toEnvironment({ ...collectEverything(network), data: folder.path });
  const author = createEventBuilder('acknowledged');
  for (let kill = 0; kill < 3; kill++) {
    await using running = await startRelay([], { environment });
    await using client = await connectClient(running.url);
    assert.ok((await client.publish(author.note(`before kill ${kill}`))).ok);
    const target = random.integer(events.length);
    const lastSeq = async () => ((await (await fetch(`${running.httpUrl}/health`)).json()) as Health).store.lastSeq;
    await waitUntil(async () => (await lastSeq()) >= target, { ...long, what: `${target} changes` });
    running.process.kill('SIGKILL');
    await running.ended;
  }
  await using running = await startRelay([], { environment });
  const total = events.length + 3;
  await waitUntil(async () => (await countTotal(running)) === total, { ...long, what: 'all events' });
  await using statistics = openStatistics(folder.path);
  await waitUntil(
    async () => {
      const delivered = await readDelivered(statistics);
      return network.relays.every((relay, place) => {
        const count = held[place]?.length ?? 0;
        const isExact = !forgers.has(relay) && count <= relay.faults.limitMax;
        return !isExact || (delivered.get(relay.url)?.events ?? 0) === count;
      });
    },
    { ...long, what: 'every relay to be credited with what it has' },
  );
  assert.equal((await running.stop()).code, 0);
  const { code, stdout, stderr } = await runProcess(['rebuild', 'statistics', '--verify', '--json'], {
    environment: toEnvironment({ data: folder.path }),
  });
  assert.equal(code, 0, stderr + stdout);
});

interface Health {
  readonly store: { readonly lastSeq: number };
}

const refusal = await promisify(execFile)('unshare', ['--mount', 'true']).then(
  () => undefined,
  () => 'this user may not make a file system of its own (unshare --mount)',
);

test('a disk that gets full while it collects loses nothing: with room again everything is counted, without a restart', {
  skip: refusal ?? skipWithout(path),
}, async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 5, relays: 40 });
  const events = loadEvents();
  fillNetwork(network, events);
  const disk = join(folder.path, 'disk');
  await mkdir(disk);
  // $1 node, $2 the program, $3 the disk. A word on its standard input gives it room.
  const script = `
    mount --make-rprivate / && mount -t tmpfs -o size=3m tmpfs "$3" || exit 9
    "$1" "$2" up --data "$3/data" --json & child=$!
    read -r word; mount -o remount,size=200m "$3"
    read -r word; kill -TERM $child; wait $child; echo "code $?"`;
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const words = ['--mount', 'sh', '-c', script, 'sh', process.execPath, program, disk];
  const settings = toEnvironment({ ...collectEverything(network), logLevel: 'warn' });
  const child = spawn('unshare', words, { env: { ...environment, ...settings }, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  try {
    const url = await waitUntil(() => /"url":"(ws:[^"]+)"/.exec(output)?.[1], { ...long, what: 'the program' });
    const isTold = () => /could not be written|did not take a batch|a roll-up failed|disk is full/.test(output);
    await waitUntil(isTold, { ...long, what: 'the disk to be full' });
    assert.ok((await countTotal({ url })) < events.length);
    child.stdin.write('room\n');
    await waitUntil(async () => (await countTotal({ url })) === events.length, { ...long, what: 'all events' });
    child.stdin.write('end\n');
    await ended;
    assert.match(output, /code 0/);
  } finally {
    child.stdin.end();
  }
});
