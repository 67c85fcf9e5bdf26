import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import type { Finding, Judgement } from './judge.ts';
import { limits } from './limits.ts';
import type { Domain } from './rows.ts';
import { nextStep } from './step.ts';

const day = 86_400_000;

const domain: Domain = {
  id: 'dom_1',
  userId: 'usr_1',
  host: 'example.com',
  state: 'verified',
  method: 'dns',
  createdMs: 0,
  verifiedMs: 1,
  checkedMs: 1,
  nextCheckMs: 2,
  failingSinceMs: null,
  lastFailure: null,
};

function saying(state: Finding['state']): Judgement {
  const finding = { state, message: `it is ${state}` };
  return { ...finding, method: state === 'found' ? 'file' : null, dns: finding, file: finding };
}

const failing: Domain = { ...domain, state: 'failing', failingSinceMs: 100 * day };
const suspended: Domain = { ...failing, state: 'suspended' };

test('every state with every answer comes to the state that is documented', () => {
  const rows: readonly (readonly [Domain, Finding['state'], number, Domain['state'], number])[] = [
    [domain, 'found', 100, 'verified', 107],
    [domain, 'gone', 100, 'failing', 101],
    [domain, 'unclear', 100, 'verified', 100 + 1 / 24],
    [failing, 'found', 103, 'verified', 110],
    [failing, 'gone', 103, 'failing', 104],
    [failing, 'gone', 106.5, 'failing', 107],
    [failing, 'gone', 107, 'suspended', 114],
    [failing, 'unclear', 150, 'failing', 150 + 1 / 24],
    [suspended, 'found', 150, 'verified', 157],
    [suspended, 'gone', 150, 'suspended', 157],
    [suspended, 'unclear', 150, 'suspended', 151],
  ];
  for (const [from, answer, nowDays, state, nextDays] of rows) {
    const step = nextStep(from, saying(answer), nowDays * day);
    assert.equal(step.state, state, `${from.state} ${answer} on day ${nowDays}`);
    assert.equal(step.nextCheckMs, nextDays * day, `${from.state} ${answer} on day ${nowDays}`);
    assert.equal(step.lastFailure, answer === 'found' ? null : `it is ${answer}`);
    assert.equal(step.failingSinceMs === null, step.state === 'verified');
  }
});

test('no history of faults alone ever takes a domain away, and none without a week of answers that it is gone', () => {
  const histories = fc.array(
    fc.tuple(fc.constantFrom('found', 'gone', 'unclear'), fc.integer({ min: 0, max: 4 * day })),
  );
  const law = fc.property(histories, (history) => {
    let current = domain;
    let nowMs = 100 * day;
    let goneSinceMs: number | undefined;
    for (const [answer, waitMs] of history) {
      nowMs += waitMs;
      if (answer === 'found') goneSinceMs = undefined;
      if (answer === 'gone') goneSinceMs ??= nowMs;
      const before = current.state;
      current = { ...current, ...nextStep(current, saying(answer), nowMs) };
      if (answer === 'unclear') assert.equal(current.state, before);
      const isOver = goneSinceMs !== undefined && nowMs - goneSinceMs >= limits.graceMs;
      if (current.state === 'suspended' && before !== 'suspended') assert(isOver && answer === 'gone');
      if (goneSinceMs === undefined) assert.equal(current.state, 'verified');
      assert(current.nextCheckMs !== null && current.nextCheckMs > nowMs);
    }
  });
  fc.assert(law);
});
