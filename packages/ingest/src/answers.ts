import type { PutOutcome, PutResult } from '@nostrata/store';
import type { ReasonPrefix, SubmitResult } from './contract.ts';

/** The answer to an event that is known already. */
export const duplicateAnswer: SubmitResult = {
  accepted: true,
  outcome: 'duplicate',
  message: 'duplicate: already have this event',
};

const storedAnswer: SubmitResult = { accepted: true, outcome: 'stored', message: '' };
const ephemeralAnswer: SubmitResult = { accepted: true, outcome: 'ephemeral', message: '' };

/** A rejection before the store was asked; `by` names the check. */
export function rejected(prefix: ReasonPrefix, message: string, by: string): SubmitResult {
  return { accepted: false, outcome: 'rejected', rejection: { prefix, message, by } };
}

/** The answer to what the store made of an event: the one place where outcomes become words. */
export function answerTo(result: PutResult): SubmitResult {
  const { outcome, reason } = result;
  switch (outcome) {
    case 'stored':
      return storedAnswer;
    case 'duplicate':
      return duplicateAnswer;
    case 'ephemeral':
      return ephemeralAnswer;
    case 'superseded':
      return refused(outcome, 'duplicate', reason ?? 'a newer version of this event is here');
    case 'deleted':
      return refused(outcome, 'blocked', reason ?? 'the author has deleted this event');
    case 'expired':
      return refused(outcome, 'invalid', reason ?? 'the event has expired');
    case 'vanished':
      return refused(outcome, 'blocked', reason ?? 'the author has asked to vanish from this relay');
    case 'invalid':
      return refused(outcome, 'invalid', reason ?? 'the event cannot be stored');
  }
}

function refused(outcome: PutOutcome, prefix: ReasonPrefix, message: string): SubmitResult {
  return { accepted: false, outcome, rejection: { prefix, message, by: 'store' } };
}
