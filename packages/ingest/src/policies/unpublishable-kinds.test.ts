import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { createUnpublishableKindsPolicy } from './unpublishable-kinds.ts';

const author = createEventBuilder('unpublishable');
const policy = createUnpublishableKindsPolicy();

test('proofs of identity are refused from everybody', () => {
  for (const via of ['client', 'relay', 'import', 'own'] as const) {
    for (const kind of [22_242, 27_235]) {
      const rejection = policy.check(author.event({ kind }), { via }, 300);
      assert.equal(rejection?.prefix, 'invalid');
      assert.match(rejection?.message ?? '', new RegExp(String(kind)));
    }
    assert.equal(policy.check(author.event({ kind: 22_243 }), { via }, 300), null);
  }
});
