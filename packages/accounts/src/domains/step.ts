import type { Judgement } from './judge.ts';
import { limits } from './limits.ts';
import type { Domain, DomainStep } from './rows.ts';

/**
 * What a check makes of a domain that was proven before. Only an answer that the proof is gone starts the week of grace
 * and ends it; a fault leaves the state as it is, and the check is repeated soon.
 */
export function nextStep(domain: Domain, judgement: Judgement, nowMs: number): DomainStep {
  switch (judgement.state) {
    case 'found':
      return toVerified(domain, judgement, nowMs);
    case 'gone':
      return toFailing(domain, judgement, nowMs);
    case 'unclear':
      return { ...domain, nextCheckMs: nowMs + waitAfterFault(domain), lastFailure: judgement.message };
  }
}

/** What is suspended has no names that wait for the answer. */
function waitAfterFault({ state }: Domain): number {
  return state === 'suspended' ? limits.failingRecheckMs : limits.unclearRecheckMs;
}

/** The step of a claim whose proof was found, and of a domain whose proof is there (again). */
export function toVerified(domain: Domain, { method }: Judgement, nowMs: number): DomainStep {
  return {
    state: 'verified',
    method,
    verifiedMs: domain.state === 'verified' ? domain.verifiedMs : nowMs,
    nextCheckMs: nowMs + limits.recheckMs,
    failingSinceMs: null,
    lastFailure: null,
  };
}

function toFailing(domain: Domain, { message }: Judgement, nowMs: number): DomainStep {
  const sinceMs = domain.failingSinceMs ?? nowMs;
  const graceEndMs = sinceMs + limits.graceMs;
  const isOver = domain.state !== 'verified' && nowMs >= graceEndMs;
  const nextCheckMs = isOver ? nowMs + limits.recheckMs : Math.min(nowMs + limits.failingRecheckMs, graceEndMs);
  const state = isOver || domain.state === 'suspended' ? 'suspended' : 'failing';
  return { ...domain, state, nextCheckMs, failingSinceMs: sinceMs, lastFailure: message };
}

/** The step of who had a host and lost it to somebody who proved it since. */
export function toLost(domain: Domain): DomainStep {
  return {
    ...domain,
    state: 'pending',
    method: null,
    verifiedMs: null,
    nextCheckMs: null,
    failingSinceMs: null,
    lastFailure: 'somebody else has proven this domain since your proof was gone from it',
  };
}
