import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMemoryCache } from '@nostrata/cache';
import { openSqlite } from '@nostrata/database';
import { createIngest } from '@nostrata/ingest';
import { createPool } from '@nostrata/network';
import { createCollector } from '@nostrata/observatory';
import { openStore } from '@nostrata/store';
import { viewsPragmas } from '@nostrata/views';

/**
 * Measures the collector over a store and a door of its own and relays in another process:
 * `node bench/collector/main.ts [EVENTS] [RELAYS] [COPIES] [EVENTS A SECOND]`, by default 30,000 events, each sent by 10
 * of 250 relays, as fast as they are taken. Prints one line of JSON.
 */
const [events = 30_000, relays = 250, copies = 10, rate = 1e9] = process.argv.slice(2).map(Number);
const deadlineMs = 300_000;

const clock = {
  now: () => Date.now(),
  after(milliseconds: number, callback: () => void) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

const network = startRelays();
const folder = mkdtempSync(join(tmpdir(), 'nostrata-bench-collector-'));
try {
  console.log(JSON.stringify(await measure()));
} finally {
  network.child.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<Readonly<Record<string, unknown>>> {
  const [, port, total] = await network.said(/port (\d+) of (\d+) events/);
  await using store = await openStore(`sqlite:${join(folder, 'store')}`, { now: Date.now });
  await using ingest = await createIngest({ store, policies: [], now: Date.now });
  await using database = openSqlite(join(folder, 'statistics.db'), { pragmas: viewsPragmas });
  const counts: Record<string, number> = {};
  const flushSeconds: number[] = [];
  await using collector = createCollector({
    createPool: (door) => createPool({ ...door, clock, random: Math.random, allowLocal: true, fetchInformation: null }),
    ...{ ingest, database, store, clock, random: Math.random, kinds: 'all', cache: createMemoryCache({ clock }) },
    relays: async () =>
      Array.from({ length: relays }, (_, relay) => ({ relay, url: `ws://127.0.0.1:${port}/${relay}` })),
    logger: { info: () => undefined, warn: console.warn, error: console.error },
    connectionsMax: relays,
    limits: { lookBackSeconds: 1e8 },
    metrics: {
      received(outcome, count) {
        counts[outcome] = (counts[outcome] ?? 0) + count;
      },
      flushed: (_, seconds) => void flushSeconds.push(seconds),
    },
  });
  await collector.start();
  await network.said(/all asked/);
  const usage = startUsage();
  network.child.stdin?.write('go\n');
  const received = (): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
  while (received() < Number(total) * copies && usage.seconds() * 1_000 < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    usage.look();
    if (network.hasSaid(/sent/)) await collector.flush();
  }
  flushSeconds.sort((a, b) => a - b);
  return {
    events: Number(total),
    copies: received(),
    ...usage.end(Number(total), received()),
    flushSecondsP50: flushSeconds[Math.floor(flushSeconds.length / 2)],
    flushSecondsMax: flushSeconds.at(-1),
    verifier: ingest.verifier.backend,
    counts,
  };
}

function startUsage() {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const thread = process.threadCpuUsage();
  let rss = 0;
  const seconds = (): number => (performance.now() - started) / 1_000;
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    seconds,
    look() {
      rss = Math.max(rss, process.memoryUsage.rss());
    },
    end(unique: number, received: number) {
      const used = process.cpuUsage(cpu);
      const main = process.threadCpuUsage(thread);
      return {
        seconds: round(seconds()),
        eventsAMinute: Math.round((unique / seconds()) * 60),
        cpuSeconds: round((used.user + used.system) / 1e6),
        mainThreadSeconds: round((main.user + main.system) / 1e6),
        mainThreadMicrosecondsACopy: round((main.user + main.system) / received),
        rssMegabytes: Math.round(rss / 1e6),
      };
    },
  };
}

/** The process of the relays, and what it has said. */
function startRelays(): {
  readonly child: ChildProcess;
  hasSaid(what: RegExp): boolean;
  said(what: RegExp): Promise<RegExpExecArray>;
} {
  const script = fileURLToPath(new URL('./relays-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...[events, relays, copies, rate].map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
  });
  return {
    child,
    hasSaid: (what) => what.test(output),
    async said(what) {
      for (;;) {
        const match = what.exec(output);
        if (match) return match;
        if (child.exitCode !== null) throw new Error('the relays have ended');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}
