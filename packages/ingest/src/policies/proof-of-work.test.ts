import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import type { EventParts } from '@nostrata/testing';
import { createEventBuilder } from '@nostrata/testing';
import type { Policy } from '../contract.ts';
import { createProofOfWorkPolicy } from './proof-of-work.ts';

const author = createEventBuilder('work');
const nowSeconds = 1_700_000_000;
const now = () => nowSeconds * 1000;

/** An event whose id begins with those digits: the policy leaves it to the id check whether the id is right. */
function worked(id: string, tags: string[][], parts: EventParts = {}): NostrEvent {
  return { ...author.event({ created_at: nowSeconds, ...parts, tags }), id: id.padEnd(64, 'f') };
}

const policy = createProofOfWorkPolicy({ bits: 10 }, now);
const messageFor = (event: NostrEvent, by: Policy = policy) => by.check(event, { via: 'client' }, 1)?.message;

test('the commitment counts, and the id must keep it', () => {
  assert.equal(messageFor(worked('002f', [['nonce', '1', '10']])), undefined);
  assert.equal(messageFor(worked('000f', [['nonce', '1', '12']])), undefined);
  const tooLittle = 'difficulty 12 with a commitment of 9 in one nonce tag, 10 is required';
  assert.equal(messageFor(worked('000f', [['nonce', '1', '9']])), tooLittle);
  const broken = 'difficulty 10 with a commitment of 11 in one nonce tag, 10 is required';
  assert.equal(messageFor(worked('002f', [['nonce', '1', '11']])), broken);
});

test('luck without a well-formed commitment counts nothing', () => {
  for (const tags of [[], [['nonce', '1']], [['nonce', '1', '']], [['nonce', '1', '1e1']], [['nonce', '1', '0010']]]) {
    assert.equal(
      messageFor(worked('0'.repeat(64), tags)),
      'difficulty 256 with a commitment of 0 in one nonce tag, 10 is required',
    );
  }
  const two = [
    ['nonce', '1', '9'],
    ['nonce', '1', '12'],
  ];
  assert.equal(
    messageFor(worked('000f', two)),
    'difficulty 12 with a commitment of 0 in one nonce tag, 10 is required',
  );
});

test('the example of NIP-13 has the work that it commits to', () => {
  const example = worked('000006d8c378af1779d2feebc7603a125d99eca0ccf1085959b307f64e5dd358', [
    ['nonce', '776797', '20'],
  ]);
  assert.equal(messageFor(example, createProofOfWorkPolicy({ bits: 20 }, now)), undefined);
  assert.match(
    messageFor(example, createProofOfWorkPolicy({ bits: 21 }, now)) ?? '',
    /^difficulty 21 with a commitment of 20/,
  );
});

test('a kind can ask for more or for nothing, and its work must be fresh', () => {
  const byKind = createProofOfWorkPolicy({ bits: 4, bitsByKind: { 0: 8, 7: 0 } }, now);
  const tags = [['nonce', '1', '8']];
  const profileAged = (seconds: number) =>
    messageFor(worked('00ff', tags, { kind: 0, created_at: nowSeconds - seconds }), byKind);
  assert.deepEqual([-10, 0, 120].map(profileAged), [undefined, undefined, undefined]);
  assert.match(profileAged(-11) ?? '', /created_at/);
  assert.match(profileAged(121) ?? '', /created_at/);
  assert.match(messageFor(worked('0fff', [['nonce', '1', '4']], { kind: 0 }), byKind) ?? '', /8 is required/);
  assert.equal(messageFor(worked('ffff', [], { kind: 7 }), byKind), undefined);
  assert.equal(messageFor(worked('0fff', [['nonce', '1', '4']], { kind: 1, created_at: 1 }), byKind), undefined);
  assert.equal(byKind.information?.limitation?.min_pow_difficulty, 8);
});

test('only clients have to work', () => {
  for (const via of ['relay', 'import', 'own'] as const) assert.equal(policy.check(worked('ff', []), { via }, 1), null);
});
