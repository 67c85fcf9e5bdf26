import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { InvalidError } from './errors.ts';
import { addToHll, createHll, estimateHll, formatHll, getHllOffset, mergeHll, parseHll } from './nip45.ts';

const pubkeyOf = (n: number): string => createHash('sha256').update(`author ${n}`).digest('hex');

test('the offset comes from character 32 of the first value of the first tag', () => {
  const id = `${'0'.repeat(32)}a${'0'.repeat(31)}`;
  assert.equal(getHllOffset({ tags: { e: [id] } }), 18);
  assert.equal(getHllOffset({ kinds: [7], tags: { e: [id, 'x'], p: ['y'] } }), 18);
  assert.equal(getHllOffset({ tags: { a: [`30023:${id}:some:thing`] } }), 18);
  const digest = createHash('sha256').update('topic').digest('hex');
  assert.equal(getHllOffset({ tags: { t: ['topic'] } }), Number.parseInt(digest.charAt(32), 16) + 8);
  for (const filter of [{}, { kinds: [1] }, { tags: {} }, { tags: { t: [] } }])
    assert.equal(getHllOffset(filter), null);
});

test('a register holds one more than the zero bits after the byte that chooses it', () => {
  const registers = createHll();
  const pubkey = `${'ff'.repeat(8)}05${'00'}1f${'ff'.repeat(21)}`;
  addToHll(registers, pubkey, 8);
  assert.equal(registers[5], 8 + 3 + 1);
  addToHll(registers, `${'ff'.repeat(8)}05ff${'00'.repeat(22)}`, 8);
  assert.equal(registers[5], 12, 'the higher number stays');
  addToHll(registers, `${'ff'.repeat(23)}07${'00'.repeat(8)}`, 23);
  assert.equal(registers[7], 65);
});

test('the estimate is near the truth, doubles do not count, and merging joins', () => {
  for (const count of [0, 1, 10, 100, 1_000, 10_000]) {
    const [both, left, right] = [createHll(), createHll(), createHll()];
    for (let n = 0; n < count; n++) {
      for (const registers of n % 3 === 0 ? [both, left, right] : n % 3 === 1 ? [both, left] : [both, right]) {
        addToHll(registers, pubkeyOf(n), 12);
        addToHll(registers, pubkeyOf(n), 12);
      }
    }
    mergeHll(left, right);
    assert.deepEqual(left, both);
    assert.ok(Math.abs(estimateHll(both) - count) <= count * 0.15, `${estimateHll(both)} for ${count}`);
    assert.deepEqual(parseHll(formatHll(both)), both);
  }
});

test('the example of the NIP is near the count beside it', () => {
  const example =
    '0607070505060806050508060707070706090d080b0605090607070b07090606060b0705070709050807080805080407060906080707080507070805060509040a0b06060704060405070706080607050907070b08060808080b080607090a06060805060604070908050607060805050d05060906090809080807050e0705070507060907060606070708080b0807070708080706060609080705060604060409070a0808050a0506050b0810060a0908070709080b0a07050806060508060607080606080707050806080c0a0707070a080808050608080f070506070706070a0908090c080708080806090508060606090906060d07050708080405070708';
  const estimate = estimateHll(parseHll(example));
  assert.ok(estimate > 12_000 && estimate < 22_000, String(estimate));
});

test('registers that are not 512 hex digits are refused', () => {
  for (const text of ['', '00', 'x'.repeat(512), '0'.repeat(511)]) assert.throws(() => parseHll(text), InvalidError);
});
