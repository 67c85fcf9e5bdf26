import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createMemoryCache } from '@nostrata/cache';
import { getEventId, Kind, type VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { createTrust } from '@nostrata/trust';

const realGraph = 'graph/social-graph.json.gz';
/** As the thread of an installation runs: little room for garbage. */
const processOptions = ['--max-semi-space-size=8', '--max-old-space-size=96'];

/**
 * `npm run bench -- trust [USERS] [FOLLOWS]`: scores over the real graph where it is on the machine, and a generated one
 * (1.7 M users and 18 M follows unless told) in a process of its own. Prints one line of JSON for each.
 */
export async function runTrustBench(words: readonly string[]): Promise<void> {
  const missing = skipWithout(realGraph);
  if (missing) console.log(`SKIPPED the real graph: ${missing}`);
  else console.log(JSON.stringify(await measureRealGraph()));
  const script = fileURLToPath(new URL('./graph-process.ts', import.meta.url));
  const child = spawn(process.execPath, [...processOptions, script, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  console.log(output.trimEnd());
  if (code !== 0) process.exitCode = 1;
}

const clock = {
  now: () => Date.now(),
  after(milliseconds: number, callback: () => void) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

interface RealGraph {
  readonly uniqueIds: readonly (readonly [string, number])[];
  readonly followLists: readonly (readonly [number, readonly number[], number])[];
}

async function measureRealGraph(): Promise<Readonly<Record<string, unknown>>> {
  const { uniqueIds, followLists } = JSON.parse(readText(requireSharedData(realGraph))) as RealGraph;
  const pubkeyById = new Map(uniqueIds.map(([pubkey, id]) => [id, pubkey]));
  const store = createMemoryStore({ now: clock.now });
  const nameOf = (id: number): string => pubkeyById.get(id) ?? '';
  for (const [author, listed, created_at] of followLists) {
    await store.put([{ event: toEvent(nameOf(author), listed.map(nameOf), created_at) }]);
  }
  const pubkeys = uniqueIds.slice(0, 1_000).map(([pubkey]) => pubkey);
  const cache = createMemoryCache({ clock });
  await using trust = createTrust({ store, cache, clock, anchors: [nameOf(0)], random: Math.random });
  const startMs = await milliseconds(() => trust.start());
  const first = await eachOf(pubkeys, (pubkey) => trust.score(pubkey));
  const cached = await eachOf([...pubkeys, ...pubkeys], (pubkey) => trust.score(pubkey));
  await store.put([{ event: toEvent(nameOf(0), pubkeys.slice(0, 500), Math.floor(Date.now() / 1_000)) }]);
  const refreshMs = await milliseconds(() => trust.refresh());
  const { users, follows } = await trust.network();
  const load = loadavg().map((value) => Math.round(value * 10) / 10);
  return { users, follows, startMs, first, cached, refreshMs, load };
}

/** A follow list as the store takes it. The graph comes without signatures, which the store does not look at. */
function toEvent(pubkey: string, listed: readonly string[], created_at: number): VerifiedEvent {
  const unsigned = { pubkey, kind: Kind.follows, created_at, tags: listed.map((one) => ['p', one]), content: '' };
  return { ...unsigned, id: getEventId(unsigned), sig: '0'.repeat(128) } as unknown as VerifiedEvent;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return Math.round((performance.now() - startedMs) * 1_000) / 1_000;
}

async function eachOf(
  pubkeys: readonly string[],
  read: (pubkey: string) => Promise<unknown>,
): Promise<{ readonly p50Ms: number; readonly p99Ms: number }> {
  const times: number[] = [];
  for (const pubkey of pubkeys) times.push(await milliseconds(() => read(pubkey)));
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
