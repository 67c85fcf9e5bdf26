import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PutOutcome } from '@nostrata/store';
import { answerTo } from './answers.ts';

const expected: Record<PutOutcome, string> = {
  stored: 'true ',
  duplicate: 'true duplicate: already have this event',
  ephemeral: 'true ',
  superseded: 'false duplicate: a newer version of this event is here',
  deleted: 'false blocked: the author has deleted this event',
  expired: 'false invalid: the event has expired',
  vanished: 'false blocked: the author has asked to vanish from this relay',
  invalid: 'false invalid: the event cannot be stored',
};

test('every outcome has its words', () => {
  for (const [outcome, words] of Object.entries(expected)) {
    const answer = answerTo({ outcome: outcome as PutOutcome });
    const message = answer.accepted ? answer.message : `${answer.rejection.prefix}: ${answer.rejection.message}`;
    assert.equal(`${answer.accepted} ${message}`, words);
    assert.equal(answer.outcome, outcome);
  }
});

test('a reason of the store goes into the answer', () => {
  const answer = answerTo({ outcome: 'invalid', reason: 'a tag is too long' });
  assert.equal(!answer.accepted && answer.rejection.message, 'a tag is too long');
});
