import type { VerifiedEvent } from '@nostrata/protocol';
import { rejected } from './answers.ts';
import type { Candidate } from './candidate.ts';
import type { IngestLogger, Policy, Rejection, SubmitResult } from './contract.ts';

/** The policies as one; null lets the candidate pass. */
export interface Jury {
  /** Before id and signature are checked. */
  judge(candidate: Candidate): SubmitResult | null;
  /** Once both are known to be good. */
  judgeVerified(candidate: Candidate): SubmitResult | null;
}

/** Asks the policies in order. One that throws is a bug: it refuses the one event and stops nobody else. */
export function createJury(policies: readonly Policy[], logger: IngestLogger | undefined): Jury {
  const second = policies.filter((policy) => policy.checkVerified !== undefined);

  function ask(asked: readonly Policy[], check: (policy: Policy) => Rejection | null): SubmitResult | null {
    let current = '';
    try {
      for (const policy of asked) {
        current = policy.name;
        const rejection = check(policy);
        if (rejection !== null) return { accepted: false, outcome: 'rejected', rejection };
      }
      return null;
    } catch (error) {
      logger?.error({ err: error, policy: current }, 'a policy threw');
      return rejected('error', 'the event could not be judged', current);
    }
  }

  return {
    judge: ({ event, source, bytes }) => ask(policies, (policy) => policy.check(event, source, bytes)),
    judgeVerified({ event, source }) {
      if (second.length === 0) return null;
      return ask(second, (policy) => policy.checkVerified?.(event as VerifiedEvent, source) ?? null);
    },
  };
}
