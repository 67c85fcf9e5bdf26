import { composeStore } from '../compose-door.ts';
import { createStreamOutput } from '../transfer/output.ts';
import { selectNewestFirst } from '../transfer/select.ts';
import { exitCode } from './exit.ts';
import { type FilterFlags, parseFilterFlags } from './filters.ts';
import type { Invocation } from './invocation.ts';
import { print, say } from './terminal.ts';

/** The arguments of `nostrata query`. */
export interface QueryArguments {
  /** Filters as JSON. */
  readonly filters: readonly string[];
  readonly flags: FilterFlags;
}

/** `nostrata query`: the events that match, one canonical JSON text a line, newest first. */
export async function runQuery({ settings, host, terminal }: Invocation, options: QueryArguments): Promise<number> {
  const filters = parseFilterFlags(options.flags, options.filters);
  await using store = await composeStore({ settings, now: host.now });
  const output = createStreamOutput(terminal.output);
  let events = 0;
  try {
    for await (const page of selectNewestFirst(store, filters, terminal.interrupted)) {
      events += page.length;
      if (page.length > 0 && !(await output.write(`${page.join('\n')}\n`))) return exitCode.ok;
    }
  } catch (error) {
    if (terminal.interrupted.aborted) return exitCode.interrupted;
    throw error;
  }
  if (events === 0 && terminal.output.isTTY) say(terminal, 'No event matches.');
  return exitCode.ok;
}

/** `nostrata count`: how many events match. */
export async function runCount(
  { settings, host, terminal, json }: Invocation,
  options: QueryArguments & { readonly hll: boolean },
): Promise<number> {
  const filters = parseFilterFlags(options.flags, options.filters);
  await using store = await composeStore({ settings, now: host.now });
  const { count, hll } = await store.count(filters, { signal: terminal.interrupted });
  if (json) await print(terminal, JSON.stringify(options.hll ? { count, hll: hll ?? null } : { count }));
  else await print(terminal, String(count));
  if (options.hll && !json) {
    if (hll !== undefined) await print(terminal, hll);
    else say(terminal, 'These filters have no HyperLogLog: NIP-45 defines it for one filter with one tag value.');
  }
  return exitCode.ok;
}
