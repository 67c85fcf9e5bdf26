import { InvalidError, type NostrEvent, parseEvent, serializeEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { answerTo, rejected } from './answers.ts';
import type { Candidate } from './candidate.ts';
import type { Ingest, IngestLogger, IngestMetrics, Policy, Source, SubmitResult } from './contract.ts';
import { createDesk } from './desk.ts';
import { createEphemeralChannel } from './ephemeral.ts';
import { createGauge } from './gauge.ts';
import { defaultLimits, type IngestLimits } from './limits.ts';
import { createPath } from './path.ts';
import { createTicker } from './ticker.ts';
import { createVerifierPool, type VerifierSettings } from './verifier/pool.ts';
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
    failed: (batch, error) => {
      logger?.error({ err: error, events: batch.length }, 'the store did not take a batch');
      for (const candidate of batch) desk.fail(candidate, error);
    },
  });
  const verifier = await createVerifierPool<Candidate>({
    ...options.verifier,
    eventOf: (candidate) => candidate.event,
    checked: (candidates, verdicts) => path.checked(candidates, verdicts),
    workerDied: () => metrics.failed?.('worker'),
    logger,
  });
  const path = createPath({ store, desk, policies, ephemeral, writer, verifier, logger });
  const ticker = createTicker<Candidate>(limits.tickEventsMax, (candidates) => {
    metrics.queueDepth?.(gauge.events);
    path.arrive(candidates);
  });
  let stopping: Promise<void> | undefined;

  function submit(input: unknown, source: Source): Promise<SubmitResult> {
    if (stopping !== undefined) return refuse(rejected('error', 'the relay is shutting down', 'stopping'));
    const event = parseShape(input);
    if ('accepted' in event) return refuse(event);
    const json = serializeEvent(event);
    const bytes = Buffer.byteLength(json);
    if (bytes > limits.eventBytesMax) {
      return refuse(rejected('invalid', `the event is larger than ${limits.eventBytesMax} bytes`, 'size'));
    }
    if (!gauge.enter(bytes)) return refuse(rejected('error', 'the relay is busy, try again later', 'queue'));
    return new Promise((resolve, reject) => {
      ticker.push({ event, json, bytes, source, resolve, reject, followers: undefined });
    });

    function refuse(result: SubmitResult): Promise<SubmitResult> {
      return Promise.resolve(desk.refuse(input, result));
    }
  }

  function failed(what: 'listener' | 'sighting', error: unknown): void {
    metrics.failed?.(what);
    logger?.warn({ err: error }, `${what} failed`);
  }

  function stop(): Promise<void> {
    stopping ??= gauge.empty().then(() => verifier.stop());
    return stopping;
  }

  return {
    submit,
    get isFull() {
      return gauge.isFull;
    },
    drained: () => gauge.drained(),
    onEphemeral: (listener) => ephemeral.listen(listener),
    policies,
    get verifier() {
      return verifier.report;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function parseShape(input: unknown): NostrEvent | SubmitResult {
  try {
    return parseEvent(input);
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    return rejected('invalid', error.message, 'shape');
  }
}
