import { isEphemeralKind, type VerifiedEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { answerTo, duplicateAnswer, rejected } from './answers.ts';
import type { Candidate } from './candidate.ts';
import type { SubmitResult } from './contract.ts';
import { type Desk, knownQuery } from './desk.ts';
import type { EphemeralChannel } from './ephemeral.ts';
import { hasRightId } from './identity.ts';
import type { Jury } from './jury.ts';
import { Verdict } from './verifier/packed.ts';
import { asStoreError, type Writer } from './writer.ts';

/** The stations of the path. */
export interface PathOptions {
  readonly store: Pick<EventStore, 'findKnown'>;
  readonly desk: Desk;
  readonly jury: Jury;
  readonly ephemeral: EphemeralChannel;
  readonly writer: Writer;
  /** Where candidates wait for their signature check. */
  readonly verifier: { push(candidate: Candidate): void; flush(): void };
}

/** The way of an event through the door, on the main thread, in batches. */
export interface Path {
  /** Known events are answered; the others pass the policies and the id check and go to the verifier. */
  arrive(candidates: readonly Candidate[]): void;
  /** The verifier has answered: bad signatures are refused, good ones are stored or handed on. */
  checked(candidates: readonly Candidate[], verdicts: Uint8Array): void;
}

const wrongId = rejected('invalid', 'the id is not the hash of the event', 'id');
const wrongSignature = rejected('invalid', 'the signature is not that of the pubkey', 'signature');
const unchecked = rejected('error', 'the signature could not be checked, try again later', 'verifier');

/** A path over its stations. */
export function createPath(options: PathOptions): Path {
  return new StationPath(options);
}

class StationPath implements Path {
  readonly #stations: PathOptions;

  constructor(stations: PathOptions) {
    this.#stations = stations;
  }

  arrive(candidates: readonly Candidate[]): void {
    const { desk, ephemeral, verifier } = this.#stations;
    const asked: Candidate[] = [];
    for (const candidate of candidates) {
      if (!desk.register(candidate)) continue;
      if (!isEphemeralKind(candidate.event.kind)) asked.push(candidate);
      else if (ephemeral.isKnown(candidate.event)) desk.settle(candidate, duplicateAnswer);
      else this.#examine(candidate);
    }
    if (asked.length > 0) this.#askStore(asked);
    verifier.flush();
  }

  checked(candidates: readonly Candidate[], verdicts: Uint8Array): void {
    const { desk, writer } = this.#stations;
    for (let place = 0; place < candidates.length; place++) {
      const candidate = candidates[place] as Candidate;
      const verdict = verdicts[place];
      if (verdict === Verdict.good) this.#admit(candidate);
      else desk.settle(candidate, verdict === Verdict.bad ? wrongSignature : unchecked);
    }
    writer.flush();
  }

  #askStore(asked: readonly Candidate[]): void {
    const failAll = (error: unknown): void => {
      for (const candidate of asked) this.#stations.desk.fail(candidate, asStoreError(error));
    };
    try {
      const known = this.#stations.store.findKnown(asked.map(knownQuery));
      if (known instanceof Promise) known.then((answers) => this.#sortOut(asked, answers), failAll);
      else this.#sortOut(asked, known);
    } catch (error) {
      failAll(error);
    }
  }

  #sortOut(asked: readonly Candidate[], known: readonly boolean[]): void {
    const { desk, verifier } = this.#stations;
    for (let place = 0; place < asked.length; place++) {
      const candidate = asked[place] as Candidate;
      if (known[place] === true) desk.settle(candidate, duplicateAnswer);
      else this.#examine(candidate);
    }
    verifier.flush();
  }

  #examine(candidate: Candidate): void {
    const { desk, jury, verifier } = this.#stations;
    const passed = this.#pass(candidate, jury.judge(candidate), jury.judge);
    if (passed === undefined) return;
    if (hasRightId(passed.event, passed.json)) verifier.push(passed);
    else desk.settle(passed, wrongId);
  }

  #admit(candidate: Candidate): void {
    const { desk, jury, ephemeral, writer } = this.#stations;
    const judgeBoth: Judge = (next) => jury.judge(next) ?? jury.judgeVerified(next);
    const passed = this.#pass(candidate, jury.judgeVerified(candidate), judgeBoth);
    if (passed === undefined) return;
    if (!isEphemeralKind(passed.event.kind)) {
      writer.push(passed);
      return;
    }
    const outcome = ephemeral.deliver(passed.event as VerifiedEvent, passed.json);
    desk.settle(passed, answerTo({ outcome }));
  }

  /** Answers a candidate that is rejected, then judges its followers; the first that passes goes on for the rest. */
  #pass(first: Candidate, rejection: SubmitResult | null, judgeNext: Judge): Candidate | undefined {
    let candidate: Candidate | undefined = first;
    let result = rejection;
    while (result !== null) {
      candidate = this.#stations.desk.succeed(candidate, result);
      if (candidate === undefined) return undefined;
      result = judgeNext(candidate);
    }
    return candidate;
  }
}

type Judge = (candidate: Candidate) => SubmitResult | null;
