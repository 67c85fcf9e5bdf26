import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listExports, readSnapshot } from './exports.ts';

test('packages export what the snapshot says; after a wanted change: npx node tools/exports.ts --update', async () => {
  const snapshot = await readSnapshot();
  const actual = listExports();
  const differences: string[] = [];
  for (const door of new Set([...Object.keys(snapshot), ...Object.keys(actual)])) {
    const before = new Set(snapshot[door]);
    const now = new Set(actual[door]);
    for (const name of now.difference(before)) differences.push(`+ ${door} ${name}`);
    for (const name of before.difference(now)) differences.push(`- ${door} ${name}`);
  }
  assert.deepEqual(differences, []);
});
