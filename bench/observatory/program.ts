import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServerProcess, startServer } from '../server-process.ts';

const binary = join(import.meta.dirname, '../../packages/server/bin/nostrata.ts');

/** How the program is started. */
export interface ProgramOptions {
  /** Where it keeps everything. */
  readonly folder: string;
  /** Settings by name, as its config file has them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** A folder in which a CPU profile is left. */
  readonly profile?: string | undefined;
  /** Options of Node.js. */
  readonly node?: readonly string[] | undefined;
}

/** The real program in a process of its own. */
export interface Program extends ServerProcess {
  /** `http://…` */
  readonly web: string;
  /** What `GET /metrics` says now. */
  metrics(): Promise<MetricsPage>;
  /** Changes in the log so far. */
  lastSeq(): Promise<number>;
}

/** Starts it and waits until it is up. */
export async function startProgram({ folder, settings, profile, node = [] }: ProgramOptions): Promise<Program> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ port: 0, data: join(folder, 'data'), ...settings }));
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const server = await startServer(process.execPath, [...node, ...profiling, binary, 'up', '--config', config]);
  const web = server.url.replace(/^ws/, 'http');
  const get = async (path: string): Promise<Response> =>
    await fetch(new URL(path, web), { signal: AbortSignal.timeout(60_000) });
  return {
    ...server,
    web,
    metrics: async () => readMetrics(await (await get('/metrics')).text()),
    lastSeq: async () => ((await (await get('/health')).json()) as { store: { lastSeq: number } }).store.lastSeq,
  };
}

/** Figures that the program exports. */
export interface MetricsPage {
  /** The sum of all series of a name whose labels hold a text; 0 where there is none. */
  sum(name: string, labels?: string): number;
  /** The share of a histogram that is at most each bound, in rising order. */
  buckets(name: string): readonly Bucket[];
}

/** One bucket of a histogram: how many were at most `bound`. */
export interface Bucket {
  readonly bound: number;
  readonly count: number;
}

/** Reads the Prometheus text. */
export function readMetrics(text: string): MetricsPage {
  const lines = text
    .split('\n')
    .map((line) => /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line))
    .filter((match) => match !== null)
    .map(([, name = '', labels = '', value = '']) => ({ name, labels, value: Number(value) }));
  return {
    sum: (name, labels = '') =>
      lines
        .filter((line) => line.name === name && line.labels.includes(labels))
        .reduce((sum, { value }) => sum + value, 0),
    buckets: (name) =>
      lines
        .filter((line) => line.name === `${name}_bucket`)
        .map(({ labels, value }) => {
          const bound = /le="([^"]+)"/.exec(labels)?.[1] ?? '';
          return { bound: bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), count: value };
        }),
  };
}

/** What was added to a histogram between two readings. */
export function bucketsBetween(before: readonly Bucket[], after: readonly Bucket[]): Bucket[] {
  return after.map(({ bound, count }, place) => ({ bound, count: count - (before[place]?.count ?? 0) }));
}

/** The bound below which that share of a histogram lies, evenly spread within its bucket; NaN for none at all. */
export function quantileOf(buckets: readonly Bucket[], share: number): number {
  const all = buckets.at(-1)?.count ?? 0;
  const wanted = all * share;
  const place = buckets.findIndex(({ count }) => count >= wanted);
  const bucket = buckets[place];
  if (all === 0 || bucket === undefined) return Number.NaN;
  const below = buckets[place - 1] ?? { bound: 0, count: 0 };
  if (bucket.bound === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const inBucket = bucket.count - below.count;
  return below.bound + ((wanted - below.count) / Math.max(1, inBucket)) * (bucket.bound - below.bound);
}
