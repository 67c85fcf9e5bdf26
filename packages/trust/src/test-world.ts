import assert from 'node:assert/strict';
import { createMemoryCache } from '@nostrata/cache';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore, type EventStore, StoreError } from '@nostrata/store';
import { createEventBuilder, createFakeClock, type EventBuilder, waitUntil } from '@nostrata/testing';
import { startThread, type Thread } from './thread/thread.ts';
import { createTrust } from './trust.ts';

const daySeconds = 86_400;
const startSeconds = 1_700_000_000;

/** A clock that is moved by hand, with its timers. */
export function createTestClock() {
  const clock = createFakeClock(startSeconds * 1_000 + 400 * daySeconds * 1_000);
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  return {
    now: clock.now,
    /** Resolves when something waits for the time to pass. */
    isPlanned: () => timers.size > 0,
    planned: () => waitUntil(() => timers.size > 0, { what: 'a timer' }),
    after(milliseconds: number, callback: () => void) {
      const timer = { at: clock.now() + milliseconds, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    /** Time passes, and no timer is heard. */
    skip: clock.advance,
    advance(milliseconds: number) {
      clock.advance(milliseconds);
      for (const timer of [...timers]) {
        if (timer.at > clock.now() || !timers.delete(timer)) continue;
        timer.callback();
      }
    },
  };
}

/** Trust over a memory store, and threads that a test can end. */
export function createWorld(anchors: readonly EventBuilder[]) {
  const clock = createTestClock();
  const memory = createMemoryStore({ now: clock.now });
  let isAway = false;
  const reading = <Read extends (...words: never[]) => unknown>(read: Read): Read =>
    ((...words: never[]) => {
      if (isAway) throw new StoreError('the store is away');
      return read(...words);
    }) as Read;
  const store: EventStore = {
    ...memory,
    query: reading(memory.query),
    items: reading(memory.items),
    count: reading(memory.count),
  };
  const threads: Thread[] = [];
  const trust = createTrust({
    ...{ store, clock, cache: createMemoryCache({ clock }), random: () => 0.5 },
    anchors: anchors.map(({ pubkey }) => pubkey),
    startThread(seed) {
      const thread = startThread(seed);
      threads.push(thread);
      return thread;
    },
  });
  const put = async (...events: VerifiedEvent[]): Promise<void> => {
    for (const { outcome } of await store.put(events.map((event) => ({ event })))) assert.equal(outcome, 'stored');
  };
  /** Lets time pass in steps of five seconds; each round of the ranker ends by planning the next. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 5) {
      await clock.planned();
      clock.advance(5_000);
    }
    await clock.planned();
  };
  /** From now on reads of the store fail, or no longer. */
  const setAway = (value: boolean): void => {
    isAway = value;
  };
  return { clock, store, trust, threads, put, pass, setAway };
}

/** The attack that fooled others: 317 fake followers, 100 follows and 13 notes a week, dated back by a year. */
export async function putAttack({ put, clock }: World) {
  const anchors = people('anchor 1', 'anchor 2');
  const honest = people(...Array.from({ length: 30 }, (_, at) => `honest ${at}`));
  for (const anchor of anchors) await put(anchor.follows(pubkeysOf(honest)));
  for (const one of honest) await put(one.follows(pubkeysOf(honest)));
  const attacker = createEventBuilder('attacker', startSeconds);
  const fakes = people(...Array.from({ length: 317 }, (_, at) => `fake ${at}`));
  for (const fake of fakes) await put(fake.follows([attacker.pubkey, ...pubkeysOf(fakes.slice(0, 20))]));
  await put(attacker.follows([...pubkeysOf(anchors), ...pubkeysOf(honest), ...pubkeysOf(fakes.slice(0, 68))]));
  const nowSeconds = clock.now() / 1_000;
  for (let note = 0; note < 13; note += 1) {
    await put(attacker.note(`hello ${note}`, { created_at: nowSeconds - Math.floor((note * 7 * daySeconds) / 13) }));
  }
  return { attacker: attacker.pubkey, honest: honest[0]?.pubkey ?? '' };
}

/** A world of tests. */
export type World = ReturnType<typeof createWorld>;

/** People by their names. */
export const people = (...names: readonly string[]): EventBuilder[] =>
  names.map((name) => createEventBuilder(name, startSeconds));
/** Their pubkeys. */
export const pubkeysOf = (builders: readonly EventBuilder[]): string[] => builders.map(({ pubkey }) => pubkey);
