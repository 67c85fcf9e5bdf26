import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kind } from '@nostrata/protocol';
import { nameOfKind } from './kind-names.ts';

test('every kind has a name, at least 150 have one of their own, and unknown ones their number', () => {
  const named = Array.from({ length: 65_536 }, (_, kind) => nameOfKind(kind));
  const counts = new Map<string, number>();
  for (const name of named) counts.set(name, (counts.get(name) ?? 0) + 1);
  const single = named.filter((name) => counts.get(name) === 1);
  const known = single.filter((name) => !name.startsWith('kind '));
  assert.ok(known.length >= 150, `${known.length} are named`);
  assert.ok(known.every((name) => name.length <= 40 && name === name.trim()));
  assert.deepEqual([named[1], named[9735], named[30_023], named[12_345]], ['note', 'zap', 'article', 'kind 12345']);
  assert.deepEqual(
    [named[5_300], named[6_300], named[6_969], named[39_000]],
    ['job request', 'job result', 'zap poll (old)', 'group description'],
  );
});

test('the kinds that the program itself handles have names', () => {
  for (const kind of Object.values(Kind)) assert.doesNotMatch(nameOfKind(kind), /^kind /);
});
