import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Database } from '@nostrata/database';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore, type EventStore } from '@nostrata/store';
import { createUncheckedEvent } from '@nostrata/testing';
import { createViews } from '@nostrata/views';
import { createFacts } from './facts.ts';
import { createStatisticsViews } from './statistics-view.ts';
import { type Metric, migrateFacts } from './tables.ts';
import { createEngines } from './test-engines.ts';
import { createInvoice, createZap } from './test-history.ts';
import { sumByKey } from './test-rows.ts';

const start = 1_700_000_000;
const note = createUncheckedEvent('alice', { tags: [['client', 'Amethyst']], content: 'ö' });
const reply = createUncheckedEvent('bob', { tags: [['e', note.id, '', 'reply']], content: 'é' });
const zap = createZap('bob', { to: 'alice', invoice: createInvoice('20u', 1) });
const profile = createUncheckedEvent('alice', { kind: 0, content: '{}' });
const passing = createUncheckedEvent('alice', { tags: [['expiration', String(start + 100)]], content: 'soon gone' });
const all = [note, reply, zap, profile, passing];

const metrics: readonly Metric[] = ['events', 'bytes', 'client', 'replies', 'zaps', 'zap_msat'];

/** What a store went through, and whether the sums are as if nothing had left. */
interface Departure {
  readonly name: string;
  leave(store: EventStore, clock: { nowMs: number }): Promise<unknown>;
  /** The events that count as published afterwards, and those whose content counts. */
  readonly published: readonly VerifiedEvent[];
  readonly known: readonly VerifiedEvent[];
}

const newer = createUncheckedEvent('alice', { kind: 0, created_at: start + 1, content: '{"name":"alice"}' });
const deletion = createUncheckedEvent('alice', {
  kind: 5,
  created_at: start + 1,
  tags: [
    ['e', note.id],
    ['e', passing.id],
  ],
});
const vanishing = createUncheckedEvent('alice', { kind: 62, created_at: start + 1, tags: [['relay', 'ALL_RELAYS']] });
const without = (...gone: readonly VerifiedEvent[]) => all.filter((event) => !gone.includes(event));

const departures: readonly Departure[] = [
  {
    name: 'retention takes it: everything it counted for stays',
    leave: async (store) => await store.retain({ maxAgeSeconds: 1 }),
    published: all,
    known: all,
  },
  {
    name: 'it expires: everything it counted for stays',
    leave: async (store, clock) => {
      clock.nowMs = (start + 200) * 1_000;
      await store.expire();
    },
    published: all,
    known: all,
  },
  {
    name: 'a newer version replaces it: it stays published, and what is there counts for the rest',
    leave: async (store) => await store.put([{ event: newer }]),
    published: [...all, newer],
    known: [...without(profile), newer],
  },
  {
    name: 'its author deletes it: it never was',
    leave: async (store) => await store.put([{ event: deletion }]),
    published: [...without(note, passing), deletion],
    known: [...without(note, passing), deletion],
  },
  {
    name: 'its author vanishes: it never was',
    leave: async (store) => await store.put([{ event: vanishing }]),
    published: [...without(note, passing, profile), vanishing],
    known: [...without(note, passing, profile), vanishing],
  },
  {
    name: 'it is withdrawn: it never was',
    leave: async (store) => await store.withdraw(reply),
    published: without(reply),
    known: without(reply),
  },
];

async function readSums(database: Database): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const metric of metrics) {
    // Those without a tag are not what the law is about.
    const byKey = [...(await sumByKey(database, metric))].filter(([key]) => metric !== 'client' || key !== 0);
    sums[metric] = byKey.reduce((sum, [, amount]) => sum + amount, 0);
  }
  return sums;
}

function sumNaively({ published, known }: Pick<Departure, 'published' | 'known'>): Record<string, number> {
  const hasZap = known.includes(zap);
  return {
    events: published.length,
    bytes: known.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0),
    client: Number(known.includes(note)),
    replies: Number(known.includes(reply)),
    zaps: Number(hasZap),
    zap_msat: hasZap ? 2_000_000 : 0,
  };
}

const engines = await createEngines();
after(async () => {
  for (const engine of engines) await engine.stop();
});

for (const { name: engine, skip, open } of engines) {
  describe(engine, { skip }, () => {
    for (const departure of departures) {
      test(`${departure.name}; also after a rebuild, and when it is sent again`, async () => {
        const clock = { nowMs: (start + 50) * 1_000 };
        const store = createMemoryStore({ now: () => clock.nowMs });
        await using database = await open();
        await migrateFacts(database);
        const created = createStatisticsViews({ secret: new Uint8Array(32), verify: () => true });
        await using views = await createViews({ store, database, views: created });
        const facts = createFacts({ database });
        await store.put(all.map((event) => ({ event })));
        await views.caughtUp();
        assert.deepEqual(await readSums(database), sumNaively({ published: all, known: all }));

        await departure.leave(store, clock);
        await views.caughtUp();
        assert.deepEqual(await readSums(database), sumNaively(departure), 'when it has left');
        assert.deepEqual((await views.rebuild('statistics', { verify: true })).differences, []);
        await views.rebuild('statistics');
        assert.deepEqual(await readSums(database), sumNaively(departure), 'after a rebuild');

        const results = await store.put(departure.published.map((event) => ({ event })));
        await facts.observe(departure.published.filter((_, i) => results[i]?.outcome === 'superseded'));
        await views.caughtUp();
        assert.deepEqual(await readSums(database), sumNaively(departure), 'when it is sent again');
        await views.rebuild('statistics');
        assert.deepEqual(await readSums(database), sumNaively(departure), 'and rebuilt');
      });
    }
  });
}
