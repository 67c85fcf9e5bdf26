import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type DayOptions, type DayResult, startDay } from './day.ts';
import { type FeedBench, type FeedCell, startFeed } from './feed-cell.ts';
import { installClients } from './peers/install.ts';
import { fullDay, shortDay } from './script.ts';
import { formatDays, formatFeed } from './table.ts';

const help = `npm run bench -- core [options]
  --quick       a day of three sessions instead of twelve, under 40 s
  --json        the last line is one JSON object
  --seed N      another world (1)
  --only NAMES  only these subjects: core,always-network,nostr-tools,ndk,applesauce
  --no-feed     leave out the feed over 1,000,000 stored events (with --quick 100,000)
  --one-by-one  one library after the other instead of side by side
  --help`;

interface SubjectName {
  readonly name: string;
  readonly adapter: string;
  readonly isPeer: boolean;
}

const subjects: readonly SubjectName[] = [
  { name: 'core', adapter: './adapters/core.ts', isPeer: false },
  { name: 'always-network', adapter: './adapters/always-network.ts', isPeer: false },
  { name: 'nostr-tools', adapter: './peers/nostr-tools.ts', isPeer: true },
  { name: 'ndk', adapter: './peers/ndk.ts', isPeer: true },
  { name: 'applesauce', adapter: './peers/applesauce.ts', isPeer: true },
];

/** Runs the benchmark of the client library: a day of an app, the same for every library. */
export async function runCoreBench(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    allowNegative: true,
    options: {
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      feed: { type: 'boolean', default: true },
      'one-by-one': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const startedMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-bench-core-'));
  try {
    const [feedEvents, feedRounds] = values.quick ? [100_000, 200] : [1_000_000, 1_000];
    await using feed = values.feed ? startFeed(feedEvents, feedRounds, folder) : undefined;
    const options = { ...readSize(values.quick), seed: Number(values.seed), folder };
    const { chosen, skipped } = chooseSubjects(values.only?.split(','));
    const results = values['one-by-one'] ? await runInTurn(chosen, options) : await runSideBySide(chosen, options);
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node.js ${process.version}`;
    console.log(`\n${machine}, seed ${options.seed}, ${options.script.sessions} sessions\n\n${formatDays(results)}`);
    for (const line of skipped) console.log(line);
    const cells = feed ? await measureFeed(feed, values.quick ? 10_000 : 1_500_000) : [];
    for (const cell of cells) console.log(formatFeed(cell));
    const seconds = (performance.now() - startedMs) / 1_000;
    if (values.json)
      console.log(JSON.stringify({ bench: 'core', machine, seconds, seed: options.seed, results, cells, skipped }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureFeed(feed: FeedBench, timeoutMs: number): Promise<readonly FeedCell[]> {
  try {
    return await feed.measure(timeoutMs);
  } catch (error) {
    console.log(`SKIPPED feed over many events: not ready within ${timeoutMs / 1_000} s (${(error as Error).message})`);
    return [];
  }
}

function readSize(isQuick: boolean): Omit<DayOptions, 'seed' | 'folder'> {
  return isQuick
    ? {
        script: shortDay,
        size: { follows: 200, strangers: 60, notesEach: 6, notesPerGap: 30 },
        patienceMs: 1_000,
        limitMs: 20_000,
        rounds: 50,
      }
    : {
        script: fullDay,
        size: { follows: 200, strangers: 100, notesEach: 20, notesPerGap: 40 },
        patienceMs: 3_000,
        limitMs: 600_000,
        rounds: 100,
      };
}

function chooseSubjects(only: readonly string[] | undefined): { chosen: SubjectName[]; skipped: string[] } {
  const wanted = subjects.filter(({ name }) => only?.includes(name) ?? true);
  const reason = wanted.some(({ isPeer }) => isPeer) ? installClients() : null;
  const skipped: string[] = [];
  const chosen = wanted.filter(({ name, adapter, isPeer }) => {
    const why = isPeer ? reason : existsSync(join(import.meta.dirname, adapter)) ? null : 'not written yet';
    if (why) skipped.push(`SKIPPED ${name}: ${why}`);
    return !why;
  });
  return { chosen, skipped };
}

/** The days pass at once, as they are mostly spent waiting; what is timed is timed in turn when all are over. */
async function runSideBySide(chosen: readonly SubjectName[], options: DayOptions): Promise<DayResult[]> {
  await using stack = new AsyncDisposableStack();
  const days = [];
  for (const subject of chosen) days.push(stack.use(await startDay(subject, options)));
  await Promise.all(
    days.map(async (day, index) => {
      const { name } = chosen[index] ?? {};
      // What one library cannot do must not cost the others their rows; its own shows what it lost.
      await day.run().catch((error: Error) => console.error(`${name}: ${error.message}`));
      console.error(`${name}: the day is over`);
    }),
  );
  const results: DayResult[] = [];
  for (const day of days) results.push(await day.finish());
  return results;
}

async function runInTurn(chosen: readonly SubjectName[], options: DayOptions): Promise<DayResult[]> {
  const results: DayResult[] = [];
  for (const subject of chosen) results.push(...(await runSideBySide([subject], options)));
  return results;
}
