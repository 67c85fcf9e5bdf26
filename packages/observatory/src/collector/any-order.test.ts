import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import {
  createEventBuilder,
  createTestNetwork,
  fc,
  type TestNetwork,
  type TestRelay,
  testSeed,
  waitUntil,
} from '@nostrata/testing';
import { collectFrom, openPlace, type Pieces, readTotals, settle, sumOf } from './test-collection.ts';

const builder = createEventBuilder('any order', Math.floor(Date.now() / 1000) - 3_000);
const notes = Array.from({ length: 12 }, (_, index) => builder.note(`note ${index}`));
const relays = 3;

type Step =
  | { readonly do: 'send' | 'forge'; readonly relay: number; readonly note: number }
  | { readonly do: 'cut'; readonly relay: number }
  | { readonly do: 'flush' | 'crash' | 'stop' };

const relay = fc.integer({ min: 0, max: relays - 1 });
const note = fc.integer({ min: 0, max: notes.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('send' as const), relay, note }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('forge' as const), relay, note }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), relay }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('flush' as const, 'crash' as const, 'stop' as const) }) },
);

test('any order, repetition, forgery, cut, crash and restart gives the same events for each relay', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      await using network = await createTestNetwork({ seed: 'any order', relays });
      await using place = await openPlace();
      const sent = network.relays.map(() => new Set<string>());
      let run = startRun(place, network);
      await run.collector.start();
      await settle(run.collector, relays);
      for (const one of steps) {
        if (one.do === 'send' || one.do === 'forge') {
          const event = notes[one.note] as NostrEvent;
          const isNew = sent[one.relay]?.has(event.id) !== true;
          // A relay that has nothing genuine under an id never sends it genuine.
          announce(network.relay(one.relay), event, one.do === 'forge' && !isNew);
          sent[one.relay]?.add(event.id);
        } else if (one.do === 'cut') network.relay(one.relay).cut();
        else if (one.do === 'flush') await run.collector.flush();
        else {
          if (one.do === 'crash') await run.crash();
          await run.collector.stop();
          run = startRun(place, network);
          await run.collector.start();
        }
      }
      await checkCounts(run.collector, place, sent);
      await run.collector.stop();
    }),
    { numRuns: 12, seed: testSeed() },
  );
});

/** The relay has the event; where it forges, the copy that it sends now is not genuine. */
function announce(from: TestRelay, event: NostrEvent, isForged: boolean): void {
  if (isForged) from.set({ forge: { share: 1, part: event.content.endsWith('1') ? 'sig' : 'body' } });
  from.announce(event);
  from.heal();
}

async function checkCounts(
  collector: ReturnType<typeof collectFrom>,
  place: Pieces,
  sent: readonly ReadonlySet<string>[],
): Promise<void> {
  const countsOf = async (): Promise<number[]> => {
    await collector.flush();
    const totals = await readTotals(place);
    return sent.map((_, index) => totals.get(index + 1)?.events ?? 0);
  };
  const wanted = sent.map(({ size }) => size);
  await waitUntil(async () => (await countsOf()).every((count, index) => count >= (wanted[index] ?? 0)), {
    timeoutMs: 15_000,
    what: 'every pair to be counted',
  });
  await settle(collector, relays);
  assert.deepEqual(await countsOf(), wanted);
  const all = new Set(sent.flatMap((ids) => [...ids]));
  assert.equal(sumOf(await readTotals(place), 'novel'), all.size);
  assert.equal((await place.store.statistics()).events, all.size);
}

/** A collector that can crash: from then on nothing of it reaches the store or the books. */
function startRun(place: Pieces, network: TestNetwork) {
  let isDead = false;
  const dead = (): Promise<never> => Promise.reject(new Error('killed'));
  const ingest: typeof place.ingest = Object.create(place.ingest, {
    submit: {
      value: (...call: Parameters<typeof place.ingest.submit>) => (isDead ? dead() : place.ingest.submit(...call)),
    },
    isFull: { get: () => false },
  });
  const database: typeof place.database = {
    ...place.database,
    dialect: place.database.dialect,
    transaction: (work) => (isDead ? dead() : place.database.transaction(work)),
  };
  const limits = { overlapSeconds: 10_000 };
  const collector = collectFrom({ ...place, ingest, database }, { network, limits });
  return {
    collector,
    /** Between the store and the books, where it writes at all. */
    async crash() {
      void collector.flush();
      await new Promise((resolve) => setImmediate(resolve));
      isDead = true;
    },
  };
}
