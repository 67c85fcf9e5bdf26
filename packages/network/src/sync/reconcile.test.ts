import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  answerNegentropy,
  createSyncItems,
  type Filter,
  matchFilter,
  type NostrEvent,
  parseFilter,
  type VerifiedEvent,
} from '@nostrata/protocol';
import { createMemoryStore, type EventStore } from '@nostrata/store';
import type { Clock, Deliver } from '../contract.ts';
import { createPool, type PoolOptions } from '../pool/pool.ts';
import { realClock } from '../test-clock.ts';
import { startTestRelay, type TestRelay } from '../test-relay.ts';
import type { SyncProgress } from './progress.ts';
import { reconcile, type SyncOptions } from './reconcile.ts';

const start = 1_700_000_000;
let count = 0;

/** An event as sync sees it: nobody here checks signatures. */
function makeEvent(created_at: number, kind = 1): VerifiedEvent {
  const id = createHash('sha256').update(String(count++)).digest('hex');
  const event = { id, pubkey: 'a'.repeat(64), created_at, kind, tags: [], content: '', sig: 'b'.repeat(128) };
  return event as unknown as VerifiedEvent;
}

async function open(events: readonly VerifiedEvent[], options: Partial<PoolOptions> = {}) {
  const store = createMemoryStore({ now: () => Date.now() });
  for (let at = 0; at < events.length; at += 5_000)
    await store.put(events.slice(at, at + 5_000).map((event) => ({ event })));
  const deliver: Deliver = async (event, source) => {
    const [result] = await store.put([{ event: event as VerifiedEvent, source }]);
    return result?.outcome === 'stored' || result?.outcome === 'duplicate' ? 'kept' : 'gone';
  };
  const { limits, ...rest } = options;
  const quick = { backoffMs: 10, noticeGraceMs: 20, negotiationMs: 300, ...limits };
  const pool = createPool({ deliver, clock: realClock, random: () => 0.5, allowLocal: true, ...rest, limits: quick });
  return { store, pool };
}

/** A relay with an index by id, and NIP-77 where it is on. */
async function relayWith(events: readonly VerifiedEvent[], faults: Faults = {}): Promise<TestRelay> {
  const relay = await startTestRelay();
  const byId = new Map<string, NostrEvent>(events.map((event) => [event.id, event]));
  const items = new Map<unknown, ReturnType<typeof createSyncItems>>();
  const find = (filter: Filter): NostrEvent[] => {
    const candidates = filter.ids ? filter.ids.flatMap((id) => byId.get(id) ?? []) : [...byId.values()];
    const found = candidates.filter((event) => matchFilter(filter, event));
    found.sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? -1 : 1));
    return found.slice(0, Math.min(filter.limit ?? 500, faults.limitMax ?? 500));
  };
  relay.script = ([verb, name, ...rest], peer) => {
    if (faults.cut?.(verb) === true) {
      peer.socket.terminate();
      return true;
    }
    if (verb === 'NEG-OPEN' && faults.negentropy === 'off') peer.send('NOTICE', 'ERROR: unknown command NEG-OPEN');
    else if (verb === 'NEG-OPEN' && faults.negentropy !== 'silent') {
      const list = createSyncItems();
      const filter = parseFilter(rest[0]);
      for (const event of byId.values()) if (matchFilter(filter, event)) list.add(event.created_at, event.id);
      if (list.length > (faults.negentropyMax ?? 1_000_000))
        peer.send('NEG-ERR', name, 'blocked: too many query results');
      else {
        items.set(name, list);
        peer.send('NEG-MSG', name, answerNegentropy(list, String(rest[1]), { frameBytesMax: 60_000 }));
      }
    } else if (verb === 'NEG-MSG') {
      peer.send(
        'NEG-MSG',
        name,
        answerNegentropy(items.get(name) ?? createSyncItems(), String(rest[0]), { frameBytesMax: 60_000 }),
      );
    } else if (verb === 'NEG-CLOSE') items.delete(name);
    else if (verb === 'EVENT') {
      const event = name as NostrEvent;
      byId.set(event.id, event);
      peer.send('OK', event.id, true, '');
    } else if (verb === 'COUNT' && faults.counts !== false) {
      peer.send('COUNT', name, {
        count: new Set(rest.flatMap((wire) => (parseFilter(wire).ids ?? []).filter((id) => byId.has(id)))).size,
      });
    } else if (verb === 'COUNT') peer.send('CLOSED', name, 'error: unknown');
    else if (verb === 'REQ') {
      for (const event of new Set(rest.flatMap((wire) => find(parseFilter(wire))))) peer.send('EVENT', name, event);
      peer.send('EOSE', name);
    }
    return true;
  };
  Object.defineProperty(relay, 'events', { get: () => [...byId.values()] });
  return relay;
}

interface Faults {
  readonly negentropy?: 'on' | 'off' | 'silent';
  readonly negentropyMax?: number;
  readonly limitMax?: number;
  readonly counts?: boolean;
  /** Cuts the connection instead of answering. */
  readonly cut?: (verb: unknown) => boolean;
}

/** Waits between tries are cut short. */
const hurriedClock: Clock = {
  ...realClock,
  after: (milliseconds, callback) => realClock.after(Math.min(milliseconds, 20), callback),
};

async function sync(
  parts: Awaited<ReturnType<typeof open>>,
  relay: TestRelay,
  given: SyncOptions & { filter?: Filter } = {},
) {
  const { filter = { kinds: [1] }, ...options } = given;
  const steps: SyncProgress[] = [];
  for await (const progress of reconcile({ ...parts, clock: hurriedClock }, filter, {
    ...options,
    relays: [relay.url],
  }))
    steps.push(progress);
  const last = steps.at(-1);
  assert(last);
  return { steps, last };
}

async function idsOf(store: EventStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of store.items({})) for (const { id } of page) ids.push(id);
  return ids.sort();
}

async function assertEqual(store: EventStore, relay: TestRelay): Promise<void> {
  assert.deepEqual(await idsOf(store), relay.events.map(({ id }) => id).sort());
}

const range = (count: number, spacing = 1) =>
  Array.from({ length: count }, (_, index) => makeEvent(start + Math.floor(index * spacing)));

describe('reconcile', () => {
  test('two stores of 100,000 events with 1 % difference end equal', async (t) => {
    const common = range(99_000, 7);
    const [ours, theirs] = [range(1_000, 690), range(1_000, 690)];
    await using relay = await relayWith([...common, ...theirs]);
    const parts = await open([...common, ...ours], { limits: { negotiationMs: 20_000 } });
    const started = performance.now();
    const { last, steps } = await sync(parts, relay);
    const { bytesIn = 0, bytesOut = 0 } = parts.pool.statuses()[0] ?? {};
    t.diagnostic(`${Math.round(performance.now() - started)} ms, ${bytesIn} bytes in, ${bytesOut} out`);
    await parts.pool.stop();
    assert.equal(last.phase, 'done');
    assert.equal(last.method, 'negentropy');
    assert.deepEqual([last.needed, last.fetched, last.missing], [1_000, 1_000, 0]);
    assert.deepEqual([last.offered, last.sent, last.refused], [1_000, 1_000, 0]);
    assert.ok(steps.length > 5);
    await assertEqual(parts.store, relay);
  });

  test('one direction moves nothing the other way', async () => {
    for (const direction of ['down', 'up'] as const) {
      const [ours, theirs] = [range(40), range(30)];
      await using relay = await relayWith(theirs);
      const parts = await open(ours);
      const { last } = await sync(parts, relay, { direction });
      await parts.pool.stop();
      assert.equal((await idsOf(parts.store)).length, direction === 'down' ? 70 : 40);
      assert.equal(relay.events.length, direction === 'down' ? 30 : 70);
      assert.deepEqual([last.needed, last.offered], [30, 40]);
    }
  });

  test('a filter with an empty list asks nothing', async () => {
    await using relay = await relayWith(range(10));
    const parts = await open(range(5));
    assert.equal((await sync(parts, relay, { filter: { ids: [] } })).last.phase, 'done');
    await parts.pool.stop();
    assert.equal(relay.frames.length, 0);
  });

  test('windows of time keep the memory bounded, also where a second is fuller than a window', async () => {
    const crowded = Array.from({ length: 50 }, () => makeEvent(start + 100));
    const [ours, theirs] = [range(300), range(200, 1.5)];
    await using relay = await relayWith([...theirs, ...crowded.slice(10)]);
    const parts = await open([...ours, ...crowded.slice(0, 30)]);
    const { last } = await sync(parts, relay, { windowEventsMax: 20 });
    await parts.pool.stop();
    assert.equal(last.phase, 'done');
    assert.ok(relay.frames.filter(([verb]) => verb === 'NEG-OPEN').length >= 10);
    await assertEqual(parts.store, relay);
  });

  test('a relay that finds a window too large is asked for half of it', async () => {
    const theirs = range(400, 50);
    await using relay = await relayWith(theirs, { negentropyMax: 60 });
    const parts = await open(range(10));
    assert.equal((await sync(parts, relay)).last.method, 'negentropy');
    assert.ok(relay.frames.filter(([verb]) => verb === 'NEG-OPEN').length < 120);
    await parts.pool.stop();
    await assertEqual(parts.store, relay);
  });

  for (const negentropy of ['off', 'silent'] as const) {
    for (const counts of [true, false]) {
      test(`pages take over where NIP-77 is ${negentropy}${counts ? '' : ', without COUNT too'}`, async () => {
        const common = range(200, 3);
        const crowded = Array.from({ length: 130 }, () => makeEvent(start + 90));
        await using relay = await relayWith([...common, ...crowded, ...range(150, 2)], {
          negentropy,
          counts,
          limitMax: 100,
        });
        relay.information = (_, response) =>
          response.end(JSON.stringify({ limitation: { max_limit: 100 }, supported_nips: [1, 77] }));
        const parts = await open([...common, ...range(60, 5)], { limits: { negotiationMs: 50 } });
        const { last } = await sync(parts, relay);
        await parts.pool.stop();
        assert.deepEqual([last.phase, last.method], ['done', 'paging']);
        // 130 events of one second do not fit through a relay that sends 100 at most: that is said, and nothing else is lost.
        assert.equal(last.gaps, 1);
        assert.equal(last.needed, last.fetched);
        const ids = new Set(await idsOf(parts.store));
        const second = relay.events.filter(({ created_at }) => created_at === start + 90);
        const sendable = new Set(
          second
            .map(({ id }) => id)
            .sort()
            .slice(0, 100),
        );
        const lost = relay.events.filter(({ id }) => !ids.has(id));
        assert.ok(lost.length >= 30 - 2);
        assert.ok(lost.every(({ id, created_at }) => created_at === start + 90 && !sendable.has(id)));
        const there = new Set(relay.events.map(({ id }) => id));
        assert.ok([...ids].every((id) => there.has(id)));
      });
    }
  }

  test('a lost connection costs the window under way and nothing else', async () => {
    let frames = 0;
    const [ours, theirs] = [range(300), range(700)];
    await using relay = await relayWith(theirs, { cut: () => ++frames % 40 === 25 });
    const parts = await open(ours, { limits: { heldMs: 1 } });
    const { last } = await sync(parts, relay, { windowEventsMax: 100 });
    await parts.pool.stop();
    assert.equal(last.phase, 'done', last.reason);
    assert.ok(relay.connections > 3);
    await assertEqual(parts.store, relay);
  });

  test('an earlier sync is gone on with', async () => {
    const theirs = range(100);
    await using relay = await relayWith(theirs);
    const parts = await open([]);
    const { last } = await sync(parts, relay, { resume: new Map([[relay.url, start + 60]]) });
    await parts.pool.stop();
    assert.equal((await idsOf(parts.store)).length, 40);
    assert.ok((last.doneSeconds ?? 0) > start + 100);
  });

  test('what is not there fails after a few tries, and the next relay is synced all the same', async () => {
    const gone = await startTestRelay();
    await gone.close();
    await using relay = await relayWith(range(10));
    const parts = await open([]);
    const relays = [gone.url, relay.url];
    const ends: string[] = [];
    for await (const { phase } of reconcile({ ...parts, clock: hurriedClock }, {}, { relays }))
      if (/done|failed/.test(phase)) ends.push(phase);
    await parts.pool.stop();
    assert.deepEqual(ends, ['failed', 'done']);
  });

  test('an aborted sync throws the reason of its signal', async () => {
    await using relay = await relayWith(range(100), { negentropy: 'silent' });
    const parts = await open([]);
    const controller = new AbortController();
    const running = sync(parts, relay, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await assert.rejects(running, /enough/);
    await parts.pool.stop();
  });
});
