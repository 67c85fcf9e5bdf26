import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Core, openCore } from '@nostrata/core';
import type { VerifiedEvent } from '@nostrata/protocol';
import { type EventStore, openStore } from '@nostrata/store';
import { generateDrafts, waitUntil } from '@nostrata/testing';

/** The home feed over many stored events, measured at the store and through the core. */
export interface FeedCell {
  readonly what: string;
  readonly events: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Events on the last feed, or profiles found of 200. */
  readonly shown: number;
}

const follows = 200;
const feedLimit = 50;
const authors = 5_000;
const batchEvents = 2_000;

/** A store being filled in a process of its own. */
export interface FeedBench extends AsyncDisposable {
  /**
   * Waits until the store is full, then asks it for home feeds of 200 follows, another 200 each time.
   * @throws Error where that takes longer
   */
  measure(timeoutMs: number): Promise<readonly FeedCell[]>;
}

/** Starts to fill a store on disk with that many generated events. */
export function startFeed(events: number, rounds: number, root: string): FeedBench {
  const folder = mkdtempSync(join(root, 'feed-'));
  const child = fork(import.meta.filename, [String(events), String(rounds), join(folder, 'store')]);
  const ended = once(child, 'exit');
  return {
    async measure(timeoutMs) {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(timeoutMs) });
      child.send('measure');
      const [cells] = (await Promise.race([answer, ended])) as [unknown];
      if (!Array.isArray(cells)) throw new Error(`the process of the feed ended with code ${cells}`);
      return cells as FeedCell[];
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** This file is its own process. */
if (process.argv[1] === import.meta.filename) {
  const [events = 0, rounds = 0] = process.argv.slice(2, 4).map(Number);
  const url = `sqlite:${process.argv[4]}`;
  const asked = once(process, 'message');
  const work = { events, rounds, ...(await fill(url, events)) };
  await using core = await openCore({ store: url });
  // The views have followed when they know the last profile that was stored.
  const last = work.profiles.at(-1) ?? '';
  const hasFollowed = async () => (await core.profile(last, { policy: 'cache-only' })).value;
  await waitUntil(hasFollowed, { timeoutMs: 1_500_000, what: 'the views' });
  await asked;
  process.send?.([await measureStore(core.store, work), ...(await measureCore(core, work))]);
  process.disconnect();
}

async function fill(url: string, events: number): Promise<Pick<FeedWork, 'pubkeys' | 'profiles'>> {
  await using store = await openStore(url, { now: Date.now });
  const noteAuthors = new Set<string>();
  const profileAuthors = new Set<string>();
  let batch: { event: VerifiedEvent }[] = [];
  for (const { event, digest } of generateDrafts({ seed: 1, events, authors })) {
    const id = Buffer.from(digest).toString('hex');
    // Nobody looks at signatures here, and making them would take minutes: the id twice stands for one.
    batch.push({ event: { ...event, id, sig: id + id } as unknown as VerifiedEvent });
    if (event.kind === 1) noteAuthors.add(event.pubkey);
    if (event.kind === 0 && !profileAuthors.has(event.pubkey)) profileAuthors.add(event.pubkey);
    if (batch.length < batchEvents) continue;
    await store.put(batch);
    batch = [];
  }
  await store.put(batch);
  return { pubkeys: [...noteAuthors].sort(), profiles: [...profileAuthors] };
}

interface FeedWork {
  readonly events: number;
  readonly rounds: number;
  /** Authors of notes. */
  readonly pubkeys: readonly string[];
  /** Authors of profiles, in the order of their first one. */
  readonly profiles: readonly string[];
}

/** Follows drawn evenly over the authors: a few loud ones and many quiet ones. */
function followsAt(round: number, pubkeys: readonly string[]): string[] {
  const step = Math.floor(pubkeys.length / follows);
  return Array.from({ length: follows }, (_, index) => pubkeys[(index * step + round * 7) % pubkeys.length] ?? '');
}

async function measureStore(store: EventStore, { events, rounds, pubkeys }: FeedWork): Promise<FeedCell> {
  const times: number[] = [];
  let shown = 0;
  for (let round = 0; round < rounds; round++) {
    const filter = { kinds: [1], authors: followsAt(round, pubkeys), limit: feedLimit };
    const startedMs = performance.now();
    shown = 0;
    for await (const page of store.query([filter])) shown += page.length;
    times.push(performance.now() - startedMs);
  }
  return { what: 'store.query, feed of 200 follows', events, shown, ...percentiles(times) };
}

/** The same feeds as timelines of the core, from the store alone, and profiles that it has. */
async function measureCore(core: Core, { events, rounds, pubkeys, profiles }: FeedWork): Promise<FeedCell[]> {
  const cacheOnly = { policy: 'cache-only', live: false, pageSize: feedLimit } as const;
  const feeds: number[] = [];
  let shown = 0;
  for (let round = 0; round < rounds; round++) {
    const filter = { kinds: [1], authors: followsAt(round, pubkeys) };
    const startedMs = performance.now();
    const timeline = await core.timeline(filter, cacheOnly);
    feeds.push(performance.now() - startedMs);
    shown = timeline.events.length;
    timeline.close();
  }
  const reads: number[] = [];
  let known = 0;
  for (let round = 0; round < 20; round++) {
    for (const pubkey of profiles.slice(-200)) {
      const startedMs = performance.now();
      const { value } = await core.profile(pubkey, { policy: 'cache-only' });
      reads.push(performance.now() - startedMs);
      known += Number(value !== undefined);
    }
  }
  return [
    { what: 'core.timeline, feed of 200 follows', events, shown, ...percentiles(feeds) },
    { what: 'core.profile, cached', events, shown: known / 20, ...percentiles(reads) },
  ];
}

function percentiles(times: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
