import assert from 'node:assert/strict';
import { type Law, law } from './harness.ts';

/** Longer than any test runs. */
const longMs = 600_000;
/** Over soon, yet not before the next line of a test. */
const shortMs = 400;

/** Rules 1 to 6: values, counts and what keeps them apart. */
export const valueLaws: readonly Law[] = [
  law(1, 'a value is read by all as it was set, whatever characters it has', async ({ cache, other }) => {
    for (const value of ['', ' ', 'two\nlines', 'nul \0 and \r\n', 'größer 🦉 漢字', '{"a":1}', 'x'.repeat(100_000)]) {
      await cache.set('key', value, longMs);
      assert.equal(await other.get('key'), value);
    }
    await cache.set('a key \0 with 🦉', 'its value', longMs);
    assert.equal(await other.get('a key \0 with 🦉'), 'its value');
    assert.equal(await other.get('another key'), undefined);
  }),
  law(1, 'a value is gone when its time is over', async ({ cache, until }) => {
    await cache.set('short', 'value', shortMs);
    await cache.set('long', 'value', longMs);
    assert.equal(await cache.get('short'), 'value');
    await until(async () => (await cache.get('short')) === undefined);
    assert.equal(await cache.get('long'), 'value');
  }),
  law(1, 'setting again replaces the value and its time', async ({ cache, until }) => {
    await cache.set('prolonged', 'old', shortMs);
    await cache.set('prolonged', 'new', longMs);
    await cache.set('shortened', 'old', longMs);
    await cache.set('shortened', 'new', shortMs);
    await until(async () => (await cache.get('shortened')) === undefined);
    assert.equal(await cache.get('prolonged'), 'new');
  }),
  law(2, 'many values come in the order of their keys', async ({ cache }) => {
    await cache.set('a', '1', longMs);
    await cache.set('b', '', longMs);
    assert.deepEqual(await cache.getAll(['b', 'none', 'a', 'b']), ['', undefined, '1', '']);
    assert.deepEqual(await cache.getAll([]), []);
    const keys = Array.from({ length: 2_500 }, (_, index) => `key ${index}`);
    await cache.setAllIfAbsent(keys.slice(0, 1_700), 'here', longMs);
    const values = await cache.getAll(keys);
    assert.equal(values.length, 2_500);
    assert.ok(values.every((value, index) => value === (index < 1_700 ? 'here' : undefined)));
  }),
  law(3, 'exactly one of several callers sets what was not there', async ({ cache, other }) => {
    const callers = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? cache : other));
    const answers = await Promise.all(callers.map((each, index) => each.setIfAbsent('key', `caller ${index}`, longMs)));
    assert.equal(answers.filter((isFirst) => isFirst).length, 1);
    assert.equal(await cache.get('key'), `caller ${answers.indexOf(true)}`);
  }),
  law(3, 'what is there keeps its value and its time', async ({ cache, until }) => {
    await cache.set('key', 'first', shortMs);
    assert.equal(await cache.setIfAbsent('key', 'second', longMs), false);
    assert.equal(await cache.get('key'), 'first');
    await until(async () => (await cache.get('key')) === undefined);
    assert.equal(await cache.setIfAbsent('key', 'third', longMs), true);
    assert.equal(await cache.get('key'), 'third');
  }),
  law(3, 'of many keys those that were not there are set, a repeated one once', async ({ cache, other }) => {
    await cache.set('b', 'before', longMs);
    assert.deepEqual(await other.setAllIfAbsent(['a', 'b', 'c', 'a'], 'x', longMs), [true, false, true, false]);
    assert.deepEqual(await cache.getAll(['a', 'b', 'c']), ['x', 'before', 'x']);
    assert.deepEqual(await cache.setAllIfAbsent([], 'x', longMs), []);
    const keys = Array.from({ length: 3_000 }, (_, index) => `key ${index}`);
    const [first, second] = await Promise.all([cache, other].map((each) => each.setAllIfAbsent(keys, 'y', longMs)));
    assert.ok(keys.every((_, index) => first?.[index] !== second?.[index]));
  }),
  law(4, 'a deleted key has neither value nor count', async ({ cache, other }) => {
    await cache.set('key', 'value', longMs);
    await cache.increment('key', longMs, 5);
    await other.delete('key');
    assert.equal(await cache.get('key'), undefined);
    assert.equal((await cache.increment('key', longMs)).count, 1);
    await cache.delete('never there');
  }),
  law(5, 'all members count together, and no count is lost', async ({ cache, other }) => {
    const counts = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? cache : other).increment('key', longMs)),
    );
    const seen = counts.map(({ count }) => count).sort((a, b) => a - b);
    assert.deepEqual(
      seen,
      seen.map((_, index) => index + 1),
    );
    assert.equal((await cache.increment('key', longMs, 10)).count, 60);
    assert.equal((await cache.increment('key', longMs, 0)).count, 60);
  }),
  law(5, 'a window ends when its first count said, however often and wherewith it is counted', async (subject) => {
    const { cache, until } = subject;
    const first = await cache.increment('key', shortMs);
    assert.ok(first.resetMs > 0 && first.resetMs <= shortMs, `${first.resetMs} ms of the window are left`);
    const next = await cache.increment('key', longMs);
    assert.equal(next.count, 2);
    assert.ok(next.resetMs <= first.resetMs);
    let count = next.count;
    await until(async () => {
      const before = count;
      ({ count } = await cache.increment('key', shortMs));
      return count < before;
    });
    assert.equal(count, 1);
  }),
  law(6, 'values, counts, leases and channels of one name are four things', async ({ cache, until }) => {
    const heard: string[] = [];
    await cache.subscribe('name', (message) => heard.push(message));
    await cache.set('name', 'value', longMs);
    assert.equal((await cache.increment('name', longMs)).count, 1);
    const lease = await cache.acquire('name', longMs);
    await cache.publish('name', 'message');
    await until(() => heard.length > 0);
    assert.equal(await cache.get('name'), 'value');
    await cache.delete('name');
    assert.equal(await lease?.renew(longMs), true);
    assert.deepEqual(heard, ['message']);
  }),
];
