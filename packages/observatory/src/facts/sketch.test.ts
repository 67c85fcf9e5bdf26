import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { seededRandom, testSeed } from '@nostrata/testing';
import { createSketch } from './sketch.ts';

const hash = (text: string): Uint8Array => createHash('sha256').update(text).digest();

const sketchOf = (names: Iterable<string>) => {
  const sketch = createSketch();
  for (const name of names) sketch.add(hash(name));
  return sketch;
};

function* range(from: number, to: number): Generator<string> {
  for (let i = from; i < to; i += 1) yield `${testSeed()} ${i}`;
}

test('an estimate is within three standard errors (2.5 %), and nearly exact while there are few', () => {
  assert.equal(createSketch().estimate(), 0);
  let worst = 0;
  for (const size of [1, 10, 100, 1_000, 5_000, 20_000, 100_000]) {
    const error = sketchOf(range(0, size)).estimate() / size - 1;
    worst = Math.max(worst, Math.abs(error));
    assert.ok(Math.abs(error) < (size <= 100 ? 0.01 : 0.025), `${size}: ${(error * 100).toFixed(2)} %`);
  }
  console.log(`worst error ${(worst * 100).toFixed(2)} %`);
});

test('sketches merge to that of all, whatever the order and the steps, to the byte', () => {
  const random = seededRandom(`sketch ${testSeed()}`);
  for (const size of [0, 3, 900, 5_000, 5_600, 20_000]) {
    const names = [...range(0, size)];
    const whole = sketchOf(names).encode();
    const parts = [createSketch(), createSketch(), createSketch()];
    for (const name of [...names].reverse()) {
      const place = random.integer(3);
      parts[place]?.add(hash(name));
      if (random.integer(2_000) === 0) parts[place] = createSketch(parts[place]?.encode());
    }
    const merged = createSketch();
    for (const part of parts) merged.merge(part.encode());
    assert.deepEqual(merged.encode(), whole);
    assert.ok(whole.length <= 16_385);
    assert.equal(createSketch(whole).estimate(), sketchOf(names).estimate());
  }
});

test('what was added adds nothing, and bytes of another making are refused', () => {
  const sketch = sketchOf(range(0, 10));
  assert.equal(sketch.add(hash(`${testSeed()} 3`)), false);
  assert.equal(sketch.add(new Uint8Array(8)), true);
  for (const bytes of [new Uint8Array(0), Uint8Array.of(7), Uint8Array.of(1, 0), Uint8Array.of(2, 0, 0, 0)]) {
    assert.throws(() => createSketch(bytes), RangeError);
  }
});
