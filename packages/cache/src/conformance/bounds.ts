import assert from 'node:assert/strict';
import { CacheError, type CacheFault } from '../errors.ts';
import { countStepMax, keyCharactersMax, keysPerCallMax, ttlMsMax, valueBytesMax } from '../limits.ts';
import { type Law, law } from './harness.ts';

const longMs = 600_000;

/** What fails with this fault and one sentence. */
export async function assertFault(call: Promise<unknown>, fault: CacheFault): Promise<CacheError> {
  const error = await call.then(
    () => assert.fail(`it did not fail with ${fault}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof CacheError, `not a CacheError: ${error}`);
  assert.equal(error.fault, fault, error.message);
  assert.doesNotMatch(error.message, /\n/);
  return error;
}

/** Rules 9 to 11: bounds, figures, the end. */
export const boundLaws: readonly Law[] = [
  law(9, 'names that are empty, too long or broken text are refused', async ({ cache }) => {
    for (const name of ['', 'x'.repeat(keyCharactersMax + 1), 'half \ud83e a pair']) {
      await assertFault(cache.get(name), 'argument');
      await assertFault(cache.getAll(['good', name]), 'argument');
      await assertFault(cache.set(name, '', longMs), 'argument');
      await assertFault(cache.setIfAbsent(name, '', longMs), 'argument');
      await assertFault(cache.setAllIfAbsent(['good', name], '', longMs), 'argument');
      await assertFault(cache.delete(name), 'argument');
      await assertFault(cache.increment(name, longMs), 'argument');
      await assertFault(cache.acquire(name, longMs), 'argument');
      await assertFault(cache.publish(name, ''), 'argument');
      await assertFault(
        cache.subscribe(name, () => {}),
        'argument',
      );
    }
    assert.equal(await cache.get('good'), undefined);
    const longest = '🦉'.repeat(keyCharactersMax / 2);
    await cache.set(longest, 'value', longMs);
    assert.equal(await cache.get(longest), 'value');
  }),
  law(9, 'the longest value fits, a longer one is refused and leaves what was there', async ({ cache, other }) => {
    const longest = 'ü'.repeat(valueBytesMax / 2);
    await cache.set('key', longest, longMs);
    assert.ok((await other.get('key')) === longest);
    const longer = `${longest}x`;
    const error = await assertFault(cache.set('key', longer, longMs), 'argument');
    assert.match(error.message, /16777216 bytes, this one 16777217/);
    await assertFault(cache.setIfAbsent('free', longer, longMs), 'argument');
    await assertFault(cache.publish('channel', longer), 'argument');
    await assertFault(cache.set('key', 'half \ud83e a pair', longMs), 'argument');
    assert.ok((await other.get('key')) === longest);
    assert.equal(await cache.get('free'), undefined);
  }),
  law(9, 'times and counts that mean nothing are refused', async ({ cache }) => {
    const lease = await cache.acquire('lease', longMs);
    assert.ok(lease);
    for (const span of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, ttlMsMax + 1]) {
      await assertFault(cache.set('key', 'value', span), 'argument');
      await assertFault(cache.setIfAbsent('key', 'value', span), 'argument');
      await assertFault(cache.increment('key', span), 'argument');
      await assertFault(cache.acquire('key', span), 'argument');
      await assertFault(lease.renew(span), 'argument');
    }
    for (const by of [-1, 0.5, Number.NaN, countStepMax + 1]) {
      await assertFault(cache.increment('key', longMs, by), 'argument');
    }
    assert.equal(await cache.get('key'), undefined);
    await cache.set('key', 'value', ttlMsMax);
    assert.equal(await lease.renew(longMs), true);
  }),
  law(9, 'as many keys as a call may name are served, more are refused', async ({ cache }) => {
    const keys = Array.from({ length: keysPerCallMax }, (_, index) => `key ${index}`);
    assert.ok((await cache.setAllIfAbsent(keys, 'value', longMs)).every((isFirst) => isFirst));
    assert.ok((await cache.getAll(keys)).every((value) => value === 'value'));
    await assertFault(cache.getAll([...keys, 'more']), 'argument');
    await assertFault(cache.setAllIfAbsent([...keys, 'more'], 'value', longMs), 'argument');
  }),
  law(10, 'hits and misses are counted, and what is held is told', async ({ cache }) => {
    assert.equal(await cache.isReachable(), true);
    await cache.set('a', 'x'.repeat(5_000), longMs);
    await cache.increment('count', longMs);
    await cache.get('a');
    await cache.getAll(['a', 'b', 'c']);
    const { entries, hits, misses, bytes } = await cache.figures();
    assert.deepEqual({ hits, misses }, { hits: 2, misses: 2 });
    assert.ok(entries >= 2 && bytes !== undefined && bytes > 5_000, `${entries} entries, ${bytes} bytes`);
  }),
  law(11, 'after the stop every call fails, and nothing is heard', async ({ cache, other }) => {
    const heard: string[] = [];
    const end = await cache.subscribe('channel', (message) => heard.push(message));
    const lease = await cache.acquire('lease', longMs);
    await cache.get('key');
    await Promise.all([cache.stop(), cache.stop()]);
    await cache[Symbol.asyncDispose]();
    await assertFault(cache.get('key'), 'stopped');
    await assertFault(cache.set('key', 'value', longMs), 'stopped');
    await assertFault(cache.setAllIfAbsent(['key'], 'value', longMs), 'stopped');
    await assertFault(cache.increment('key', longMs), 'stopped');
    await assertFault(cache.acquire('key', longMs), 'stopped');
    await assertFault(lease?.renew(longMs) ?? Promise.resolve(), 'stopped');
    await assertFault(cache.publish('channel', 'message'), 'stopped');
    await assertFault(
      cache.subscribe('channel', () => {}),
      'stopped',
    );
    await end();
    if (other !== cache) await other.publish('channel', 'message');
    assert.equal(await cache.isReachable(), false);
    assert.deepEqual(await cache.figures(), { entries: 0, hits: 0, misses: 1 });
    assert.deepEqual(heard, []);
  }),
];
