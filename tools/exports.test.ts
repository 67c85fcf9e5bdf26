import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listExports, readSnapshot } from './exports.ts';

test('packages export what the snapshot says: after a wanted change, npx node tools/exports.ts --update', async () => {
  assert.deepEqual(listExports(), await readSnapshot());
});
