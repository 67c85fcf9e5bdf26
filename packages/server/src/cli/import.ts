import { join } from 'node:path';
import type { Ingest } from '@nostrata/ingest';
import type { EventStore } from '@nostrata/store';
import { composeIngest, composeStore } from '../compose-door.ts';
import { importBlocksMax, importLineBytesMax, importStateEveryMs, rejectReasonsMax } from '../limits.ts';
import { getStoreUrl } from '../store-url.ts';
import {
  createImportCounts,
  type ImportCounts,
  type ImportPosition,
  importBlocks,
  type RejectedLine,
} from '../transfer/import.ts';
import { type ImportState, openImportState } from '../transfer/import-state.ts';
import { type Input, openFileInput, openStreamInput } from '../transfer/input.ts';
import { readBlocks } from '../transfer/lines.ts';
import { createRejectsFile, type RejectsFile } from '../transfer/rejects.ts';
import { exitCode } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { createLogger } from './logger.ts';
import { createProgress, type Progress } from './progress.ts';
import { formatCount, formatFacts, formatSeconds, print, say } from './terminal.ts';

/** The arguments of `nostrata import`. */
export interface ImportArguments {
  readonly files: readonly string[];
  /** Where to write the lines that were not taken. */
  readonly rejects: string | undefined;
  /** Forget how far an earlier import came. */
  readonly restart: boolean;
}

interface Run {
  readonly invocation: Invocation;
  readonly ingest: Ingest;
  readonly store: Pick<EventStore, 'lastSeq'>;
  readonly counts: ImportCounts;
  readonly countByReason: Map<string, number>;
  readonly rejects: RejectsFile | undefined;
  readonly restart: boolean;
}

/** `nostrata import`: files through the door into the store. */
export async function runImport(invocation: Invocation, { files, rejects, restart }: ImportArguments): Promise<number> {
  const { settings, given, host, terminal } = invocation;
  const startMs = host.now();
  // A batch that fails ends the import, which tells it once; only who asks for more hears of each batch.
  const logger = createLogger(given.has('logLevel') ? settings.logLevel : 'silent');
  const counts = createImportCounts();
  const countByReason = new Map<string, number>();
  // Opened before anything is started, so that a missing file is told at once.
  const inputs = new Map<string, Input>();
  for (const file of files)
    inputs.set(
      file,
      file === '-' ? await openStreamInput(terminal.input, terminal.interrupted) : await openFileInput(file),
    );
  await using rejectsFile = rejects === undefined ? undefined : await createRejectsFile(rejects);
  {
    await using store = await composeStore({ settings, now: host.now });
    await using ingest = await composeIngest(store, { settings, given, now: host.now, logger }, { isImport: true });
    const run: Run = { invocation, ingest, store, counts, countByReason, rejects: rejectsFile, restart };
    for (const [file, input] of inputs) {
      if (terminal.interrupted.aborted) break;
      await importFile(run, file, input);
    }
  }
  await report(invocation, { counts, countByReason, seconds: (host.now() - startMs) / 1000 });
  return terminal.interrupted.aborted ? exitCode.interrupted : exitCode.ok;
}

async function importFile(run: Run, file: string, input: Input): Promise<void> {
  const { terminal, host } = run.invocation;
  const state = await openState(run, file);
  const start = (await state?.load()) ?? { offset: 0, lines: 0 };
  if (start.offset > 0)
    say(terminal, `${file}: going on after line ${formatCount(start.lines)} (--restart starts over)`);
  const progress = createProgress(terminal.notes, host.now, file === '-' ? 'stdin' : (file.split('/').at(-1) ?? file));
  const saver = createSaver(state, host.now);
  try {
    await importBlocks({
      door: run.ingest,
      blocks: readBlocks(input.chunks, { lineBytesMax: importLineBytesMax, startOffset: start.offset }),
      counts: run.counts,
      start,
      blocksMax: importBlocksMax,
      signal: terminal.interrupted,
      onRejected: (line) => noteRejected(run, file, line),
      onSettled: (position) => {
        saver.settled(position);
        showProgress(progress, run.counts, input);
      },
    });
    await run.rejects?.written();
  } finally {
    progress.clear();
    input.stop();
    await saver.finish();
  }
  if (!terminal.interrupted.aborted) await state?.clear();
  else if (state) say(terminal, `${file}: stopped; the same command goes on from here`);
}

/** Streams cannot be gone back to, and nothing of a memory store is there the next time. */
async function openState(run: Run, file: string): Promise<ImportState | undefined> {
  const { settings } = run.invocation;
  const storeUrl = getStoreUrl(settings);
  if (file === '-' || storeUrl.startsWith('memory:')) return undefined;
  const state = await openImportState({
    folder: join(settings.data, 'import'),
    file,
    storeUrl,
    lastSeq: () => run.store.lastSeq(),
  });
  if (run.restart) await state.clear();
  return state;
}

/** Saves now and then, one save at a time, and the last position at the end. */
function createSaver(state: ImportState | undefined, now: () => number) {
  let latest: ImportPosition | undefined;
  let saving: Promise<void> = Promise.resolve();
  let failure: unknown;
  let savedMs = now();
  const save = () => {
    const position = latest;
    if (!state || !position) return;
    saving = saving
      .then(() => state.save(position))
      .catch((error: unknown) => {
        failure ??= error;
      });
  };
  return {
    settled(position: ImportPosition) {
      latest = position;
      if (now() - savedMs < importStateEveryMs) return;
      savedMs = now();
      save();
    },
    async finish() {
      save();
      await saving;
      if (failure !== undefined) throw failure;
    },
  };
}

function noteRejected(run: Run, file: string, rejected: RejectedLine): void {
  const { countByReason, rejects } = run;
  const isKnown = countByReason.has(rejected.reason) || countByReason.size < rejectReasonsMax;
  const reason = isKnown ? rejected.reason : 'other reasons';
  countByReason.set(reason, (countByReason.get(reason) ?? 0) + 1);
  rejects?.add(file, rejected);
}

function showProgress(progress: Progress, counts: ImportCounts, input: Input): void {
  progress.update({ events: counts.read, done: input.bytesRead(), total: input.size });
}

interface Outcome {
  readonly counts: ImportCounts;
  readonly countByReason: ReadonlyMap<string, number>;
  readonly seconds: number;
}

async function report({ terminal, json }: Invocation, { counts, countByReason, seconds }: Outcome): Promise<void> {
  const eventsPerSecond = seconds > 0 ? Math.round(counts.read / seconds) : 0;
  const reasons = [...countByReason].sort((a, b) => b[1] - a[1]);
  if (json) {
    if (reasons.length > 0) await print(terminal, JSON.stringify({ reasons: Object.fromEntries(reasons) }));
    await print(terminal, JSON.stringify({ ...counts, seconds, eventsPerSecond }));
    return;
  }
  const { read, ...outcomes } = counts;
  const took = `${formatSeconds(seconds)}, ${formatCount(eventsPerSecond)} events/s`;
  if (read === 0) return print(terminal, 'Nothing to import: no lines were read.');
  const facts = Object.entries(outcomes).filter(([name, count]) => count > 0 || name === 'stored');
  await print(terminal, `Read ${formatCount(read)} events in ${took}`);
  await print(terminal, formatFacts(facts.map(([name, count]) => [name, formatCount(count).padStart(11)])));
  if (reasons.length === 0) return;
  await print(terminal, '\nNot taken:');
  for (const [reason, count] of reasons.slice(0, 10))
    await print(terminal, `  ${formatCount(count).padStart(9)}  ${reason}`);
  if (reasons.length > 10) await print(terminal, `  … and ${reasons.length - 10} more reasons`);
}
