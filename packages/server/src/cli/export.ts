import type { Filter } from '@nostrata/protocol';
import { composeStore } from '../compose-door.ts';
import { ConfigError } from '../config/errors.ts';
import { createFileOutput, createStreamOutput, type ExportOutput } from '../transfer/output.ts';
import { type ReadableStore, selectNewestFirst, selectOldestFirst } from '../transfer/select.ts';
import { exitCode } from './exit.ts';
import { type FilterFlags, parseFilterFlags } from './filters.ts';
import type { Invocation } from './invocation.ts';
import { createProgress } from './progress.ts';
import { formatCount, formatSeconds, print, say } from './terminal.ts';

/** The arguments of `nostrata export`. */
export interface ExportArguments {
  /** `-` is standard output. */
  readonly file: string;
  readonly flags: FilterFlags;
  readonly isOldestFirst: boolean;
}

/** `nostrata export`: events as JSONL. */
export async function runExport(invocation: Invocation, options: ExportArguments): Promise<number> {
  const { settings, host, terminal } = invocation;
  const filters = parseFilterFlags(options.flags);
  if (options.isOldestFirst && filters.some((filter) => filter.search !== undefined)) {
    throw new ConfigError('--order oldest cannot be used with a search, which gives the best first');
  }
  const startMs = host.now();
  await using store = await composeStore({ settings, now: host.now });
  const isStream = options.file === '-';
  const output = isStream
    ? createStreamOutput(terminal.output)
    : await createFileOutput(options.file, String(process.pid));
  let events: number;
  try {
    events = await copyEvents({ invocation, store, output, filters, isOldestFirst: options.isOldestFirst });
  } catch (error) {
    await output.abandon();
    if (!terminal.interrupted.aborted) throw error;
    say(terminal, isStream ? 'Interrupted.' : `Interrupted: ${options.file} was not written.`);
    return exitCode.interrupted;
  }
  await output.finish();
  await report(invocation, { events, seconds: (host.now() - startMs) / 1000, file: options.file });
  return exitCode.ok;
}

interface Copy {
  readonly invocation: Invocation;
  readonly store: ReadableStore;
  readonly output: ExportOutput;
  readonly filters: readonly Filter[];
  readonly isOldestFirst: boolean;
}

/** Returns how many events were written. */
async function copyEvents({ invocation, store, output, filters, isOldestFirst }: Copy): Promise<number> {
  const { terminal, host } = invocation;
  const signal = terminal.interrupted;
  const progress = createProgress(terminal.notes, host.now, 'export');
  let events = 0;
  try {
    const pages = isOldestFirst ? selectOldestFirst(store, filters, signal) : selectNewestFirst(store, filters, signal);
    for await (const page of pages) {
      if (page.length === 0) continue;
      if (!(await output.write(`${page.join('\n')}\n`))) break;
      events += page.length;
      progress.update({ events, done: 0, total: undefined });
      signal.throwIfAborted();
    }
  } finally {
    progress.clear();
  }
  return events;
}

interface Report {
  readonly events: number;
  readonly seconds: number;
  readonly file: string;
}

async function report({ terminal, json }: Invocation, { events, seconds, file }: Report): Promise<void> {
  // Standard output is the export itself and holds nothing else.
  if (file === '-') {
    if (terminal.notes.isTTY && !terminal.output.isTTY) say(terminal, `${formatCount(events)} events`);
    return;
  }
  if (json) return print(terminal, JSON.stringify({ events, seconds, file }));
  const text = events === 0 ? 'No event matches; an empty file was written' : `Wrote ${formatCount(events)} events`;
  await print(terminal, `${text} to ${file} in ${formatSeconds(seconds)}`);
}
