import { join } from 'node:path';
import { measurePublishing, measureRequests } from '../loads.ts';
import { installPeer, isPeerInstalled } from '../peer/install.ts';
import { rowOf } from '../report.ts';
import { residentMegabytes, startServer } from '../server-process.ts';
import { queryCells, readWorkload } from '../workload.ts';
import type { Bench } from './nostrata.ts';

/** The peer answers far fewer requests a second; its cells take this share of ours, so that a run ends in time. */
const share = 0.1;

/** Measures `@nostr-relay/core` with its SQLite repository on the same events and the same requests. */
export async function measurePeer({ dataSet, options, folder, add }: Bench): Promise<void> {
  const subject = 'nostr-relay sqlite';
  // Installing takes a minute, which is not quick.
  const reason = options.quick && !isPeerInstalled() ? 'not installed; a run without --quick does it' : installPeer();
  if (reason) return add({ subject, cell: 'all', note: `SKIPPED: ${reason}` });
  const workload = await readWorkload(dataSet.seedFile, dataSet.seedEvents);
  const script = join(import.meta.dirname, '../peer/server.ts');
  await using server = await startServer(process.execPath, [
    script,
    join(folder, 'peer.db'),
    dataSet.seedFile,
    String(dataSet.seedEvents),
  ]);
  for (const cell of queryCells(workload, (options.quick ? 0.05 : 1) * share)) {
    if (options.only && !cell.name.includes(options.only)) continue;
    add(
      rowOf(
        subject,
        cell.name,
        await measureRequests(server, cell.filterAt, { connections: 8, operations: cell.operations }),
      ),
    );
  }
  const events = (await readWorkload(dataSet.publishFile, Math.ceil(dataSet.publishEvents * share))).lines;
  add(
    rowOf(
      subject,
      'EVENT → OK, durable, 8 × 64 in flight',
      await measurePublishing(server, events, { connections: 8, inFlight: 64 }),
    ),
  );
  add({
    subject,
    cell: 'server memory after all cells',
    residentMb: residentMegabytes(server.pid).peak,
    note: 'RSS at its highest',
  });
}
