import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createEventBuilder, fc, testSeed } from '@nostrata/testing';
import { createFingerprinter, type Fingerprint, ofPair, packFingerprints, unpackFingerprints } from './fingerprint.ts';
import { createFingerprintSet } from './fingerprint-set.ts';

const fingerprinter = createFingerprinter({ high: 0x1234_5678, low: 0x9abc_def0 });
const builder = createEventBuilder('fingerprints');
const textOf = ({ high, low }: Fingerprint): string => `${high} ${low}`;

describe('fingerprints', () => {
  test('a copy with any other word has another fingerprint, and so has the same event at another relay', () => {
    const event = builder.note('some words, and more of them', {
      tags: [
        ['t', 'one'],
        ['e', 'two', 'three'],
      ],
    });
    const flipped = `${event.sig.slice(0, -1)}${event.sig.endsWith('0') ? '1' : '0'}`;
    const copies = [
      event,
      { ...event, content: `${event.content}.` },
      { ...event, content: event.content.replace('more', 'mose') },
      { ...event, sig: flipped },
      { ...event, created_at: event.created_at + 1 },
      { ...event, created_at: event.created_at + 2 ** 32 },
      { ...event, kind: 2 },
      { ...event, tags: [['t', 'one', 'e', 'two', 'three']] },
      {
        ...event,
        tags: [
          ['t', 'onee'],
          ['', 'two', 'three'],
        ],
      },
    ];
    const fingerprints = copies.map((copy) => fingerprinter.ofEvent(copy));
    assert.equal(new Set(fingerprints.map(textOf)).size, copies.length);
    assert.deepEqual(fingerprinter.ofEvent(structuredClone(event)), fingerprints[0]);
    const [first] = fingerprints;
    assert.ok(first);
    const pairs = Array.from({ length: 5_000 }, (_, relay) => textOf(ofPair(first, relay)));
    assert.equal(new Set(pairs).size, pairs.length);
  });

  test('a hundred thousand different texts have different fingerprints in every part of them', () => {
    const event = builder.note('');
    const high = new Set<number>();
    const low = new Set<number>();
    for (let index = 0; index < 100_000; index++) {
      const fingerprint = fingerprinter.ofEvent({ ...event, content: `note ${index}` });
      high.add(fingerprint.high);
      low.add(fingerprint.low);
    }
    // By chance 1.2 of them fall together in 32 bits.
    assert.ok(high.size > 99_980 && low.size > 99_980, `${high.size} ${low.size}`);
  });

  test('a set knows the newest of what was added, never less than its bound, and forgets the oldest', () => {
    const fingerprint = fc.record({ high: fc.nat(0xffff_ffff), low: fc.nat(0xffff_ffff) });
    fc.assert(
      fc.property(
        fc.array(fingerprint, { maxLength: 200, size: 'max' }),
        fc.integer({ min: 1, max: 60 }),
        (all, max) => {
          const set = createFingerprintSet(max);
          for (const one of all) set.add(one);
          for (const one of all.slice(-max)) assert.ok(set.has(one));
          assert.ok(set.size <= 2 * max);
        },
      ),
      { seed: testSeed() },
    );
  });

  test('what is packed comes out again', () => {
    const all = [
      { high: 0, low: 0 },
      { high: 0xffff_ffff, low: 1 },
      { high: 7, low: 0xffff_fffe },
    ];
    assert.deepEqual(unpackFingerprints(packFingerprints(all)), all);
  });
});
