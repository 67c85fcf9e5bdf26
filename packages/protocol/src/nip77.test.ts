import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fc, seededRandom } from '@nostrata/testing';
import { buildStorageVector } from 'applesauce-relay/negentropy';
import { nip77 } from 'nostr-tools';
import { InvalidError } from './errors.ts';
import { answerNegentropy, createNegentropyClient } from './nip77.ts';
import { createSyncItems, type SyncItems } from './nip77-items.ts';

interface Item {
  readonly created_at: number;
  readonly id: string;
}

function createItems(seed: string, count: number, times: number): Item[] {
  const random = seededRandom(seed);
  const items = Array.from({ length: count }, (_, index) => {
    return { created_at: random.integer(times), id: createHash('sha256').update(`${seed} ${index}`).digest('hex') };
  });
  return items.sort((a, b) => a.created_at - b.created_at || (a.id < b.id ? -1 : 1));
}

function toSyncItems(items: readonly Item[]): SyncItems {
  const list = createSyncItems();
  for (const { created_at, id } of items) list.add(created_at, id);
  return list;
}

type Answer = (message: string) => string;

/** Runs a whole reconciliation and returns what the client learned and how many messages it took. */
function sync(items: SyncItems, answer: Answer, frameBytesMax?: number) {
  const client = createNegentropyClient(items, { frameBytesMax });
  const have: string[] = [];
  const need: string[] = [];
  let rounds = 0;
  let bytes = 0;
  for (let message: string | null = client.start(); message !== null; rounds++) {
    assert.ok(rounds < 10_000, 'no end');
    if (frameBytesMax) assert.ok(message.length / 2 <= frameBytesMax, 'size of our message');
    const reply = answer(message);
    bytes += (message.length + reply.length) / 2;
    const step = client.next(reply);
    have.push(...step.have);
    need.push(...step.need);
    message = step.message;
  }
  return { have, need, rounds, bytes };
}

function expectLearned(
  learned: { have: string[]; need: string[] },
  ours: readonly Item[],
  theirs: readonly Item[],
): void {
  const without = (items: readonly Item[], others: readonly Item[]): string[] => {
    const known = new Set(others.map(({ id }) => id));
    return items.flatMap(({ id }) => (known.has(id) ? [] : [id])).sort();
  };
  assert.deepEqual(learned.have.sort(), without(ours, theirs), 'have');
  assert.deepEqual(learned.need.sort(), without(theirs, ours), 'need');
}

/** Two sets: what both have, what only one has, few or many, spread over few or many seconds. */
const sets = fc.record({
  seed: fc.string({ maxLength: 8 }),
  common: fc.constantFrom(0, 1, 40, 900),
  ours: fc.constantFrom(0, 1, 33, 400),
  theirs: fc.constantFrom(0, 1, 33, 400),
  times: fc.constantFrom(1, 3, 1_000_000),
  frameBytesMax: fc.constantFrom(undefined, 4_096, 5_000, 20_000),
});

function createSets({
  seed,
  common,
  ours,
  theirs,
  times,
}: {
  seed: string;
  common: number;
  ours: number;
  theirs: number;
  times: number;
}) {
  const all = createItems(seed, common + ours + theirs, times);
  const random = seededRandom(`${seed} shuffle`);
  const shuffled = all
    .map((item) => [random.next(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item);
  return [shuffled.slice(0, common + ours), [...shuffled.slice(0, common), ...shuffled.slice(common + ours)]] as const;
}

test('whatever two sides hold, the client learns exactly the difference, under any frame limit', () => {
  fc.assert(
    fc.property(sets, (options) => {
      const [ours, theirs] = createSets(options);
      const [mine, other] = [toSyncItems(ours), toSyncItems(theirs)];
      const { frameBytesMax } = options;
      const answer: Answer = (message) => {
        const reply = answerNegentropy(other, message, { frameBytesMax });
        if (frameBytesMax) assert.ok(reply.length / 2 <= frameBytesMax, 'size of the answer');
        return reply;
      };
      expectLearned(sync(mine, answer, frameBytesMax), ours, theirs);
    }),
    { numRuns: 100 },
  );
});

test('the client of nostr-tools learns the difference from us', () => {
  fc.assert(
    fc.property(sets, (options) => {
      const [ours, theirs] = createSets(options);
      const storage = new nip77.NegentropyStorageVector();
      for (const { created_at, id } of ours) storage.insert(created_at, id);
      storage.seal();
      const items = toSyncItems(theirs);
      const client = new nip77.Negentropy(storage);
      const [have, need] = [new Set<string>(), new Set<string>()];
      for (let message: string | null = client.initiate(); message !== null; ) {
        const answer = answerNegentropy(items, message, { frameBytesMax: options.frameBytesMax });
        message = client.reconcile(
          answer,
          (id) => have.add(id),
          (id) => need.add(id),
        );
      }
      expectLearned({ have: [...have], need: [...need] }, ours, theirs);
    }),
    { numRuns: 40 },
  );
});

/** What is used here of the relay side that applesauce carries but does not export. */
interface Reference {
  readonly Negentropy: new (
    storage: unknown,
    frameBytesMax: number,
  ) => { reconcile(message: string): Promise<[string | null]> };
}

test('our client learns the difference from the reference implementation as a relay', async () => {
  const path = new URL('./lib/negentropy.js', import.meta.resolve('applesauce-relay/negentropy'));
  const { Negentropy } = (await import(path.href)) as Reference;
  await fc.assert(
    fc.asyncProperty(sets, async (options) => {
      const [ours, theirs] = createSets(options);
      const relay = new Negentropy(buildStorageVector([...theirs]), 0);
      const client = createNegentropyClient(toSyncItems(ours), { frameBytesMax: options.frameBytesMax });
      const learned = { have: [] as string[], need: [] as string[] };
      for (let message: string | null = client.start(); message !== null; ) {
        const [answer] = await relay.reconcile(message);
        const step = client.next(answer ?? '');
        learned.have.push(...step.have);
        learned.need.push(...step.need);
        message = step.message;
      }
      expectLearned(learned, ours, theirs);
    }),
    { numRuns: 40 },
  );
});

test('items may come in any order and twice', () => {
  const items = createItems('order', 500, 20);
  const sorted = toSyncItems(items);
  const unsorted = toSyncItems([...items.toReversed(), ...items.slice(0, 100)]);
  assert.equal(unsorted.length, sorted.length);
  assert.deepEqual(unsorted.fingerprint(3, 400), sorted.fingerprint(3, 400));
  for (const bad of ['', 'A'.repeat(64), `${'a'.repeat(63)}g`]) assert.throws(() => sorted.add(1, bad), InvalidError);
  for (const time of [-1, 1.5, Number.NaN, 2 ** 60])
    assert.throws(() => sorted.add(time, 'a'.repeat(64)), InvalidError);
});

test('200,000 items with one in a hundred different are reconciled in few messages and in little time', (t) => {
  const items = createItems('large', 202_000, 3_000_000);
  const ours = items.filter((_, index) => index % 200 !== 0);
  const theirs = items.filter((_, index) => index % 200 !== 100);
  const [mine, other] = [toSyncItems(ours), toSyncItems(theirs)];
  const start = performance.now();
  const learned = sync(mine, (message) => answerNegentropy(other, message, { frameBytesMax: 500_000 }), 500_000);
  const { rounds, bytes } = learned;
  expectLearned(learned, ours, theirs);
  assert.ok(rounds <= 6, `${rounds} messages`);
  t.diagnostic(`${rounds} messages, ${bytes} bytes, ${Math.round(performance.now() - start)} ms`);
});

test('a message of a later version is answered with ours, and anything else that is malformed is refused', () => {
  const items = toSyncItems(createItems('x', 100, 5));
  assert.equal(answerNegentropy(items, '62ffff'), '61');
  assert.equal(answerNegentropy(items, '61'), '61');
  for (const message of [
    '',
    '6',
    'zz',
    '50',
    '7100',
    '61ff',
    '6100',
    '610000',
    '61000001',
    '61000003',
    '61002100',
    '610000028888',
  ]) {
    assert.throws(() => answerNegentropy(items, message), InvalidError, message);
  }
  assert.throws(() => createNegentropyClient(items).next('62'), InvalidError);
  assert.throws(() => createNegentropyClient(items, { frameBytesMax: 100 }), InvalidError);
});

test('no bytes whatever make either side fail otherwise, nor answer more than the limit', () => {
  const items = toSyncItems(createItems('fuzz', 3_000, 50));
  const valid = Buffer.from(createNegentropyClient(toSyncItems(createItems('other', 3_000, 50))).start(), 'hex');
  const mutated = fc
    .tuple(fc.nat(valid.length - 1), fc.uint8Array({ maxLength: 4 }), fc.nat(6))
    .map(([at, added, removed]) => {
      return Buffer.concat([valid.subarray(0, at), added, valid.subarray(at + removed)]);
    });
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.concat([Buffer.of(0x61), bytes]));
  const attempt = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
    }
  };
  fc.assert(
    fc.property(fc.oneof(mutated, random), (bytes) => {
      const message = bytes.toString('hex');
      attempt(() => {
        assert.ok(answerNegentropy(items, message, { frameBytesMax: 4_096 }).length / 2 <= 4_096);
      });
      attempt(() => void createNegentropyClient(items).next(message));
    }),
    { numRuns: 800 },
  );
});
