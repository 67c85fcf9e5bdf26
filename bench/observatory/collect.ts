import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { waitUntil } from '@nostrata/testing';
import { cpuSeconds, residentMegabytes } from '../server-process.ts';
import { startFeed } from './feed.ts';
import { bucketsBetween, type MetricsPage, type Program, quantileOf, startProgram } from './program.ts';

/** What the collection is measured with. */
export interface CollectOptions {
  readonly relays: number;
  readonly events: number;
  readonly perMinute: number;
  readonly folder: string;
  readonly profile?: string | undefined;
  readonly node?: readonly string[] | undefined;
  /** Settings beside those that this machine needs. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
}

/** What collecting came to. */
export interface Collected {
  readonly relays: number;
  readonly events: number;
  /** Unique events stored a minute, from when a tenth was stored until the last was sent. */
  readonly perMinute: number;
  readonly deliveriesPerSecond: number;
  readonly megabytesPerSecond: number;
  /** Of one core, while events came. */
  readonly cpuShare: number;
  /** What each unique event costs with all its copies, until it is rolled up. */
  readonly cpuMicroseconds: number;
  readonly feedCpuShare: number;
  readonly residentMb: number;
  readonly flushP50Seconds: number;
  readonly flushP99Seconds: number;
  /** How far the roll-ups were behind the log at most, and how long after the last event they were level with it. */
  readonly lagEventsMax: number;
  readonly caughtUpSeconds: number;
  /** Unique events that the roll-ups have in the end; those that were deleted before they came are not among them. */
  readonly counted: number;
  readonly refused: number;
  readonly verifier: string;
}

/** The program gathers all that the relays send. */
export async function measureCollect(options: CollectOptions): Promise<Collected> {
  const { relays, events, perMinute, folder, profile, node } = options;
  await using feed = await startFeed({ relays, events, perMinute });
  await using program = await startProgram({
    folder,
    settings: { ...collecting(feed.urls), ...options.settings },
    profile,
    node,
  });
  await untilConnected(program, relays);
  const before = await program.metrics();
  const startedMs = performance.now();
  const [cpu, feedCpu] = [cpuSeconds(program.pid), cpuSeconds(feed.pid)];
  const follower = followRollups(program, join(folder, 'data/statistics.db'));
  const sampler = sampleStored(program, before);
  const bound = (events / perMinute) * 60_000 * 4 + 60_000;
  const played = await feed.play(bound);
  const seconds = (performance.now() - startedMs) / 1_000;
  const perSecond = await sampler.finish();
  const used = { program: cpuSeconds(program.pid) - cpu, feed: cpuSeconds(feed.pid) - feedCpu };
  const handed = async (): Promise<boolean> => handedSince(before, await program.metrics()) >= events;
  await waitUntil(handed, { timeoutMs: 60_000, what: 'the last event handed in' });
  const endMs = performance.now();
  const { lagEventsMax, caughtUpMs } = await follower.finish();
  const cpuMicroseconds = ((cpuSeconds(program.pid) - cpu) * 1e6) / events;
  const after = await program.metrics();
  const flushes = bucketsBetween(buckets(before), buckets(after));
  return {
    relays,
    events,
    perMinute: perSecond * 60,
    deliveriesPerSecond: played.deliveries / seconds,
    megabytesPerSecond: played.bytes / 1e6 / seconds,
    cpuShare: used.program / seconds,
    cpuMicroseconds,
    feedCpuShare: used.feed / seconds,
    residentMb: residentMegabytes(program.pid).peak,
    flushP50Seconds: quantileOf(flushes, 0.5),
    flushP99Seconds: quantileOf(flushes, 0.99),
    lagEventsMax,
    caughtUpSeconds: (caughtUpMs - endMs) / 1_000,
    refused: handedSince(before, after, 'outcome="rejected"') + handedSince(before, after, 'outcome="deleted"'),
    counted: countEvents(join(folder, 'data/statistics.db')),
    verifier:
      program
        .output()
        .find((line) => line.includes('signatures'))
        ?.trim()
        .split(/\s{2,}/)[1] ?? 'unknown',
  };
}

/** What holding idle connections costs. */
export interface Idle {
  readonly relays: number;
  readonly connectSeconds: number;
  readonly residentMb: number;
  readonly cpuShare: number;
}

/** The program holds connections on which nothing happens. */
export async function measureIdle(
  { relays, folder, node }: Pick<CollectOptions, 'relays' | 'folder' | 'node'>,
  idleMs: number,
): Promise<Idle> {
  await using feed = await startFeed({ relays, events: 0, perMinute: 1 });
  await using program = await startProgram({ folder, settings: collecting(feed.urls), node });
  const startedMs = performance.now();
  await untilConnected(program, relays);
  const connectSeconds = (performance.now() - startedMs) / 1_000;
  const cpu = cpuSeconds(program.pid);
  await wait(idleMs);
  const cpuShare = ((cpuSeconds(program.pid) - cpu) * 1_000) / idleMs;
  return { relays, connectSeconds, cpuShare, residentMb: residentMegabytes(program.pid).peak };
}

/** As in operation, but for what would leave this machine. */
function collecting(urls: readonly string[]): Readonly<Record<string, unknown>> {
  return {
    roles: ['collector', 'jobs', 'api'],
    collectRelays: urls,
    collectConnections: urls.length,
    collectKinds: '*',
    allowLocalRelays: true,
    discoverRelays: false,
    rateLimit: 0,
  };
}

async function untilConnected(program: Program, relays: number): Promise<void> {
  const connected = async (): Promise<boolean> =>
    (await program.metrics()).sum('nostrata_collector_connections', 'open') >= relays;
  await waitUntil(connected, { timeoutMs: 120_000, what: `${relays} relays connected` });
}

function handedSince(before: MetricsPage, after: MetricsPage, outcome = ''): number {
  const name = 'nostrata_events_total';
  return after.sum(name, outcome) - before.sum(name, outcome);
}

/** Looks every second how many events are durable; gives how many a second were, without the start. */
function sampleStored(program: Program, before: MetricsPage): { finish(): Promise<number> } {
  const samples: { readonly atMs: number; readonly stored: number }[] = [];
  const ending = new AbortController();
  const sample = async (): Promise<void> => {
    const stored = handedSince(before, await program.metrics());
    samples.push({ atMs: performance.now(), stored });
  };
  const sampling = (async () => {
    while (!ending.signal.aborted) {
      await sample();
      await wait(1_000, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  })();
  sampling.catch(() => undefined);
  return {
    async finish() {
      ending.abort();
      await sampling;
      await sample();
      const last = samples.at(-1) ?? { atMs: 0, stored: 0 };
      const first = samples.find(({ stored }) => stored >= last.stored / 10) ?? last;
      return ((last.stored - first.stored) * 1_000) / Math.max(1, last.atMs - first.atMs);
    },
  };
}

function buckets(page: MetricsPage): ReturnType<MetricsPage['buckets']> {
  return page.buckets('nostrata_collector_flush_seconds');
}

interface Follower {
  /** Waits until the roll-ups are level with the log. */
  finish(): Promise<{ readonly lagEventsMax: number; readonly caughtUpMs: number }>;
}

/** Looks every second how far the roll-ups are behind the log. */
function followRollups(program: Program, path: string): Follower {
  let lagEventsMax = 0;
  let isEnding = false;
  const follow = async (): Promise<number> => {
    using rows = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
    const cursor = rows.prepare('SELECT MIN(seq) AS seq FROM view_cursor');
    for (;;) {
      const lastSeq = await program.lastSeq();
      const lag = lastSeq - Number(cursor.get()?.seq ?? 0);
      if (isEnding && lag <= 0) return performance.now();
      lagEventsMax = Math.max(lagEventsMax, lag);
      await wait(isEnding ? 100 : 1_000);
    }
  };
  const following = follow();
  following.catch(() => undefined);
  return {
    async finish() {
      isEnding = true;
      const late = AbortSignal.timeout(120_000);
      const end = Promise.withResolvers<never>();
      late.onabort = () => end.reject(new Error('the roll-ups did not catch up within two minutes'));
      return { caughtUpMs: await Promise.race([following, end.promise]), lagEventsMax };
    },
  };
}

/** Every event that was ever in the log or only observed. */
function countEvents(path: string): number {
  using rows = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  const count = (table: string): number => Number(rows.prepare(`SELECT COUNT(*) AS count FROM ${table}`).get()?.count);
  return count('view_statistics_event') + count('statistics_observed_event');
}
