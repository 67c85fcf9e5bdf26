import { join } from 'node:path';
import type { Core } from '@nostrata/core';
import type { SyncProgress } from '@nostrata/network';
import type { Filter } from '@nostrata/protocol';
import { composeCore, parseRelays } from '../compose-core.ts';
import { ConfigError } from '../config/errors.ts';
import { getStoreUrl } from '../store-url.ts';
import { exitCode } from './exit.ts';
import { type FilterFlags, parseFilterFlags } from './filters.ts';
import type { Invocation } from './invocation.ts';
import { createStatusLine, type StatusLine } from './progress.ts';
import { openSyncState, type SyncState } from './sync-state.ts';
import { formatCount, formatSeconds, print, say } from './terminal.ts';

/** The arguments of `nostrata sync`. */
export interface SyncArguments {
  /** Those of the settings where there are none. */
  readonly relays: readonly string[];
  readonly flags: FilterFlags;
  readonly direction: Direction;
  /** Forget how far an interrupted sync has come. */
  readonly restart: boolean;
}

/** Which side gets what it lacks. */
export type Direction = 'up' | 'down' | 'both';

interface Run {
  readonly invocation: Invocation;
  readonly core: Core;
  readonly relays: readonly string[];
  readonly filter: Filter;
  readonly direction: Direction;
  readonly state: SyncState | undefined;
  /** By relay, from an earlier run and this one. */
  readonly doneSeconds: Map<string, number>;
  readonly line: StatusLine;
}

/** `nostrata sync`: the store and relays made equal for a filter, one relay after another. */
export async function runSync(invocation: Invocation, words: SyncArguments): Promise<number> {
  const { settings, terminal, host } = invocation;
  const { direction, flags } = words;
  const texts = words.relays.length > 0 ? words.relays : settings.relays;
  if (texts.length === 0)
    throw new ConfigError('no relay is known: name those to sync with, or some in the setting relays');
  const relays = [...new Set(parseRelays(texts, settings.allowLocalRelays))];
  const filter = parseSyncFilter(flags);
  const state = openState(invocation, [filter, direction]);
  if (words.restart) await state?.clear();
  await using core = await composeCore({ settings, relays });
  const doneSeconds = new Map(await state?.load());
  if (relays.some((relay) => doneSeconds.has(relay)))
    say(terminal, 'Going on where it was interrupted (--restart starts over)');
  const line = createStatusLine(terminal.notes, host.now);
  const run: Run = { invocation, core, relays, filter, direction, state, doneSeconds, line };
  const failed = await syncAll(run);
  if (terminal.interrupted.aborted) {
    if (state) say(terminal, 'Stopped; the same command goes on from here');
    return exitCode.interrupted;
  }
  if (failed > 0) return exitCode.failure;
  await state?.clear();
  return exitCode.ok;
}

/** Gives the number of relays that failed. */
async function syncAll(run: Run): Promise<number> {
  const { invocation, core, relays, filter, direction, state, doneSeconds, line } = run;
  const { terminal, host } = invocation;
  const options = { relays, direction, resume: new Map(doneSeconds), signal: terminal.interrupted };
  let failed = 0;
  let current: SyncProgress | undefined;
  let startMs = host.now();
  try {
    for await (const progress of core.sync(filter, options)) {
      if (current?.relay !== progress.relay) startMs = host.now();
      current = progress;
      const seconds = (host.now() - startMs) / 1000;
      line.show(() => describe(progress, seconds, relays));
      const { relay, doneSeconds: done, phase } = progress;
      if (done !== undefined && done !== doneSeconds.get(relay)) await state?.save(doneSeconds.set(relay, done));
      if (phase !== 'done' && phase !== 'failed') continue;
      if (phase === 'failed') failed += 1;
      await tell(run, progress, seconds);
    }
  } catch (error) {
    if (!terminal.interrupted.aborted) throw error;
    if (current) await tell(run, current, (host.now() - startMs) / 1000);
  } finally {
    line.clear();
  }
  return failed;
}

/** A memory store is another one each time. */
function openState({ settings, host }: Invocation, what: readonly unknown[]): SyncState | undefined {
  const store = getStoreUrl(settings);
  if (store.startsWith('memory:')) return undefined;
  return openSyncState(join(settings.data, 'sync'), [store, ...what], host.now);
}

function parseSyncFilter(flags: FilterFlags): Filter {
  const [filter, ...more] = parseFilterFlags(flags);
  if (!filter || more.length > 0) throw new ConfigError('--filter: a sync has one filter');
  for (const name of ['limit', 'search'] as const) {
    if (filter[name] !== undefined) throw new ConfigError(`--${name}: a sync compares everything that matches`);
  }
  return filter;
}

async function tell({ invocation, line }: Run, progress: SyncProgress, seconds: number): Promise<void> {
  const { terminal, json } = invocation;
  line.clear();
  if (json) return await print(terminal, JSON.stringify({ ...progress, seconds }));
  const { relay, phase, method, reason, needed, fetched, missing, offered, sent, refused, gaps } = progress;
  const how = method === 'negentropy' ? 'negentropy' : 'pages';
  const facts = [
    `fetched ${formatCount(fetched)} of ${formatCount(needed)}`,
    `sent ${formatCount(sent)} of ${formatCount(offered)}`,
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
    ...(missing > 0 ? [`${formatCount(missing)} named and not given`] : []),
    ...(gaps > 0 ? [`${formatCount(gaps)} seconds of which the relay does not give all`] : []),
  ];
  const end = phase === 'done' || phase === 'failed' ? phase : 'interrupted';
  // What a relay says must not command the terminal.
  const said = reason === undefined ? '' : ` (${reason.replace(/\p{Cc}/gu, ' ').slice(0, 200)})`;
  await print(terminal, `${relay}  ${end} by ${how} in ${formatSeconds(seconds)}: ${facts.join(', ')}${said}`);
}

function describe(progress: SyncProgress, seconds: number, relays: readonly string[]): string {
  const { relay, phase, needed, fetched, offered, sent } = progress;
  const place = relays.length > 1 ? `${relays.indexOf(relay) + 1}/${relays.length}  ` : '';
  const moved = fetched + sent;
  const rate = seconds >= 0.5 ? `  ${formatCount(moved / seconds)}/s` : '';
  const counts = `fetched ${formatCount(fetched)} of ${formatCount(needed)}  sent ${formatCount(sent)} of ${formatCount(offered)}`;
  return `${place}${relay}  ${phase}  ${counts}${rate}`;
}
