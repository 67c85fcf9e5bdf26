import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { asksOnlyRestricted, canMatchRestricted, canRead } from './access.ts';

const alice = createEventBuilder('alice');
const bob = createEventBuilder('bob');
const eve = createEventBuilder('eve');
const as = (...readers: { readonly pubkey: string }[]) => new Set(readers.map(({ pubkey }) => pubkey));

test('a direct message of kind 4 is read by author and recipient alone', () => {
  const message = alice.event({ kind: 4, tags: [['p', bob.pubkey]] });
  assert.deepEqual(
    [as(), as(alice), as(bob), as(eve), as(eve, bob)].map((readers) => canRead(message, readers)),
    [false, true, true, false, true],
  );
});

test('a gift wrap is read by its recipient alone, not by the key that signed it', () => {
  for (const kind of [1059, 21059]) {
    const wrap = alice.event({ kind, tags: [['p', bob.pubkey]] });
    assert.equal(canRead(wrap, as(bob)), true);
    assert.equal(canRead(wrap, as(alice)), false);
    assert.equal(canRead(wrap, as(eve)), false);
    assert.equal(canRead(wrap, as()), false);
  }
});

test('everything else is public', () => {
  assert.equal(canRead(alice.note('hello', { tags: [['p', bob.pubkey]] }), as()), true);
});

test('only requests for nothing but restricted kinds need authentication', () => {
  assert.equal(asksOnlyRestricted([{ kinds: [4] }, { kinds: [1059, 4] }]), true);
  assert.equal(asksOnlyRestricted([{ kinds: [4] }, { kinds: [1] }]), false);
  assert.equal(asksOnlyRestricted([{ kinds: [4, 1] }]), false);
  assert.equal(asksOnlyRestricted([{}]), false);
  assert.equal(asksOnlyRestricted([{ kinds: [] }]), false);
  assert.equal(canMatchRestricted([{ kinds: [1, 7] }]), false);
  assert.equal(canMatchRestricted([{ kinds: [1] }, {}]), true);
});
