import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '@nostrata/store';
import { ConfigError } from '../config/errors.ts';
import { exitCode, explainFailure } from './exit.ts';

test('a failure is one line, and only a bug is called one', () => {
  const world = Object.assign(new Error('ENOENT: …'), { code: 'ENOENT', path: '/a/b' });
  const cases = [
    [new ConfigError('wrong\n  setting'), 'wrong setting', exitCode.usage, false],
    [new StoreError('no room'), 'no room', exitCode.failure, false],
    [world, '/a/b: no such file or folder', exitCode.failure, false],
    [new TypeError('x is undefined'), 'x is undefined', exitCode.failure, true],
    ['a text', 'a text', exitCode.failure, true],
  ] as const;
  for (const [error, line, code, isBug] of cases) assert.deepEqual(explainFailure(error), { line, code, isBug });
});

test('the failure that came first is told, not what failed while cleaning up after it', async () => {
  const run = async () => {
    await using _store = { [Symbol.asyncDispose]: () => Promise.reject(new StoreError('and could not be closed')) };
    throw new StoreError('no room');
  };
  const error: unknown = await run().catch((reason: unknown) => reason);
  assert.ok(error instanceof SuppressedError);
  assert.equal(explainFailure(error).line, 'no room');
});
