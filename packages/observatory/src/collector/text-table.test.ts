import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serializeEvent } from '@nostrata/protocol';
import { createEventBuilder, fc, testSeed } from '@nostrata/testing';
import { createFigures } from './figures.ts';
import { createFingerprinter } from './fingerprint.ts';
import { createIntake } from './intake.ts';
import { createLedger } from './ledger.ts';
import { defaultCollectorLimits } from './limits.ts';
import type { Source } from './source.ts';
import { realClock } from './test-collection.ts';
import { createTextTable } from './text-table.ts';

test('a table finds what the newest texts stand for, and forgets the oldest', () => {
  const word = fc.nat(0xffff_ffff);
  const entry = fc.record({
    text: fc.record({ high: word, low: word }),
    event: fc.record({ high: word, low: word }),
    at: fc.maxSafeNat(),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(entry, { maxLength: 150, size: 'max', selector: ({ text }) => `${text.high} ${text.low}` }),
      (entries) => {
        const table = createTextTable(40);
        const all = entries.filter(({ text }) => text.high + text.low > 0);
        for (const { text, event, at } of all) table.add(text, { ...event, createdAt: at });
        for (const { text, event, at } of all.slice(-40))
          assert.deepEqual(table.find(text), { ...event, createdAt: at });
        assert.ok(table.size <= 80);
      },
    ),
    { seed: testSeed() },
  );
});

describe('events that are recognised by their text', () => {
  const builder = createEventBuilder('texts');
  const frameOf = (text: string, subId: string): { frame: string; at: number } => {
    const start = `["EVENT","${subId}"`;
    return { frame: `${start},${text}]`, at: start.length };
  };
  const setUp = () => {
    const ledger = createLedger();
    const figures = createFigures({ clock: realClock, kept: 1, connected: () => 0, failed: assert.fail });
    const intake = createIntake({
      ...{ clock: realClock, limits: defaultCollectorLimits, ledger, figures },
      fingerprinter: createFingerprinter({ high: 1, low: 2 }),
      ready: () => undefined,
    });
    const toSource = (relay: number): Source => ({
      ...{ relay, url: `${relay}`, newest: 0, watermark: 0, forged: 0, genuine: 0 },
      ...{ isCaughtUp: true, isConnected: true, isRecovering: false },
    });
    return { ledger, intake, sources: [1, 2, 3].map(toSource) as [Source, Source, Source] };
  };
  const totalsOf = (ledger: ReturnType<typeof createLedger>): number[][] =>
    ledger
      .cut()
      .hours.map(({ received, events, novel, repeats, invalid }) => [received, events, novel, repeats, invalid]);

  test('are counted as if they had been parsed, while they wait and when they are durable', () => {
    const { ledger, intake, sources } = setUp();
    const [one, two, three] = sources;
    const note = { ...builder.note('hello'), id: `11${'0'.repeat(62)}` };
    const text = serializeEvent(note);
    assert.equal(intake.recognize({ ...frameOf(text, 'n1'), isLive: true }, one), false);
    void intake.deliver(note, one);
    assert.equal(intake.recognize({ ...frameOf(text, 'n77'), isLive: true }, two), true);
    assert.equal(intake.recognize({ ...frameOf(text, 'n1'), isLive: true }, one), true);
    const [entry] = intake.take(10);
    assert.deepEqual(entry?.sources, [one, two]);
    assert.ok(entry);
    intake.settle(entry, 'novel');
    assert.equal(intake.recognize({ ...frameOf(text, 'n5'), isLive: false }, three), false);
    void intake.deliver(note, three);
    assert.equal(intake.recognize({ ...frameOf(text, 'n5'), isLive: true }, three), true);
    assert.deepEqual(totalsOf(ledger), [
      [2, 1, 1, 1, 0],
      [1, 1, 0, 0, 0],
      [2, 1, 0, 1, 0],
    ]);
    assert.equal(two.newest, note.created_at);
  });

  test('no other text is taken for one of them, and a forged text for none', () => {
    const { ledger, intake, sources } = setUp();
    const [one, two] = sources;
    const note = builder.note('a genuine one');
    const forged = { ...note, content: 'a forged one' };
    intake.recognize({ ...frameOf(serializeEvent(forged), 'n1'), isLive: true }, one);
    void intake.deliver(forged, one);
    assert.equal(intake.recognize({ ...frameOf(serializeEvent(note), 'n1'), isLive: true }, two), false);
    void intake.deliver(note, two);
    const entries = intake.take(10);
    assert.equal(entries.length, 2);
    for (const entry of entries) intake.settle(entry, entry.event === note ? 'novel' : 'forged');
    assert.equal(intake.recognize({ ...frameOf(serializeEvent(forged), 'n1'), isLive: true }, two), false);
    void intake.deliver(forged, two);
    assert.deepEqual(totalsOf(ledger), [
      [1, 0, 0, 0, 1],
      [2, 1, 1, 0, 1],
    ]);
  });
});
