import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NostrEvent, serializeEvent } from '@nostrata/protocol';
import { type EventStore, type PutRequest, type PutResult, StoreError } from '@nostrata/store';
import { createEventBuilder, waitUntil } from '@nostrata/testing';
import type { Ingest, Source, SubmitResult } from './contract.ts';
import { createIngest, type IngestOptions } from './ingest.ts';

const client: Source = { via: 'client' };
const author = createEventBuilder('door');

/** The smallest thing that keeps events: `put` can be held back or made to fail. */
function createFakeStore() {
  const kept = new Map<string, PutRequest>();
  const batches: number[] = [];
  const sightings: string[] = [];
  let gate: Promise<void> | undefined;
  let failure: Error | undefined;
  const store: Pick<EventStore, 'put' | 'findKnown'> = {
    async put(batch) {
      batches.push(batch.length);
      await gate;
      if (failure !== undefined) throw failure;
      return batch.map((request): PutResult => {
        if (kept.has(request.event.id)) return { outcome: 'duplicate' };
        kept.set(request.event.id, request);
        return { outcome: 'stored' };
      });
    },
    async findKnown(queries) {
      return queries.map(({ id, sig, source }) => {
        const isKnown = kept.get(id)?.event.sig === sig;
        if (isKnown && source !== undefined) sightings.push(source);
        return isKnown;
      });
    },
  };
  return {
    store,
    kept,
    batches,
    sightings,
    hold(): () => void {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = undefined;
        resolve();
      };
    },
    fail(error: Error | undefined) {
      failure = error;
    },
  };
}

async function withDoor(
  options: Partial<IngestOptions>,
  run: (door: Ingest, fake: ReturnType<typeof createFakeStore>) => Promise<void>,
): Promise<void> {
  const fake = createFakeStore();
  await using door = await createIngest({
    store: fake.store,
    policies: [],
    now: () => 1_700_000_000_000,
    verifier: { workers: 1 },
    ...options,
  });
  await run(door, fake);
}

function outcomes(results: readonly SubmitResult[]): string[] {
  return results.map((result) => (result.accepted ? result.outcome : `${result.outcome}: ${result.rejection.by}`));
}

function broken(event: NostrEvent): NostrEvent {
  return { ...event, sig: event.sig.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
}

test('a good event is stored with its canonical text and its source', async () => {
  await withDoor({}, async (door, { kept }) => {
    const event = author.note('hello');
    const result = await door.submit({ unknown: 1, ...event }, { via: 'relay', url: 'wss://relay.example' });
    assert.deepEqual(result, { accepted: true, outcome: 'stored', message: '' });
    assert.equal(kept.get(event.id)?.json, serializeEvent(event));
    assert.equal(kept.get(event.id)?.source, 'wss://relay.example');
  });
});

test('a known event is a duplicate and adds its source', async () => {
  await withDoor({}, async (door, { sightings, batches }) => {
    const event = author.note('twice');
    await door.submit(event, client);
    const again = await door.submit(event, { via: 'relay', url: 'wss://other.example' });
    assert.deepEqual(outcomes([again]), ['duplicate']);
    assert.deepEqual(sightings, ['wss://other.example']);
    assert.deepEqual(batches, [1]);
  });
});

test('the same event handed in several times at once is stored once and the others are duplicates', async () => {
  await withDoor({}, async (door, { batches, sightings }) => {
    const event = author.note('at once');
    const results = await Promise.all([1, 2, 3].map((n) => door.submit(event, { via: 'relay', url: `wss://${n}` })));
    assert.deepEqual(outcomes(results), ['stored', 'duplicate', 'duplicate']);
    assert.deepEqual(batches, [1]);
    await waitUntil(() => sightings.length === 2);
    assert.deepEqual(sightings, ['wss://2', 'wss://3']);
  });
});

test('a forged copy neither counts as a duplicate nor hides the genuine event, before it, with it or after it', async () => {
  await withDoor({}, async (door) => {
    const [first, second, third] = [author.note('1'), author.note('2'), author.note('3')];
    assert.deepEqual(outcomes([await door.submit(broken(first), client)]), ['rejected: signature']);
    assert.deepEqual(outcomes([await door.submit(first, client)]), ['stored']);
    assert.deepEqual(outcomes([await door.submit(broken(first), client)]), ['rejected: signature']);

    const forgedFirst = await Promise.all([broken(second), second, broken(second)].map((e) => door.submit(e, client)));
    assert.deepEqual(outcomes(forgedFirst), ['rejected: signature', 'stored', 'rejected: signature']);

    // Same id and same signature, other content: not the same text, so the genuine one is not held up by it.
    const forgedText = { ...third, content: 'forged' };
    const mixed = await Promise.all([forgedText, third].map((event) => door.submit(event, client)));
    assert.deepEqual(outcomes(mixed), ['rejected: id', 'stored']);
  });
});

test('events gather while a batch commits, and go in as one batch', async () => {
  await withDoor({}, async (door, fake) => {
    const release = fake.hold();
    const first = door.submit(author.note('first'), client);
    await waitUntil(() => fake.batches.length === 1);
    let answered = false;
    void first.then(() => {
      answered = true;
    });
    const others = Array.from({ length: 50 }, (_, place) => door.submit(author.note(`other ${place}`), client));
    // A forged one behind them is answered when all before it have been verified, while the first still waits.
    await door.submit(broken(author.note('last')), client);
    assert.equal(answered, false);
    assert.deepEqual(fake.batches, [1]);
    release();
    await Promise.all([first, ...others]);
    assert.deepEqual(fake.batches, [1, 50]);
  });
});

test('a store that fails rejects what it did not take, and the door goes on afterwards', async () => {
  await withDoor({}, async (door, fake) => {
    fake.fail(new StoreError('disk full'));
    const event = author.note('lost');
    const lost = await Promise.allSettled([door.submit(event, client), door.submit(event, client)]);
    for (const result of lost) {
      assert.equal(result.status, 'rejected');
      assert.ok(result.status === 'rejected' && result.reason instanceof StoreError);
    }
    fake.fail(new Error('a bug of the store'));
    await assert.rejects(door.submit(event, client), StoreError);
    fake.fail(undefined);
    assert.deepEqual(outcomes([await door.submit(event, client)]), ['stored']);
  });
});

test('whatever fails and whenever the door stops, what was acknowledged is kept and nothing else is', async () => {
  const fake = createFakeStore();
  let puts = 0;
  const put: EventStore['put'] = (batch) => {
    puts++;
    return puts % 3 === 0 ? Promise.reject(new StoreError('disk full')) : fake.store.put(batch);
  };
  await withDoor({ store: { ...fake.store, put }, limits: { batchEventsMax: 7 } }, async (door) => {
    const events = Array.from({ length: 200 }, (_, place) => author.note(`fate ${place}`));
    const whenSettled = Promise.allSettled(events.map((event) => door.submit(event, client)));
    await door.stop();
    const settled = await whenSettled;
    const acknowledged = events.filter((_, place) => settled[place]?.status === 'fulfilled');
    assert.deepEqual(new Set(acknowledged.map(({ id }) => id)), new Set(fake.kept.keys()));
    assert.ok(acknowledged.length > 50 && acknowledged.length < 200, `${acknowledged.length} acknowledged`);
  });
});

test('over the hard bound an event is refused at once, and what came before is not lost', async () => {
  const limits = { queueEventsFull: 4, queueEventsMax: 8 };
  await withDoor({ limits }, async (door, fake) => {
    const release = fake.hold();
    const inside = Array.from({ length: 8 }, (_, place) => door.submit(author.note(`inside ${place}`), client));
    assert.equal(door.isFull, true);
    const refused = await door.submit(author.note('too many'), client);
    assert.deepEqual(outcomes([refused]), ['rejected: queue']);
    assert.equal(!refused.accepted && refused.rejection.prefix, 'error');
    let drained = false;
    const whenDrained = door.drained().then(() => {
      drained = true;
    });
    await waitUntil(() => fake.batches.length === 1);
    assert.equal(drained, false);
    release();
    await whenDrained;
    assert.equal(door.isFull, false);
    assert.deepEqual(new Set(outcomes(await Promise.all(inside))), new Set(['stored']));
  });
});

test('stopping waits for what was handed in and refuses what comes later', async () => {
  await withDoor({}, async (door, fake) => {
    const inside = Array.from({ length: 100 }, (_, place) => door.submit(author.note(`stop ${place}`), client));
    await Promise.all([door.stop(), door.stop()]);
    assert.equal(fake.kept.size, 100);
    assert.deepEqual(new Set(outcomes(await Promise.all(inside))), new Set(['stored']));
    assert.deepEqual(outcomes([await door.submit(author.note('late'), client)]), ['rejected: stopping']);
  });
});

test('a batch for the store is bounded in events and in bytes', async () => {
  for (const limits of [{ batchEventsMax: 10 }, { batchBytesMax: 3_400 }]) {
    await withDoor({ limits }, async (door, fake) => {
      const release = fake.hold();
      const inside = Array.from({ length: 101 }, (_, place) => door.submit(author.note(`bounded ${place}`), client));
      await door.submit(broken(author.note('last')), client);
      release();
      await Promise.all(inside);
      assert.equal(fake.kept.size, 101);
      assert.ok(Math.max(...fake.batches) <= 10, `${fake.batches}`);
    });
  }
});

test('a store that cannot say what it knows rejects what was asked about, and the door goes on', async () => {
  const fake = createFakeStore();
  let fault: 'throw' | 'reject' | undefined = 'throw';
  const findKnown: EventStore['findKnown'] = (queries) => {
    if (fault === 'throw') throw new StoreError('closed');
    return fault === 'reject' ? Promise.reject(new Error('lost')) : fake.store.findKnown(queries);
  };
  await withDoor({ store: { ...fake.store, findKnown } }, async (door) => {
    const event = author.note('asked');
    await assert.rejects(door.submit(event, client), StoreError);
    fault = 'reject';
    await assert.rejects(door.submit(event, client), StoreError);
    fault = undefined;
    assert.deepEqual(outcomes([await door.submit(event, client)]), ['stored']);
  });
});

test('every answer is counted once, by kind, outcome and who refused', async () => {
  const counted: string[] = [];
  const metrics = {
    submitted: (kind: number, outcome: string, by?: string) => void counted.push([kind, outcome, by ?? ''].join(' ')),
  };
  await withDoor({ metrics }, async (door) => {
    const event = author.event({ kind: 7 });
    await Promise.all([door.submit(event, client), door.submit(event, client)]);
    await door.submit(broken(event), client);
    await door.submit({ kind: 7 }, client);
    await door.submit({ kind: {} }, client);
  });
  const expected = ['7 stored ', '7 duplicate ', '7 rejected signature', '7 rejected shape', '-1 rejected shape'];
  assert.deepEqual(counted, expected);
});

test('a door that is idle shows an empty queue', async () => {
  const depths: number[] = [];
  await withDoor({ metrics: { queueDepth: (events: number) => void depths.push(events) } }, async (door) => {
    const event = author.event({ kind: 7 });
    await Promise.all([door.submit(event, client), door.submit(event, client), door.submit(broken(event), client)]);
    assert.ok(depths.includes(3), `${depths}`);
    assert.equal(depths.at(-1), 0);
  });
});
