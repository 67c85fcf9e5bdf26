import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, fc } from '@nostrata/testing';
import { entryBytes } from './bounded-map.ts';
import { assertFault } from './conformance/bounds.ts';
import { createModel, histories, playOn } from './conformance/histories.ts';
import type { CacheError } from './errors.ts';
import { memoryLeasesMax } from './limits.ts';
import { createMemoryCache } from './memory.ts';
import { openCache } from './open.ts';

test('any history gives the answers of the model, whatever time passes in between', async () => {
  await fc.assert(
    fc.asyncProperty(histories({ shortMs: 1, longMs: 20 }), async (steps) => {
      const clock = createFakeClock();
      const play = playOn(createMemoryCache({ clock }), clock.advance);
      const playModel = createModel();
      for (const step of steps) assert.deepEqual(await play(step), await playModel(step), JSON.stringify(step));
    }),
    { numRuns: 500 },
  );
});

test('a value lives to the last millisecond of its time and not to the next', async () => {
  const clock = createFakeClock();
  const cache = createMemoryCache({ clock });
  await cache.set('key', 'value', 1_000);
  await cache.increment('count', 1_000);
  const lease = await cache.acquire('lease', 1_000);
  clock.advance(999);
  assert.equal(await cache.get('key'), 'value');
  assert.deepEqual(await cache.increment('count', 1_000), { count: 2, resetMs: 1 });
  assert.equal(await cache.acquire('lease', 1_000), undefined);
  clock.advance(1);
  assert.equal(await cache.get('key'), undefined);
  assert.deepEqual(await cache.increment('count', 1_000), { count: 1, resetMs: 1_000 });
  assert.equal(await lease?.renew(1_000), false);
});

test('of any history it holds no more than it may, and what it holds is what was used last', async () => {
  const uses = fc.array(
    fc.record({ key: fc.constantFrom(...'abcdefghij'), length: fc.nat({ max: 300 }), isRead: fc.boolean() }),
    { maxLength: 80 },
  );
  const bounds = { entriesMax: fc.integer({ min: 1, max: 8 }), bytesMax: fc.integer({ min: 500, max: 3_000 }) };
  await fc.assert(
    fc.asyncProperty(uses, fc.record(bounds), async (steps, { entriesMax, bytesMax }) => {
      const cache = createMemoryCache({ clock: createFakeClock(), entriesMax, bytesMax });
      let kept: { readonly key: string; readonly value: string }[] = [];
      const bytes = () => kept.reduce((sum, { key, value }) => sum + entryBytes(`v${key}`, value), 0);
      for (const { key, length, isRead } of steps) {
        const known = kept.find((each) => each.key === key);
        if (isRead) assert.equal(await cache.get(key), known?.value);
        const next = isRead ? known : { key, value: 'x'.repeat(length) };
        if (!isRead) await cache.set(key, 'x'.repeat(length), 1_000);
        kept = [...kept.filter((each) => each.key !== key), ...(next ? [next] : [])];
        while (kept.length > entriesMax || bytes() > bytesMax) kept.shift();
        const figures = await cache.figures();
        assert.deepEqual([figures.entries, figures.bytes], [kept.length, bytes()]);
      }
    }),
    { numRuns: 200 },
  );
});

test('what has run out makes room before anything that has not', async () => {
  const clock = createFakeClock();
  const cache = createMemoryCache({ clock, entriesMax: 3 });
  await cache.set('oldest', 'still good', 10_000);
  await cache.set('short', 'soon over', 10);
  await cache.set('newer', 'still good', 10_000);
  clock.advance(2_000);
  await cache.set('newest', 'still good', 10_000);
  assert.deepEqual(await cache.getAll(['oldest', 'newer', 'newest']), ['still good', 'still good', 'still good']);
});

test('a value that could never fit is refused and pushes nothing out', async () => {
  const cache = createMemoryCache({ clock: createFakeClock(), bytesMax: 1_000 });
  await cache.set('key', 'value', 1_000);
  await assertFault(cache.set('large', 'x'.repeat(1_000), 1_000), 'full');
  assert.equal(await cache.get('key'), 'value');
});

test('a flood of values takes no lease away, and no more leases are given than fit', async () => {
  const clock = createFakeClock();
  const cache = createMemoryCache({ clock, entriesMax: 10 });
  const lease = await cache.acquire('lease', 1_000);
  for (let index = 0; index < 100; index += 1) await cache.set(`key ${index}`, '', 1_000);
  assert.equal(await cache.acquire('lease', 1_000), undefined);
  for (let index = 1; index < memoryLeasesMax; index += 1) assert.ok(await cache.acquire(`lease ${index}`, 500));
  await assertFault(cache.acquire('one more', 1_000), 'full');
  clock.advance(500);
  assert.ok(await cache.acquire('one more', 1_000), 'leases that are over make room');
  assert.equal(await lease?.renew(1_000), true);
});

test('a listener that throws is reported and disturbs no other', async () => {
  const problems: CacheError[] = [];
  const cache = createMemoryCache({ clock: createFakeClock(), onProblem: (problem) => problems.push(problem) });
  const heard: string[] = [];
  await cache.subscribe('channel', () => {
    throw new Error('mine');
  });
  await cache.subscribe('channel', (message) => heard.push(message));
  await cache.publish('channel', 'message');
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(heard, ['message']);
  assert.deepEqual(
    problems.map(({ fault, cause }) => [fault, cause instanceof Error && cause.message]),
    [['listener', 'mine']],
  );
});

test('an address that names no engine is one clear line, and repeats nothing that may be secret', async () => {
  const clock = createFakeClock();
  await using cache = await openCache('memory:', { clock });
  assert.equal(cache.engine, 'memory');
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['redsi://:secret@host', /use memory:, redis:/],
    ['', /use memory:/],
    ['memory:x', /use memory:/],
    ['redis://', /names no host|is no URL/],
    ['redis://:secret@host:99999', /is no URL/],
    ['redis://:secret@host/name', /names a database that is no number/],
    ['redis://:secret@host?db=1', /has a part behind \?/],
    ['redis://:%secret@host', /has a % in its user or password/],
  ];
  for (const [url, sentence] of wrong) {
    const { message } = await assertFault(openCache(url, { clock }), 'argument');
    assert.match(message, sentence);
    assert.doesNotMatch(message, /secret/);
  }
  await assertFault(openCache('redis://127.0.0.1', { clock, prefix: 'a:b' }), 'argument');
});
