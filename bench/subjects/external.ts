import { measurePublishing, measureRequests } from '../loads.ts';
import { rowOf } from '../report.ts';
import { residentMegabytes } from '../server-process.ts';
import { queryCells, readWorkload } from '../workload.ts';
import type { Bench } from './nostrata.ts';

/**
 * Measures a relay that somebody else started on this machine, so that any relay can stand in the same run: `--relay
 * NAME=PID@ws://…`. It must hold the seed events already (`--keep DIR` leaves the file) and lift its limits.
 */
export async function measureExternal({
  dataSet,
  options,
  add,
  relay,
}: Bench & { readonly relay: string }): Promise<void> {
  const match = /^([^=]+)=(\d+)@(ws:\/\/.+)$/.exec(relay);
  const [, subject, pid, url] = match ?? [];
  if (!subject || !pid || !url) throw new Error(`--relay ${relay}: expected NAME=PID@ws://host:port`);
  const target = { url, pid: Number(pid) };
  const workload = await readWorkload(dataSet.seedFile, dataSet.seedEvents);
  for (const cell of queryCells(workload, options.quick ? 0.05 : 1)) {
    if (options.only && !cell.name.includes(options.only)) continue;
    add(
      rowOf(
        subject,
        cell.name,
        await measureRequests(target, cell.filterAt, { connections: 8, operations: cell.operations }),
      ),
    );
  }
  const cell = 'EVENT → OK, durable, 8 × 64 in flight';
  if (!options.only || cell.includes(options.only)) {
    const events = (await readWorkload(dataSet.publishFile, dataSet.publishEvents)).lines;
    add(rowOf(subject, cell, await measurePublishing(target, events, { connections: 8, inFlight: 64 })));
  }
  add({
    subject,
    cell: 'server memory after all cells',
    residentMb: residentMegabytes(target.pid).peak,
    note: 'RSS at its highest',
  });
}
