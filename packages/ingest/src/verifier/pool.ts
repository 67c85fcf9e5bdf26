import { InvalidError, type NostrEvent } from '@nostrata/protocol';
import type { IngestLogger, VerifierReport } from '../contract.ts';
import {
  verifyAttemptsMax,
  verifyBatchesPerWorker,
  verifyBatchMax,
  verifyBatchMs,
  workerStartsMax,
} from '../limits.ts';
import { type BackendName, backendNames } from './backend.ts';
import { hintsFor } from './hints.ts';
import type { WorkerStarted } from './messages.ts';
import { Verdict } from './packed.ts';
import { defaultWorkers } from './probe.ts';
import { type Batch, createVerifierThread, type VerifierThread } from './thread.ts';

/** Which back end to use and how many workers; left out, the fastest that works and one worker per core but one. */
export interface VerifierSettings {
  readonly backend?: BackendName | undefined;
  readonly workers?: number | undefined;
}

/** What a verifier pool needs. */
export interface VerifierPoolOptions<J> extends VerifierSettings {
  eventOf(job: J): NostrEvent;
  /** Jobs with their verdicts (`Verdict`), batch by batch; the bytes are only valid during the call. */
  checked(jobs: readonly J[], verdicts: Uint8Array): void;
  /** A worker died and is replaced. */
  workerDied?(): void;
  readonly logger?: IngestLogger | undefined;
}

/** Worker threads that check signatures in batches. */
export interface VerifierPool<J> {
  readonly report: VerifierReport;
  /** Adds a job; it waits for `flush`. */
  push(job: J): void;
  /** Sends what waits to workers that have room; what does not fit goes as soon as one has. */
  flush(): void;
  /** Ends the workers; jobs under way are forgotten. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the workers and waits for the first of them to have a back end that passes its self-test.
 * @throws InvalidError where the back end that was asked for cannot be used here
 */
export function createVerifierPool<J>(options: VerifierPoolOptions<J>): Promise<VerifierPool<J>> {
  const workers = options.workers ?? defaultWorkers();
  const threads = new Set<VerifierThread<J>>();
  const ready = new Set<VerifierThread<J>>();
  const retries: Batch<J>[] = [];
  let waiting: J[] = [];
  let current: Extract<WorkerStarted, { type: 'ready' }> | undefined;
  let failedStarts = 0;
  let stopping: Promise<void> | undefined;
  const opened = Promise.withResolvers<VerifierPool<J>>();

  function launch(backends: readonly BackendName[]): void {
    let isReady = false;
    const thread = createVerifierThread<J>({
      backends,
      eventOf: options.eventOf,
      started(start) {
        if (start.type === 'unusable') return fail(start.faults);
        isReady = true;
        failedStarts = 0;
        ready.add(thread);
        if (current === undefined) becomeOpen(start);
        dispatch();
      },
      verified(batch, verdicts) {
        options.checked(batch.jobs, verdicts);
        dispatch();
      },
      ended(batches, cause) {
        threads.delete(thread);
        ready.delete(thread);
        if (stopping === undefined) replace(batches, isReady, cause);
      },
    });
    threads.add(thread);
  }
  function becomeOpen(start: Extract<WorkerStarted, { type: 'ready' }>): void {
    current = start;
    for (let count = threads.size; count < workers; count++) launch([start.backend]);
    opened.resolve(pool);
  }

  function fail(faults: readonly string[]): void {
    if (current !== undefined) {
      options.logger?.error({ faults }, 'a verifier worker could not start');
      return;
    }
    const error = new InvalidError(`no verifier can be used: ${faults.join('; ')}`);
    void pool.stop().then(() => opened.reject(error));
  }

  function replace(batches: readonly Batch<J>[], wasReady: boolean, cause: unknown): void {
    options.workerDied?.();
    options.logger?.warn({ err: cause, batches: batches.length }, 'a verifier worker died');
    for (const { jobs, attempts } of batches) {
      if (attempts + 1 < verifyAttemptsMax) retries.push({ jobs, attempts: attempts + 1 });
      else answerUnable(jobs);
    }
    if (!wasReady && ++failedStarts >= workerStartsMax) fail([`${failedStarts} workers in a row did not start`]);
    else launch(current === undefined ? requestedBackends(options.backend) : [current.backend]);
    dispatch();
  }

  function dispatch(): void {
    while (retries.length > 0 || waiting.length > 0) {
      const thread = leastLoaded(ready);
      if (thread === undefined) {
        // Without any thread, living or starting, nobody would ever answer.
        if (threads.size === 0) answerUnable(takeAll());
        return;
      }
      thread.send(retries.shift() ?? { jobs: take(), attempts: 0 });
    }
  }

  /** One batch: as much as fits into the time of a batch, but shared among the workers when there is little. */
  function take(): readonly J[] {
    const cap = Math.min(
      verifyBatchMax,
      Math.max(1, Math.round(((current?.verifiesPerSecond ?? 0) * verifyBatchMs) / 1000)),
    );
    const share = Math.ceil(waiting.length / ready.size);
    const count = Math.min(cap, Math.max(share, Math.min(cap, 16)));
    if (count >= waiting.length) {
      const jobs = waiting;
      waiting = [];
      return jobs;
    }
    return waiting.splice(0, count);
  }

  function takeAll(): readonly J[] {
    const jobs = [...retries.flatMap((batch) => batch.jobs), ...waiting];
    retries.length = 0;
    waiting = [];
    return jobs;
  }

  function answerUnable(jobs: readonly J[]): void {
    options.checked(jobs, new Uint8Array(jobs.length).fill(Verdict.unable));
  }

  const pool: VerifierPool<J> = {
    get report() {
      const backend = current?.backend ?? 'noble';
      const { verifiesPerSecond = 0, faults = [] } = current ?? {};
      return { backend, workers, verifiesPerSecond, hints: hintsFor(backend, faults) };
    },
    push: (job) => void waiting.push(job),
    flush: dispatch,
    stop() {
      stopping ??= Promise.all([...threads].map((thread) => thread.stop())).then(() => undefined);
      return stopping;
    },
  };
  launch(requestedBackends(options.backend));
  return opened.promise;
}

function requestedBackends(backend: BackendName | undefined): readonly BackendName[] {
  return backend === undefined ? backendNames : [backend];
}

function leastLoaded<J>(threads: ReadonlySet<VerifierThread<J>>): VerifierThread<J> | undefined {
  let best: VerifierThread<J> | undefined;
  for (const thread of threads) {
    if (thread.load() < verifyBatchesPerWorker && (best === undefined || thread.load() < best.load())) best = thread;
  }
  return best;
}
