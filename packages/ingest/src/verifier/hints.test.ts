import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hintsFor } from './hints.ts';

test('a slower back end says why it is in use and what would make it faster', () => {
  const faults = ['libsecp256k1 was not found'];
  const hints = hintsFor({ backend: 'wasm', isAskedFor: false, faults });
  assert.equal(hints[0], 'libsecp256k1 was not found.');
  assert.match(hints[1] ?? '', /^Install libsecp256k1 .*libsecp256k1-1.* to verify about 5 times faster\.$/);
  assert.match(hintsFor({ backend: 'noble', isAskedFor: false, faults }).join(' '), /25 times faster/);
});

test('the fastest back end has no hint, and one that was asked for names the settings', () => {
  assert.deepEqual(hintsFor({ backend: 'libsecp256k1', isAskedFor: false, faults: [] }), []);
  assert.match(hintsFor({ backend: 'wasm', isAskedFor: true, faults: [] }).join(' '), /settings ask for wasm/);
});
