import type { NostrEvent } from '@nostrata/protocol';
import type { Authenticate, Clock } from '../contract.ts';

/** What authenticating needs. */
export interface AuthenticationOptions {
  readonly relay: string;
  readonly clock: Clock;
  readonly authenticateMs: number;
  readonly authenticate: Authenticate | undefined;
  send(frame: string): boolean;
  underWay(isUnderWay: boolean): void;
}

/** NIP-42 on one connection: the challenge, and one answer to each. */
export interface Authentication {
  /** AUTH has come; a later challenge replaces an earlier one. */
  challenged(challenge: string): void;
  /** OK for an event of ours; false where it is none. */
  answered(eventId: string, accepted: boolean, reason: string): boolean;
  /**
   * Answers the challenge, or the one that is still to come; resolves with null when the relay has accepted, else with
   * why not. Never asks the policy twice for one challenge.
   */
  acquire(): Promise<string | null>;
  lost(): void;
}

/** Creates it without a challenge. */
export function createAuthentication(options: AuthenticationOptions): Authentication {
  const { relay, clock } = options;
  let challenge: string | undefined;
  let attempt: { readonly challenge: string; readonly outcome: Promise<string | null> } | undefined;
  let onChallenge: (() => void) | undefined;
  let onAnswer: { readonly id: string; readonly settle: (fault: string | null) => void } | undefined;
  let round = 0;

  /** Resolves with what `begin` settles, or with the fault after the time for a person has passed. */
  const within = (late: string, begin: (settle: (fault: string | null) => void) => void): Promise<string | null> =>
    new Promise((resolve) => {
      const cancel = clock.after(options.authenticateMs, () => resolve(late));
      begin((fault) => {
        cancel();
        resolve(fault);
      });
    });
  const awaitChallenge = (): Promise<string | null> =>
    within('the relay sent no challenge', (settle) => {
      const before = onChallenge;
      onChallenge = () => {
        before?.();
        settle(null);
      };
    });
  const sign = (asked: string): Promise<NostrEvent | undefined> =>
    new Promise((resolve, reject) => {
      const cancel = clock.after(options.authenticateMs, () => reject(new Error('no answer')));
      const signing = options.authenticate?.(relay, asked) ?? Promise.resolve(undefined);
      signing.then(resolve, reject).finally(cancel);
    });
  const answer = async (asked: string): Promise<string | null> => {
    const mine = round;
    options.underWay(true);
    try {
      const event = await sign(asked);
      if (event === undefined) return 'the policy does not authenticate here';
      if (mine !== round) return lostFault;
      return await within('the relay did not answer the authentication', (settle) => {
        onAnswer = { id: event.id, settle };
        options.send(JSON.stringify(['AUTH', event]));
      });
    } catch (error) {
      // A signer that refuses is a policy that says no.
      return `the signer failed: ${error instanceof Error ? error.message : String(error)}`;
    } finally {
      if (mine === round) options.underWay(false);
    }
  };
  return {
    challenged(value) {
      challenge = value;
      onChallenge?.();
      onChallenge = undefined;
    },
    answered(eventId, accepted, reason) {
      if (onAnswer?.id !== eventId) return false;
      onAnswer.settle(accepted ? null : reason || 'the relay refused the authentication');
      onAnswer = undefined;
      return true;
    },
    async acquire() {
      if (options.authenticate === undefined) return 'nobody authenticates here';
      if (challenge === undefined) {
        const fault = await awaitChallenge();
        if (fault !== null) return fault;
      }
      if (challenge === undefined) return lostFault;
      if (attempt?.challenge !== challenge) attempt = { challenge, outcome: answer(challenge) };
      return attempt.outcome;
    },
    lost() {
      round++;
      challenge = undefined;
      attempt = undefined;
      onAnswer?.settle(lostFault);
      onAnswer = undefined;
      onChallenge?.();
      onChallenge = undefined;
    },
  };
}

/** What `acquire` resolves with where the connection went down meanwhile. */
export const lostFault = 'the connection was lost';
