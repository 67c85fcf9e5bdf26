import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { VerifiedEvent } from '@nostrata/protocol';
import { type EventStore, openStore } from '@nostrata/store';
import { generateDrafts } from '@nostrata/testing';

/** The home feed over many stored events, measured at the store and through the core. */
export interface FeedCell {
  readonly what: string;
  readonly events: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Events on the feed. */
  readonly shown: number;
}

const follows = 200;
const feedLimit = 50;
const authors = 5_000;
const batchEvents = 2_000;

/** A store being filled in a process of its own. */
export interface FeedBench extends AsyncDisposable {
  /** Waits until the store is full, then asks it for home feeds of 200 follows, another 200 each time. */
  measure(): Promise<readonly FeedCell[]>;
}

/** Starts to fill a store on disk with that many generated events. */
export function startFeed(events: number, rounds: number, root: string): FeedBench {
  const folder = mkdtempSync(join(root, 'feed-'));
  const child = fork(import.meta.filename, [String(events), String(rounds), join(folder, 'store')]);
  const ended = once(child, 'exit');
  return {
    async measure() {
      const answer = once(child, 'message');
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
  const pubkeys = await fill(url, events);
  await asked;
  process.send?.([await measureStore(url, { events, rounds, pubkeys })]);
}

async function fill(url: string, events: number): Promise<string[]> {
  await using store = await openStore(url, { now: Date.now });
  const countByAuthor = new Map<string, number>();
  let batch: { event: VerifiedEvent }[] = [];
  for (const { event, digest } of generateDrafts({ seed: 1, events, authors })) {
    const id = Buffer.from(digest).toString('hex');
    // Nobody looks at signatures here, and making them would take minutes: the id twice stands for one.
    batch.push({ event: { ...event, id, sig: id + id } as unknown as VerifiedEvent });
    if (event.kind === 1) countByAuthor.set(event.pubkey, (countByAuthor.get(event.pubkey) ?? 0) + 1);
    if (batch.length < batchEvents) continue;
    await store.put(batch);
    batch = [];
  }
  await store.put(batch);
  return [...countByAuthor.keys()].sort();
}

interface FeedWork {
  readonly events: number;
  readonly rounds: number;
  readonly pubkeys: readonly string[];
}

/** Follows drawn evenly over the authors: a few loud ones and many quiet ones. */
function followsAt(round: number, pubkeys: readonly string[]): string[] {
  const step = Math.floor(pubkeys.length / follows);
  return Array.from({ length: follows }, (_, index) => pubkeys[(index * step + round * 7) % pubkeys.length] ?? '');
}

async function measureStore(url: string, { events, rounds, pubkeys }: FeedWork): Promise<FeedCell> {
  await using store: EventStore = await openStore(url, { now: Date.now });
  const times: number[] = [];
  let shown = 0;
  for (let round = 0; round < rounds; round++) {
    const filter = { kinds: [1], authors: followsAt(round, pubkeys), limit: feedLimit };
    const startedMs = performance.now();
    shown = 0;
    for await (const page of store.query([filter])) shown += page.length;
    times.push(performance.now() - startedMs);
  }
  return { what: 'store.query', events, shown, ...percentiles(times) };
}

function percentiles(times: readonly number[]): { p50Ms: number; p99Ms: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
