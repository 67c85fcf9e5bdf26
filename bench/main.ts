/**
 * `npm run bench`: measures import, publishing, queries, live fan-out and negentropy against servers in processes of
 * their own, and prints one table. `npm run bench -- core` measures the client library instead, and `npm run bench --
 * observatory` the statistics. Machines are shared and noisy: compare rows of one run, not runs.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCoreBench } from './core/main.ts';
import { openDataSet } from './data-set.ts';
import { runObservatoryBench } from './observatory/main.ts';
import { readOptions } from './options.ts';
import { formatTable, type Row } from './report.ts';
import { measureExternal } from './subjects/external.ts';
import { measureNostrata } from './subjects/nostrata.ts';
import { measurePeer } from './subjects/peer.ts';
import { runTrustBench } from './trust/main.ts';

const words = process.argv.slice(2);
if (words[0] === 'core') await runCoreBench(words.slice(1));
else if (words[0] === 'trust') await runTrustBench(words.slice(1));
else if (words[0] === 'observatory') await runObservatoryBench(words.slice(1));
else await runRelayBench();

async function runRelayBench(): Promise<void> {
  const options = readOptions(words);
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-bench-'));
  const startedMs = Date.now();
  if (options.keep) mkdirSync(options.keep, { recursive: true });
  try {
    const dataSet = await openDataSet(options, options.keep ?? folder);
    const rows: Row[] = [];
    const add = (row: Row): void => {
      rows.push(row);
      console.error(
        `${row.subject}: ${row.cell}${row.perSecond ? ` ${Math.round(row.perSecond)} per s` : ` ${row.note ?? ''}`}`,
      );
    };
    /** What one subject cannot do must not cost the others their rows. */
    const attempt = async (subject: string, measure: () => Promise<void>): Promise<void> => {
      try {
        await measure();
      } catch (error) {
        add({ subject, cell: 'all', note: `FAILED: ${error instanceof Error ? error.message.split('\n')[0] : error}` });
        process.exitCode = 1;
      }
    };
    for (const store of options.stores) {
      await attempt(store, () => measureNostrata({ store, dataSet, options, folder, add }));
    }
    for (const relay of options.relays) {
      await attempt(relay, () => measureExternal({ dataSet, options, folder, add, relay }));
    }
    if (options.peer) await attempt('nostr-relay', () => measurePeer({ dataSet, options, folder, add }));
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`;
    console.log(
      `\n${machine}\n${dataSet.description}\nDurability: every OK after fsync (SQLite synchronous=FULL, PostgreSQL synchronous_commit=on).`,
    );
    console.log(`\n${formatTable(rows)}`);
    if (options.json) console.log(JSON.stringify({ machine, seconds: (Date.now() - startedMs) / 1000, rows }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
