import type { Database } from '@nostrata/database';
import type { EventStore } from '@nostrata/store';
import { createViews, type RebuildReport, type RowDifference, type View } from '@nostrata/views';
import { composeStore } from '../compose-door.ts';
import { composeRowsDatabase, composeViews, hasViews, listAllViews, type RowsFile } from '../compose-views.ts';
import { ConfigError } from '../config/errors.ts';
import type { Settings } from '../config/table.ts';
import { exitCode } from './exit.ts';
import type { Invocation } from './invocation.ts';
import { createProgress } from './progress.ts';
import { formatCount, formatSeconds, print } from './terminal.ts';

/** What is to be rebuilt. */
export interface RebuildWords {
  /** One view; undefined: every index, and every view where there are any. */
  readonly view?: string | undefined;
  /** Only compare views with what the log gives now. */
  readonly verify: boolean;
  /** Only say which views there are. */
  readonly list: boolean;
}

/** `nostrata rebuild`: indexes and views made anew from the events, or views compared with them. */
export async function runRebuild(invocation: Invocation, words: RebuildWords): Promise<number> {
  const { settings, host } = invocation;
  const groups = selectViews(settings, words.view);
  if (words.list) {
    return await listViews(
      invocation,
      groups.flatMap(({ views }) => views),
    );
  }
  await using store = await composeStore({ settings, now: host.now });
  if (words.view === undefined && !words.verify) await rebuildIndexes(invocation, store);
  let differences = 0;
  for (const { file, views: chosen } of groups) {
    if (words.view === undefined && !(await hasViews(settings, file))) continue;
    await using database = await composeRowsDatabase(settings, file);
    const names = new Set(chosen.map(({ name }) => name));
    for (const view of await composeViews(file, database, settings)) {
      if (!names.has(view.name)) continue;
      if (invocation.terminal.interrupted.aborted) return exitCode.interrupted;
      const report = await rebuildView(invocation, { store, database, view }, words.verify);
      if (!report) return exitCode.interrupted;
      differences += report.differences?.length ?? 0;
      await tell(invocation, report, words.verify);
    }
  }
  return differences === 0 ? exitCode.ok : exitCode.failure;
}

interface Group {
  readonly file: RowsFile;
  readonly views: readonly View[];
}

function selectViews(settings: Settings, name: string | undefined): readonly Group[] {
  const groups = listAllViews(settings);
  if (name === undefined) return groups;
  const chosen = groups
    .map(({ file, views }) => ({ file, views: views.filter((view) => view.name === name) }))
    .filter(({ views }) => views.length > 0);
  if (chosen.length > 0) return chosen;
  const known = groups.flatMap(({ views }) => views.map((view) => view.name));
  throw new ConfigError(`there is no view ${JSON.stringify(name)}: ${known.join(', ')}`);
}

async function listViews({ terminal, json }: Invocation, views: readonly View[]): Promise<number> {
  for (const { name, version, kinds, tables } of views) {
    const fields = { name, version, kinds: [...(kinds ?? [])], tables: tables.map((table) => table.name) };
    await print(
      terminal,
      json
        ? JSON.stringify(fields)
        : `${name.padEnd(16)} from ${kinds ? `kinds ${fields.kinds.join(', ')}` : 'all kinds'}`,
    );
  }
  return exitCode.ok;
}

async function rebuildIndexes({ host, terminal, json }: Invocation, store: EventStore): Promise<void> {
  const startMs = host.now();
  await store.rebuild();
  const { events } = await store.statistics();
  const seconds = (host.now() - startMs) / 1000;
  if (json) await print(terminal, JSON.stringify({ events, seconds }));
  else
    await print(terminal, `Every index of ${formatCount(events)} events was built again in ${formatSeconds(seconds)}`);
}

interface Pieces {
  readonly store: EventStore;
  readonly database: Database;
  readonly view: View;
}

/** Undefined where the user has interrupted it; what is left to do is done when the view is used again. */
async function rebuildView(
  { host, terminal }: Invocation,
  { store, database, view }: Pieces,
  verify: boolean,
): Promise<RebuildReport | undefined> {
  await using views = await createViews({ store, database, views: [view], now: host.now });
  const progress = createProgress(terminal.notes, host.now, view.name);
  const signal = terminal.interrupted;
  try {
    return await views.rebuild(view.name, {
      verify,
      signal,
      progress: (done, last) => progress.update({ events: done, done, total: last }),
    });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    progress.clear();
  }
}

async function tell({ terminal, json }: Invocation, report: RebuildReport, verify: boolean): Promise<void> {
  if (json) return await print(terminal, JSON.stringify(report));
  const { name, changes, rows, seconds, differences = [] } = report;
  for (const difference of differences) await print(terminal, describeDifference(difference));
  const work = `${formatCount(changes)} changes, ${formatCount(rows)} rows, ${formatSeconds(seconds)}`;
  const verdict =
    differences.length === 0 ? 'no differences' : `${formatCount(differences.length)} differences or more`;
  await print(terminal, verify ? `View ${name} was compared (${work}): ${verdict}` : `View ${name} was built: ${work}`);
}

function describeDifference({ table, before, after }: RowDifference): string {
  const toText = (row: RowDifference['before']): string => (row ? JSON.stringify(row) : 'no row');
  return `${table}\n  is         ${toText(before)}\n  should be  ${toText(after)}`;
}
