import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureApi } from './api.ts';
import { measureCollect, measureIdle } from './collect.ts';
import { apiFigures, collectFigures, idleFigures, snapshotFigures } from './figures.ts';
import { measureSnapshots, type SnapshotOptions } from './snapshot.ts';
import { type Figure, formatFigures } from './table.ts';

const help = `npm run bench -- observatory [options]
  --quick        shorter runs and less of everything, about a minute
  --json         the last line is one JSON object
  --only PARTS   collect,sockets,snapshot,api
  --rate N       unique events a minute that the relays send (110,000)
  --seconds N    how long they do (60)
  --relays N     how many they are (250)
  --profile DIR  leave a CPU profile of the collecting program in DIR
  --node=WORDS   options of Node.js for the programs (--max-semi-space-size=4, as the image has it)
  --help`;

type Part = 'collect' | 'sockets' | 'snapshot' | 'api';
const parts: readonly Part[] = ['collect', 'sockets', 'snapshot', 'api'];

interface Run {
  readonly quick: boolean;
  readonly perMinute: number;
  readonly seconds: number;
  readonly relays: number;
  readonly profile: string | undefined;
  readonly node: readonly string[];
  readonly folder: string;
}

/** Runs the benchmark of the observatory: the real program in processes of its own, and what it is to reach. */
export async function runObservatoryBench(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      only: { type: 'string' },
      rate: { type: 'string', default: '110000' },
      seconds: { type: 'string' },
      relays: { type: 'string', default: '250' },
      profile: { type: 'string' },
      node: { type: 'string', default: '--max-semi-space-size=4' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-bench-observatory-'));
  const { quick, profile } = values;
  const run: Run = {
    ...{ quick, profile, folder },
    perMinute: Number(values.rate),
    seconds: Number(values.seconds ?? (quick ? 15 : 60)),
    relays: Number(values.relays),
    node: values.node.split(' ').filter(Boolean),
  };
  const figures: Figure[] = [];
  const loads: string[] = [];
  try {
    for (const part of parts) {
      if (values.only !== undefined && !values.only.split(',').includes(part)) continue;
      loads.push(`${part} ${loadavg()[0]?.toFixed(1)}`);
      // What one part cannot do must not cost the others their figures.
      const measured = await measures[part](run).catch((error: Error): Figure[] => {
        process.exitCode = 1;
        return [{ part, what: `FAILED: ${error.message.split('\n')[0]}`, value: '' }];
      });
      for (const figure of measured) console.error(`${figure.part}: ${figure.what} ${figure.value}`);
      figures.push(...measured);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`;
  console.log(`\n${machine}\nLoad of the machine before each part (1 minute): ${loads.join(', ')}\n`);
  console.log(formatFigures(figures));
  if (values.json) console.log(JSON.stringify({ bench: 'observatory', machine, loads, figures }));
}

const measures: Readonly<Record<Part, (run: Run) => Promise<Figure[]>>> = {
  async collect({ relays, perMinute, seconds, folder, profile, node }) {
    const events = Math.round((perMinute * seconds) / 60);
    const options = { relays, events, perMinute, folder: join(folder, 'collect'), profile, node };
    return collectFigures(await measureCollect(options));
  },
  async sockets({ quick, folder, node }) {
    const options = { relays: quick ? 300 : 1_000, folder: join(folder, 'sockets'), node };
    return idleFigures(await measureIdle(options, quick ? 3_000 : 15_000));
  },
  async snapshot(run) {
    return snapshotFigures(await measureSnapshots({ ...pastOf(run), rounds: 10 }));
  },
  async api(run) {
    const { path } = pastOf(run);
    // The same past as for the snapshots, whose part may have been left out.
    if (!existsSync(path)) await measureSnapshots({ ...pastOf(run), rounds: 0 });
    return apiFigures(
      await measureApi({ folder: join(run.folder, 'past'), node: run.node, seconds: run.quick ? 1.5 : 8 }),
    );
  },
};

function pastOf({ quick, folder }: Run): Omit<SnapshotOptions, 'rounds'> {
  const past = quick
    ? { days: 30, authors: 200_000, authorsPerDay: 10_000 }
    : { days: 90, authors: 1_700_000, authorsPerDay: 60_000 };
  mkdirSync(join(folder, 'past/data'), { recursive: true });
  return {
    rollups: { ...past, eventsPerMinute: 10_000, nowMs: Date.now() },
    relays: 300,
    path: join(folder, 'past/data/statistics.db'),
  };
}
