import { join } from 'node:path';
import { startPostgres } from '@nostrata/testing';
import type { DataSet } from '../data-set.ts';
import { runImport } from '../import-process.ts';
import { measureFanOut, measurePublishing, measureRequests, type Target } from '../loads.ts';
import { measureNegentropy } from '../negentropy-load.ts';
import type { BenchOptions } from '../options.ts';
import { type Row, rowOf } from '../report.ts';
import { residentMegabytes, startServer } from '../server-process.ts';
import { queryCells, readWorkload } from '../workload.ts';

/** What one subject is measured with, and where its rows go. */
export interface Bench {
  readonly dataSet: DataSet;
  readonly options: BenchOptions;
  readonly folder: string;
  add(row: Row): void;
}

const program = join(import.meta.dirname, '../../packages/server/bin/nostrata.ts');

/** Measures our own relay on one engine: `sqlite`, `postgres` or `memory`. */
export async function measureNostrata(bench: Bench & { readonly store: string }): Promise<void> {
  const { store, options, dataSet, folder, add } = bench;
  const subject = `nostrata ${store}`;
  if (store !== 'postgres')
    return await measureStore(bench, subject, (name) => `${store}:${join(folder, `${store}-${name}`)}`);
  const postgres = await startPostgres({ isDurable: true });
  if (!postgres.isAvailable) return add({ subject, cell: 'all', note: `SKIPPED: ${postgres.reason}` });
  await using server = postgres;
  const urls = new Map<string, string>();
  for (const name of ['import', 'serve']) urls.set(name, await server.createDatabase());
  await measureStore({ ...bench, dataSet, options }, subject, (name) => urls.get(name) ?? '');
}

async function measureStore(bench: Bench, subject: string, urlOf: (name: string) => string): Promise<void> {
  const { dataSet, options, add } = bench;
  const wanted = (cell: string): boolean => options.only === undefined || cell.includes(options.only);
  const importCell = `import with verification, ${dataSet.importEvents.toLocaleString('en-US')} events`;
  if (wanted(importCell) || wanted('negentropy')) {
    const result = await runImport(program, urlOf('import'), dataSet.importFile);
    add({ subject, cell: importCell, ...result });
    if (wanted('negentropy')) add(await measureSync(bench, subject, urlOf('import')));
  }
  await runImport(program, urlOf('serve'), dataSet.seedFile);
  const workload = await readWorkload(dataSet.seedFile, dataSet.seedEvents);
  await using server = await startRelay(bench, urlOf('serve'));
  for (const cell of queryCells(workload, options.quick ? 0.05 : 1)) {
    if (wanted(cell.name))
      add(
        rowOf(
          subject,
          cell.name,
          await measureRequests(server, cell.filterAt, { connections: 8, operations: cell.operations }),
        ),
      );
  }
  await measureWrites(bench, subject, { server, wanted });
  add({
    subject,
    cell: 'server memory after all cells',
    residentMb: residentMegabytes(server.pid).peak,
    note: 'RSS at its highest',
  });
}

/** Negentropy over what was imported, on a relay of its own, so that its memory is seen apart. */
async function measureSync(bench: Bench, subject: string, storeUrl: string): Promise<Row> {
  const createdAtById = new Map<string, number>();
  for (const line of (await readWorkload(bench.dataSet.importFile, bench.dataSet.importEvents)).lines) {
    createdAtById.set(line.slice(7, 71), Number(/"created_at":(\d+)/.exec(line)?.[1]));
  }
  await using server = await startRelay(bench, storeUrl);
  return await measureNegentropy(subject, server, createdAtById);
}

async function measureWrites(
  bench: Bench,
  subject: string,
  { server, wanted }: { readonly server: Target; wanted(cell: string): boolean },
): Promise<void> {
  const { dataSet, options, add } = bench;
  const fresh = await readWorkload(dataSet.publishFile, dataSet.publishEvents);
  const notes = fresh.lines.filter((line) => line.includes('"kind":1,'));
  const live = notes.slice(0, options.quick ? 25 : 105);
  const liveSet = new Set(live);
  const subscriptions = options.quick ? [1_000] : [1_000, 10_000];
  for (const [round, count] of subscriptions.entries()) {
    const cell = `live fan-out to ${count.toLocaleString('en-US')} subscriptions`;
    const share = live.slice(
      (round * live.length) / subscriptions.length,
      ((round + 1) * live.length) / subscriptions.length,
    );
    if (wanted(cell))
      add(
        rowOf(
          subject,
          cell,
          await measureFanOut(server, share, { subscriptions: count, connections: Math.min(500, count / 10) }),
        ),
      );
  }
  const cell = 'EVENT → OK, durable, 8 × 64 in flight';
  const events = fresh.lines.filter((line) => !liveSet.has(line));
  if (wanted(cell))
    add(rowOf(subject, cell, await measurePublishing(server, events, { connections: 8, inFlight: 64 })));
  const again = `duplicates, 8 × 64 in flight`;
  if (wanted(again))
    add(rowOf(subject, again, await measurePublishing(server, events, { connections: 8, inFlight: 64 })));
}

async function startRelay({ options, folder }: Bench, storeUrl: string): Promise<Target & AsyncDisposable> {
  const profile = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const words = [
    'up',
    '--port',
    '0',
    '--data',
    join(folder, 'up'),
    '--store',
    storeUrl,
    '--config',
    join(import.meta.dirname, '../lifted-limits.json'),
  ];
  return await startServer(process.execPath, [...profile, program, ...words]);
}
