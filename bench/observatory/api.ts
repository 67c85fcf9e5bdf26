import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cpuSeconds, residentMegabytes } from '../server-process.ts';
import type { LoadOptions, LoadResult } from './load-process.ts';
import { startProgram } from './program.ts';

/** What the answers are measured with. */
export interface ApiOptions {
  /** The folder of the program, with `data/statistics.db` filled and its snapshots computed. */
  readonly folder: string;
  readonly seconds: number;
  readonly node?: readonly string[] | undefined;
}

/** One route under load. */
export interface ApiCell extends LoadResult {
  readonly name: string;
  readonly isCached: boolean;
  readonly connections: number;
  readonly cpuMicroseconds: number;
  /** The first answer, for which everything has to be read. */
  readonly firstMs: number;
}

/** All routes, and the memory of the program in the end. */
export interface ApiTimes {
  readonly cells: readonly ApiCell[];
  readonly residentMb: number;
}

interface Load {
  readonly name: string;
  readonly isCached: boolean;
  readonly paths: readonly string[];
}

const api = '/api/v1/stats';
const relay = encodeURIComponent('wss://relay-7.example.com/');

/** Cached ones are the same each time; the others begin at another second each time, so that no copy fits. */
function createLoads(nowMs: number): readonly Load[] {
  const now = Math.floor(nowMs / 1_000);
  const span = (days: number): string => `until=${now}&since={${now - days * 86_400}}`;
  const cached = (name: string): Load => ({ name, isCached: true, paths: [`${api}/${name}`] });
  return [
    cached('overview?range=30d'),
    cached('full/30d'),
    cached('relays'),
    ...[
      ['activity by hour, 7 days', `activity?group_by=hour&${span(7)}`],
      ['activity by day, 90 days', `activity?group_by=day&${span(90)}`],
      ['one kind by day, 90 days', `kinds/1?group_by=day&${span(90)}`],
      ['active users by day, 30 days', `users/active?group_by=day&${span(30)}`],
      ['events of one relay by day, 90 days', `relays/${relay}/events?group_by=day&${span(90)}`],
    ].map(([name = '', path]) => ({ name, isCached: false, paths: [`${api}/${path}`] })),
  ];
}

/** Starts the program over what is there and asks. */
export async function measureApi({ folder, seconds, node }: ApiOptions): Promise<ApiTimes> {
  const settings = {
    roles: ['api'],
    rateLimit: 0,
    collectRelays: ['wss://relay-0.example.com/'],
    discoverRelays: false,
  };
  await using program = await startProgram({ folder, settings, node });
  const port = Number(new URL(program.web).port);
  const cells: ApiCell[] = [];
  for (const { name, isCached, paths } of createLoads(Date.now())) {
    const connections = isCached ? 16 : 4;
    const firstMs = await timeFirst(new URL(paths[0]?.replace(/[{}]/g, '') ?? '/', program.web));
    const cpu = cpuSeconds(program.pid);
    const result = await startLoad({ port, paths, connections, seconds });
    const cpuMicroseconds = ((cpuSeconds(program.pid) - cpu) * 1e6 * 0.9) / Math.max(1, result.requests);
    cells.push({ name, isCached, connections, cpuMicroseconds, firstMs, ...result });
  }
  return { cells, residentMb: residentMegabytes(program.pid).peak };
}

async function timeFirst(url: URL): Promise<number> {
  const startedMs = performance.now();
  const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url.pathname} answers ${answer.status}`);
  return performance.now() - startedMs;
}

async function startLoad(options: LoadOptions): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'load-process.ts'), [JSON.stringify(options)]);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the load ended with code ${code}`);
  });
  ended.catch(() => undefined);
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [LoadResult];
  if (result.requests === 0) throw new Error(`no answer to ${options.paths[0]}: ${JSON.stringify(result.failures)}`);
  return result;
}
