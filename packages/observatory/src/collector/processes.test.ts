import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openRedisCache } from '@nostrata/cache';
import {
  createEventBuilder,
  createTestNetwork,
  seededRandom,
  startRedis,
  type TestNetwork,
  testSeed,
  waitUntil,
} from '@nostrata/testing';
import { createFingerprinter } from './fingerprint.ts';
import type { Entry } from './intake.ts';
import { createSharedIds } from './shared-ids.ts';
import { openPlace, type Place, readTotals, realClock, sumOf } from './test-collection.ts';

const script = fileURLToPath(new URL('./test-collector-child.ts', import.meta.url));
const relays = 16;
const redis = await startRedis();
const children: ChildProcess[] = [];

after(async () => {
  for (const child of children) child.kill('SIGKILL');
  if (redis.isAvailable) await redis.stop();
});

describe('several collectors over one Redis and one store', { skip: !redis.isAvailable && redis.reason }, () => {
  test('divide the relays, take over from one that is killed, and count every event of every relay once', async () => {
    if (!redis.isAvailable) return;
    await using network = await createTestNetwork({ seed: 'processes', relays });
    await using place = await openPlace();
    const builder = createEventBuilder('processes', Math.floor(Date.now() / 1000) - 500);
    let announced = 0;
    const announce = (events: number): void => {
      for (let index = 0; index < events; index++) {
        const note = builder.note(`note ${announced++}`);
        for (const relay of network.relays) relay.announce(note);
      }
    };
    const counted = (): Promise<unknown> =>
      waitUntil(async () => sumOf(await readTotals(place), 'events') >= announced * relays, {
        timeoutMs: 20_000,
        what: 'every event to be counted for every relay',
      });
    announce(10);
    const one = await startCollector(place, redis.url, network);
    await waitUntil(() => isEachHeldOnce(network), { timeoutMs: 10_000, what: 'the first to take all relays' });
    const two = await startCollector(place, redis.url, network);
    await waitUntil(async () => (await countOwners(place)) === 2 && isEachHeldOnce(network), {
      ...{ timeoutMs: 15_000, what: 'the relays to be divided' },
    });
    announce(10);
    await counted();
    const killedMs = Date.now();
    one.kill('SIGKILL');
    announce(10);
    await counted();
    assert.ok(Date.now() - killedMs < 15_000);
    await waitUntil(() => isEachHeldOnce(network), { what: 'each relay to have one connection' });
    await redis.kill();
    announce(10);
    await counted();
    await redis.restart();
    const three = await startCollector(place, redis.url, network);
    await waitUntil(async () => (await countOwners(place)) === 2 && isEachHeldOnce(network), {
      ...{ timeoutMs: 15_000, what: 'the relays to be divided anew' },
    });
    announce(10);
    await counted();
    for (const child of [two, three]) {
      await end(child, 'SIGTERM');
    }
    const totals = await readTotals(place);
    assert.deepEqual(new Set(Array.from(totals.values(), ({ events }) => events)), new Set([announced]));
    assert.equal(sumOf(totals, 'novel'), announced);
    assert.equal((await place.store.statistics()).events, announced);
  });

  test('one that is killed again and again in the middle of its work loses no event and counts none twice', async () => {
    if (!redis.isAvailable) return;
    await using network = await createTestNetwork({ seed: 'killed', relays: 4 });
    await using place = await openPlace();
    const random = seededRandom(testSeed());
    const builder = createEventBuilder('killed', Math.floor(Date.now() / 1000) - 2_000);
    let announced = 0;
    const announceAll = (): void => {
      const note = builder.note(`note ${announced++}`);
      for (const relay of network.relays) relay.announce(note);
    };
    const talk = setInterval(announceAll, 10);
    try {
      for (let kill = 0; kill < 4; kill++) {
        const child = await startCollector(place, redis.url, network);
        await waitUntil(() => isEachHeldOnce(network), { timeoutMs: 8_000, what: 'the relays to be taken' });
        await new Promise((resolve) => setTimeout(resolve, random.integer(300)));
        await end(child, 'SIGKILL');
      }
    } finally {
      clearInterval(talk);
    }
    const last = await startCollector(place, redis.url, network);
    const isCounted = async (): Promise<boolean> => sumOf(await readTotals(place), 'events') >= announced * 4;
    await waitUntil(isCounted, { timeoutMs: 20_000, what: 'everything to be counted' });
    await end(last, 'SIGTERM');
    const totals = await readTotals(place);
    assert.deepEqual(
      Array.from(totals.values(), ({ events }) => events),
      network.relays.map(() => announced),
    );
    assert.equal(sumOf(totals, 'novel'), announced);
    assert.equal((await place.store.statistics()).events, announced);
  });

  test('what one has made durable is known to the others, word for word, and a Redis that hangs is not waited for', async () => {
    if (!redis.isAvailable) return;
    await using cache = await openRedisCache(redis.url, { commandTimeoutMs: 300 });
    const failures: unknown[] = [];
    const shared = createSharedIds({
      cache,
      clock: realClock,
      cachedMs: 60_000,
      failed: (error) => failures.push(error),
    });
    const fingerprinter = createFingerprinter({ high: 1, low: 2 });
    const note = createEventBuilder('shared').note('hello');
    const [entry, forged] = [
      note,
      { ...note, sig: note.sig.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) },
    ].map(
      (event): Entry => ({
        event,
        fingerprint: fingerprinter.ofEvent(event),
        sources: [],
        isRecovering: false,
        bytes: 0,
        text: undefined,
      }),
    );
    assert.ok(entry && forged);
    assert.equal((await shared.findKnown([entry, forged])).size, 0);
    await shared.add([entry]);
    assert.deepEqual(await shared.findKnown([forged, entry]), new Set([entry]));
    redis.freeze();
    const askedMs = performance.now();
    assert.equal((await shared.findKnown([entry])).size, 0);
    await shared.add([entry]);
    assert.ok(performance.now() - askedMs < 2_000);
    assert.equal(failures.length, 1);
    redis.thaw();
  });
});

async function startCollector(place: Place, redisUrl: string, { urls }: TestNetwork): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, place.folder, redisUrl, urls.join(',')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  await waitUntil(() => output.includes('collecting'), { timeoutMs: 15_000, what: 'a collector to start' });
  return child;
}

/** Ends a collector that must be alive: one that crashed by itself, or does not end, is an error and no endless wait. */
async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  assert.ok(!isOver(), `the collector ended by itself (${child.exitCode ?? child.signalCode})`);
  child.kill(signal);
  await waitUntil(isOver, { timeoutMs: 10_000, what: `a collector to end by ${signal}` });
}

function isEachHeldOnce({ relays: all }: TestNetwork): boolean {
  return all.every(({ ledger }) => ledger.openConnections === 1);
}

async function countOwners({ database }: Place): Promise<number> {
  const [row] = await database.query('SELECT COUNT(DISTINCT owner) AS owners FROM collector_watermark');
  return Number(row?.owners);
}
