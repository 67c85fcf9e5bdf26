import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { fc, parseSeed, testSeed } from './seed.ts';

test('the seed is the same one unless another is wanted', () => {
  assert.equal(parseSeed(undefined), parseSeed(''));
  assert.equal(parseSeed('17'), 17);
  const drawn = new Set(Array.from({ length: 5 }, () => parseSeed('random')));
  assert.ok(drawn.size > 1);
  for (const seed of drawn) assert.equal(parseSeed(String(seed)), seed);
});

test('a seed that is none is refused', () => {
  for (const text of ['0', '-1', '1.5', 'x', '2147483648', ' '])
    assert.throws(() => parseSeed(text), /expected a whole/);
});

test('properties draw from the seed of the run', () => {
  const seeded = fc.sample(fc.nat(), { numRuns: 5, seed: testSeed() });
  assert.deepEqual(fc.sample(fc.nat(), 5), seeded);
});

test('a single test file prints its seed', async () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const file = new URL('../../protocol/src/address.test.ts', import.meta.url).pathname;
  const words = ['--test', '--test-reporter=spec', file];
  const { stdout } = await promisify(execFile)(process.execPath, words, { env: { ...env, NOSTRATA_SEED: '23' } });
  assert.match(stdout, /^seed 23 /m);
});
