import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Filter, idOfSerialized, type NostrEvent, type VerifiedEvent } from '@nostrata/protocol';
import { createFakeClock, type FakeClock } from '@nostrata/testing';
import type { Change, EventStore, PutOutcome, ReadOptions, StoreOptions } from '../contract.ts';
import { toSeq } from '../seq.ts';

/** How the suite gets stores of one engine. Every store that it opens it also stops. */
export interface ConformanceOptions {
  /** The engine's name, for the titles of the tests. */
  readonly name: string;
  /** Opens a new and empty store. */
  open(options: StoreOptions): Promise<EventStore>;
  /** Opens what a stopped store held; left out by engines that keep nothing. */
  reopen?(stopped: EventStore, options: StoreOptions): Promise<EventStore>;
  /** Opens what a running store holds a second time, as another process would; left out where nothing can. */
  openBeside?(running: EventStore, options: StoreOptions): Promise<EventStore>;
  /** The index that answers a filter; the text must hold `ids`, `search`, `tag`, `author`, `kind` or `time`. */
  explain?(store: EventStore, filter: Filter): string | Promise<string>;
  /** Seed of the random histories; that of the run (`testSeed`) unless told; in the titles. */
  readonly seed?: number | undefined;
  /** How many random histories are compared with the model; 6 unless told. */
  readonly histories?: number | undefined;
  /** Laws that run side by side; one unless told. Worth it where they wait for threads to start and for the disk. */
  readonly lawsAtOnce?: number | undefined;
  /** Why nothing can run, for engines whose server is missing. */
  readonly skip?: string | false | undefined;
}

/** A law of the store with the rule it belongs to. */
export interface Law {
  /** The rule's number in RULES.md. */
  readonly rule: number;
  readonly name: string;
  /** Lasting laws also hold after a restart and after a rebuild of the indexes. */
  readonly isLasting: boolean;
  readonly skip: string | false;
  /** What an engine must offer for the law to make sense; it is not registered for others. */
  readonly needs?: 'explain' | 'openBeside' | undefined;
  run(subject: Subject): Promise<void>;
}

/** What a law works on: a store, its clock, and short ways to use both. */
export interface Subject {
  readonly store: EventStore;
  readonly clock: FakeClock;
  readonly seed: number;
  readonly options: ConformanceOptions;
  /** Puts the events as one batch; the outcomes in their order. */
  put(...events: readonly VerifiedEvent[]): Promise<PutOutcome[]>;
  /** Puts the events one by one. */
  putEach(events: readonly VerifiedEvent[]): Promise<PutOutcome[]>;
  /** The ids that a query gives, in its order. */
  ids(filters: Filter | readonly Filter[], options?: ReadOptions): Promise<string[]>;
  /** Says whether the store gives the event out under its id. */
  has(event: NostrEvent): Promise<boolean>;
  /** The whole log. */
  changes(): Promise<readonly Change[]>;
  /** Between what a law did and what it expects: nothing, a restart or a rebuild. */
  settle(): Promise<void>;
}

/** A law about one moment. */
export function law(rule: number, name: string, run: Law['run']): Law {
  return { rule, name, isLasting: false, skip: false, run };
}

/** A law that must also hold after a restart and after a rebuild, which happen at `settle()`. */
export function lastingLaw(rule: number, name: string, run: Law['run']): Law {
  return { rule, name, isLasting: true, skip: false, run };
}

/** The same law, only for engines that offer this. */
export function needing(needs: 'explain' | 'openBeside', each: Law): Law {
  return { ...each, needs };
}

/** The relay URL of every store that a law works on. */
export const ownRelayUrl = 'wss://relay.example.com/';

/** What `settle` does; engines that can be reopened are reopened after the rebuild, so that one run shows both. */
type Settling = 'nothing' | 'rebuild' | 'rebuild and restart';

/** Registers the laws as tests of one engine. */
export function registerLaws(laws: readonly Law[], options: ConformanceOptions, seed: number): void {
  const offered = laws.filter(({ needs }) => needs === undefined || options[needs] !== undefined);
  const lasting = offered.filter(({ isLasting }) => isLasting);
  const settling = options.reopen ? 'rebuild and restart' : 'rebuild';
  describe(options.name, { concurrency: options.lawsAtOnce ?? 1 }, () => {
    for (const each of offered) registerLaw(each, 'nothing', { options, seed });
    for (const each of lasting) registerLaw(each, settling, { options, seed });
  });
}

function registerLaw(each: Law, settling: Settling, run: { options: ConformanceOptions; seed: number }): void {
  const { options, seed } = run;
  const suffix = settling === 'nothing' ? '' : `, after ${settling}`;
  const skip = options.skip || each.skip;
  test(`${options.name} STORE-${each.rule}: ${each.name}${suffix}`, { skip }, async () => {
    const subject = await createSubject(options, settling, seed);
    try {
      await each.run(subject);
      const { problems } = await subject.store.check();
      assert.deepEqual(problems, [], 'the check after the law');
    } finally {
      await subject.store.stop();
    }
  });
}

async function createSubject(options: ConformanceOptions, settling: Settling, seed: number): Promise<Subject> {
  const clock = createFakeClock();
  const storeOptions: StoreOptions = { now: clock.now, relayUrls: [ownRelayUrl] };
  let store = await options.open(storeOptions);
  const put = async (...events: readonly VerifiedEvent[]): Promise<PutOutcome[]> => {
    const results = await store.put(events.map((event) => ({ event })));
    return results.map(({ outcome }) => outcome);
  };
  return {
    get store() {
      return store;
    },
    clock,
    seed,
    options,
    put,
    async putEach(events) {
      const outcomes: PutOutcome[] = [];
      for (const event of events) outcomes.push(...(await put(event)));
      return outcomes;
    },
    ids: (filters, readOptions) => readIds(store, filters, readOptions),
    has: async (event) => (await readIds(store, { ids: [event.id] })).length === 1,
    changes: () => store.changes(toSeq(0), 1_000_000),
    async settle() {
      if (settling === 'nothing') return;
      await store.rebuild();
      if (!options.reopen) return;
      await store.stop();
      store = await options.reopen(store, storeOptions);
    },
  };
}

/** The ids that a query gives, in its order. */
async function readIds(
  store: EventStore,
  filters: Filter | readonly Filter[],
  options?: ReadOptions,
): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of store.query(toList(filters), options)) {
    for (const { json } of page) ids.push(idOfSerialized(json));
  }
  return ids;
}

/** One filter or several, as a list. */
function toList(filters: Filter | readonly Filter[]): readonly Filter[] {
  const isList = (value: Filter | readonly Filter[]): value is readonly Filter[] => Array.isArray(value);
  return isList(filters) ? filters : [filters];
}
