import assert from 'node:assert/strict';
import { test } from 'node:test';
import { note, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { getPow } from 'nostr-tools/nip13';
import type { NostrEvent } from './event.ts';
import { getCommittedDifficulty, getDifficulty, getProvenDifficulty } from './nip13.ts';

test('leading zero bits are counted as nostr-tools counts them', () => {
  const ids = ['000006d8c378af1779d2feebc7603a12', '8', '7', '1', '01', '00ff', '002f', '0000'].map((id) =>
    id.padEnd(64, '0'),
  );
  for (const id of ids) assert.equal(getDifficulty(id), getPow(id), id);
  assert.equal(getDifficulty('0'.repeat(64)), 256);
  assert.equal(getDifficulty(`000000000e${'9'.repeat(54)}`), 36);
});

test('only a single, well-formed commitment counts, and only as far as the id fulfils it', () => {
  const at = (id: string, ...tags: string[][]): NostrEvent => ({ ...note('alice', ''), id: id.padEnd(64, 'f'), tags });
  const proven: [NostrEvent, number][] = [
    [at('00000', ['nonce', '1', '16']), 16],
    [at('00000'), 0],
    [at('00000', ['nonce', '1']), 0],
    [at('000', ['nonce', '1', '16']), 0],
    [at('00000', ['nonce', '1', '16'], ['nonce', '1', '20']), 0],
    [at('00000', ['nonce', '1', '-1']), 0],
    [at('00000', ['nonce', '1', '0x10']), 0],
    [at('00000', ['nonce', '1', '16.5']), 0],
    [at('00000', ['nonce', '1', ' 16']), 0],
    [at('00000', ['nonce', '1', '1000']), 0],
  ];
  for (const [event, expected] of proven)
    assert.equal(getProvenDifficulty(event), expected, JSON.stringify(event.tags));
});

const vectors = 'vectors/nips-and-luds.json';
test('the example of the NIP has its 21 bits and commits to 20', { skip: skipWithout(vectors) }, () => {
  const { nip13 } = JSON.parse(readText(requireSharedData(vectors))) as { nip13: { event: NostrEvent } };
  assert.equal(getDifficulty(nip13.event.id), 21);
  assert.equal(getCommittedDifficulty(nip13.event), 20);
  assert.equal(getProvenDifficulty(nip13.event), 20);
});
