import {
  InvalidError,
  type NostrEvent,
  parseEvent,
  serializeEvent,
  type VerifiedEvent,
  verifyEvent,
} from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { byteLength } from '#platform';
import { answerTo, rejected } from './answers.ts';
import type { Candidate } from './candidate.ts';
import type { Ingest, IngestLogger, IngestMetrics, Policy, Source, SubmitResult, VerifierReport } from './contract.ts';
import { createDesk, type Desk } from './desk.ts';
import { createEphemeralChannel, type EphemeralChannel } from './ephemeral.ts';
import { createGauge, type Gauge } from './gauge.ts';
import { answerInquiries, createInquire, type Job } from './inquiry.ts';
import { createJury } from './jury.ts';
import { defaultLimits, type IngestLimits } from './limits.ts';
import { createPath } from './path.ts';
import { createTicker, type Ticker } from './ticker.ts';
import { createVerifierPool, type VerifierPool, type VerifierSettings } from './verifier/pool.ts';
import { createWriter } from './writer.ts';

/** What the door is made of. */
export interface IngestOptions {
  readonly store: Pick<EventStore, 'put' | 'findKnown'>;
  /** In the order in which they are asked; `createPolicies` makes the usual ones. */
  readonly policies: readonly Policy[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly verifier?: VerifierSettings | undefined;
  readonly limits?: Partial<IngestLimits> | undefined;
  readonly metrics?: IngestMetrics | undefined;
  readonly logger?: IngestLogger | undefined;
}

/**
 * Opens the one door in: starts the verifier and resolves once it passes its self-test. The store stays the caller's
 * to stop, after the door.
 * @throws InvalidError where the verifier that was asked for cannot be used on this machine
 */
export async function createIngest(options: IngestOptions): Promise<Ingest> {
  const { store, policies, now, metrics = {}, logger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const gauge = createGauge(limits);
  const failed = (what: 'listener' | 'sighting', error: unknown): void => {
    metrics.failed?.(what);
    logger?.warn({ err: error, what }, 'something failed that no submitter hears of');
  };
  const ephemeral = createEphemeralChannel({
    idsMax: limits.ephemeralIdsMax,
    now,
    listenerFailed: (error) => failed('listener', error),
  });
  const desk = createDesk({ gauge, store, metrics, sightingsFailed: (error) => failed('sighting', error) });
  const writer = createWriter({
    store,
    limits,
    settled: (candidate, result) => desk.settle(candidate, answerTo(result)),
    failed(batch, error) {
      logger?.error({ err: error, events: batch.length }, 'the store did not take a batch');
      for (const candidate of batch) desk.fail(candidate, error);
    },
  });
  const verifier = await createVerifierPool<Job>({
    ...options.verifier,
    eventOf: (job) => job.event,
    checked: (jobs, verdicts) => {
      const left = answerInquiries(jobs, verdicts);
      path.checked(left.candidates, left.verdicts);
    },
    workerDied: () => metrics.failed?.('worker'),
    logger,
  });
  const path = createPath({ store, desk, jury: createJury(policies, logger), ephemeral, writer, verifier });
  const ticker = createTicker<Candidate>(limits.tickEventsMax, (candidates) => {
    metrics.queueDepth?.(gauge.events);
    path.arrive(candidates);
  });
  const inquire = createInquire({ gauge, verifier, metrics });
  return new Door({ inquire, limits, gauge, desk, ticker, ephemeral, verifier, policies });
}

/** What stands at the entrance. */
interface Entrance {
  readonly limits: IngestLimits;
  readonly gauge: Gauge;
  readonly desk: Desk;
  readonly ticker: Ticker<Candidate>;
  readonly ephemeral: EphemeralChannel;
  readonly verifier: VerifierPool<Job>;
  readonly inquire: (event: NostrEvent) => Promise<VerifiedEvent | null>;
  readonly policies: readonly Policy[];
}

const stoppingAnswer = rejected('error', 'the relay is shutting down', 'stopping');
const busyAnswer = rejected('error', 'the relay is busy, try again later', 'queue');

class Door implements Ingest {
  readonly policies: readonly Policy[];
  readonly #entrance: Entrance;
  #stopping: Promise<void> | undefined;

  constructor(entrance: Entrance) {
    this.#entrance = entrance;
    this.policies = entrance.policies;
  }

  submit(input: unknown, source: Source): Promise<SubmitResult> {
    const { limits, gauge, ticker } = this.#entrance;
    if (this.#stopping !== undefined) return this.#refuse(input, stoppingAnswer);
    const event = parseShape(input);
    if ('accepted' in event) return this.#refuse(input, event);
    const json = serializeEvent(event);
    const bytes = byteLength(json);
    if (bytes > limits.eventBytesMax) {
      const message = `the event is larger than ${limits.eventBytesMax} bytes`;
      return this.#refuse(input, rejected('invalid', message, 'size'));
    }
    if (!gauge.enter(bytes)) return this.#refuse(input, busyAnswer);
    return new Promise((resolve, reject) => {
      ticker.push({ event, json, bytes, source, resolve, reject, followers: undefined });
    });
  }

  verify(event: NostrEvent): Promise<VerifiedEvent | null> {
    if (this.#stopping !== undefined) return Promise.resolve(verifyEvent(event));
    return this.#entrance.inquire(event);
  }

  get isFull(): boolean {
    return this.#entrance.gauge.isFull;
  }

  drained(): Promise<void> {
    return this.#entrance.gauge.drained();
  }

  onEphemeral(listener: (event: VerifiedEvent, json: string) => void): () => void {
    return this.#entrance.ephemeral.listen(listener);
  }

  get verifier(): VerifierReport {
    return this.#entrance.verifier.report;
  }

  stop(): Promise<void> {
    const { gauge, verifier } = this.#entrance;
    this.#stopping ??= gauge.empty().then(() => verifier.stop());
    return this.#stopping;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #refuse(input: unknown, result: SubmitResult): Promise<SubmitResult> {
    return Promise.resolve(this.#entrance.desk.refuse(input, result));
  }
}

function parseShape(input: unknown): NostrEvent | SubmitResult {
  try {
    return parseEvent(input);
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    return rejected('invalid', error.message, 'shape');
  }
}
