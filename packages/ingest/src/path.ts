import { isEphemeralKind, type VerifiedEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { answerTo, duplicateAnswer, ephemeralAnswer, rejected } from './answers.ts';
import type { Candidate } from './candidate.ts';
import type { IngestLogger, Policy, SubmitResult } from './contract.ts';
import { type Desk, knownQuery } from './desk.ts';
import type { EphemeralChannel } from './ephemeral.ts';
import { hasRightId } from './identity.ts';
import { Verdict } from './verifier/packed.ts';
import { asStoreError, type Writer } from './writer.ts';

/** The stations of the path. */
export interface PathOptions {
  readonly store: Pick<EventStore, 'findKnown'>;
  readonly desk: Desk;
  readonly policies: readonly Policy[];
  readonly ephemeral: EphemeralChannel;
  readonly writer: Writer;
  /** Where candidates wait for their signature check. */
  readonly verifier: { push(candidate: Candidate): void; flush(): void };
  readonly logger?: IngestLogger | undefined;
}

/** The way of an event through the door, on the main thread, in batches. */
export interface Path {
  /** Known events are answered; the others pass the policies and the id check and go to the verifier. */
  arrive(candidates: readonly Candidate[]): void;
  /** The verifier has answered: bad signatures are refused, good ones are stored or handed on. */
  checked(candidates: readonly Candidate[], verdicts: Uint8Array): void;
}

/** A path over its stations. */
export function createPath({ store, desk, policies, ephemeral, writer, verifier, logger }: PathOptions): Path {
  const verifiedPolicies = policies.filter((policy) => policy.checkVerified !== undefined);

  function arrive(candidates: readonly Candidate[]): void {
    const asked: Candidate[] = [];
    for (const candidate of candidates) {
      if (!desk.register(candidate)) continue;
      if (!isEphemeralKind(candidate.event.kind)) asked.push(candidate);
      else if (ephemeral.isKnown(candidate.event)) desk.settle(candidate, duplicateAnswer);
      else examine(candidate);
    }
    if (asked.length > 0) askStore(asked);
    verifier.flush();
  }

  function askStore(asked: readonly Candidate[]): void {
    try {
      const known = store.findKnown(asked.map(knownQuery));
      if (known instanceof Promise) known.then((answers) => sortOut(asked, answers), failAll);
      else sortOut(asked, known);
    } catch (error) {
      failAll(error);
    }
    function failAll(error: unknown): void {
      for (const candidate of asked) desk.fail(candidate, asStoreError(error));
    }
  }

  function sortOut(asked: readonly Candidate[], known: readonly boolean[]): void {
    for (const [place, candidate] of asked.entries()) {
      if (known[place] === true) desk.settle(candidate, duplicateAnswer);
      else examine(candidate);
    }
    verifier.flush();
  }

  function examine(candidate: Candidate): void {
    const passed = pass(candidate, judge);
    if (passed === undefined) return;
    if (hasRightId(passed.event, passed.json)) verifier.push(passed);
    else desk.settle(passed, rejected('invalid', 'the id is not the hash of the event', 'id'));
  }

  function checked(candidates: readonly Candidate[], verdicts: Uint8Array): void {
    for (const [place, candidate] of candidates.entries()) {
      if (verdicts[place] === Verdict.good) admit(candidate);
      else if (verdicts[place] === Verdict.bad) {
        desk.settle(candidate, rejected('invalid', 'the signature is not that of the pubkey', 'signature'));
      } else desk.settle(candidate, rejected('error', 'the signature could not be checked', 'verifier'));
    }
    writer.flush();
  }

  function admit(candidate: Candidate): void {
    const passed = verifiedPolicies.length === 0 ? candidate : pass(candidate, judgeVerified, judgeHeir);
    if (passed === undefined) return;
    if (!isEphemeralKind(passed.event.kind)) {
      writer.push(passed);
      return;
    }
    const outcome = ephemeral.deliver(passed.event as VerifiedEvent, passed.json);
    desk.settle(passed, outcome === 'ephemeral' ? ephemeralAnswer : answerTo({ outcome }));
  }

  /** Answers the candidate if it is rejected, then judges its followers; the first that passes goes on for the rest. */
  function pass(first: Candidate, judgeFirst: Judge, judgeNext = judgeFirst): Candidate | undefined {
    let candidate: Candidate | undefined = first;
    let rejection = judgeFirst(first);
    while (rejection !== null) {
      candidate = desk.succeed(candidate, rejection);
      if (candidate === undefined) return undefined;
      rejection = judgeNext(candidate);
    }
    return candidate;
  }

  function judge(candidate: Candidate): SubmitResult | null {
    for (const policy of policies) {
      const result = guarded(policy, () => policy.check(candidate.event, candidate.source, candidate.bytes));
      if (result !== null) return result;
    }
    return null;
  }

  function judgeVerified(candidate: Candidate): SubmitResult | null {
    const event = candidate.event as VerifiedEvent;
    for (const policy of verifiedPolicies) {
      const result = guarded(policy, () => policy.checkVerified?.(event, candidate.source) ?? null);
      if (result !== null) return result;
    }
    return null;
  }

  function judgeHeir(candidate: Candidate): SubmitResult | null {
    return judge(candidate) ?? judgeVerified(candidate);
  }

  /** A policy that throws is a bug; it refuses the one event and stops nobody else. */
  function guarded(policy: Policy, check: () => ReturnType<Policy['check']>): SubmitResult | null {
    try {
      const rejection = check();
      return rejection === null ? null : { accepted: false, outcome: 'rejected', rejection };
    } catch (error) {
      logger?.error({ err: error, policy: policy.name }, 'a policy threw');
      return rejected('error', 'the event could not be judged', policy.name);
    }
  }

  return { arrive, checked };
}

type Judge = (candidate: Candidate) => SubmitResult | null;
