import { InvalidError, type NostrEvent } from '@nostrata/protocol';
import { backendNames, defaultWorkers } from '#platform';
import { createVerifierThread } from '#verifier-thread';
import type { IngestLogger, VerifierReport } from '../contract.ts';
import {
  verifyAttemptsMax,
  verifyBatchesPerWorker,
  verifyBatchMax,
  verifyBatchMs,
  verifyShareMin,
  workerStartsMax,
} from '../limits.ts';
import type { BackendName } from './backend.ts';
import { hintsFor } from './hints.ts';
import type { WorkerStarted } from './messages.ts';
import { Verdict } from './packed.ts';
import type { Batch, BrowserVerifierSettings, VerifierThread } from './thread-contract.ts';

/** Which back end to use and how many workers; left out, the fastest that works and one worker per core but one. */
export interface VerifierSettings extends BrowserVerifierSettings {
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
export async function createVerifierPool<J>(options: VerifierPoolOptions<J>): Promise<VerifierPool<J>> {
  const pool = new WorkerPool(options);
  await pool.open();
  return pool;
}

class WorkerPool<J> implements VerifierPool<J> {
  readonly #options: VerifierPoolOptions<J>;
  readonly #workers: number;
  /** Every worker that was started and has not ended; of them, those that have a back end. */
  readonly #threads = new Set<VerifierThread<J>>();
  readonly #ready = new Set<VerifierThread<J>>();
  readonly #opened = Promise.withResolvers<void>();
  /** What dead workers have left. */
  readonly #retries: Batch<J>[] = [];
  #waiting: J[] = [];
  #start: Ready | undefined;
  #failedStarts = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: VerifierPoolOptions<J>) {
    this.#options = options;
    this.#workers = options.workers ?? defaultWorkers();
  }

  open(): Promise<void> {
    this.#launch(requestedBackends(this.#options.backend));
    return this.#opened.promise;
  }

  get report(): VerifierReport {
    const { backend = 'noble', verifiesPerSecond = 0, faults = [] } = this.#start ?? {};
    const isAskedFor = this.#options.backend !== undefined;
    return { backend, workers: this.#workers, verifiesPerSecond, hints: hintsFor({ backend, isAskedFor, faults }) };
  }

  push(job: J): void {
    this.#waiting.push(job);
  }

  flush(): void {
    while (this.#retries.length > 0 || this.#waiting.length > 0) {
      const thread = leastLoaded(this.#ready);
      if (thread === undefined) {
        // Without any thread, living or starting, nobody would ever answer.
        if (this.#threads.size === 0) this.#answerUnable(this.#takeAll());
        return;
      }
      thread.send(this.#retries.shift() ?? { jobs: this.#take(), attempts: 0 });
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= Promise.all([...this.#threads].map((thread) => thread.stop())).then(() => undefined);
    return this.#stopping;
  }

  #launch(backends: readonly BackendName[]): void {
    const thread: VerifierThread<J> = createVerifierThread<J>({
      backends,
      worker: this.#options.worker,
      wasmUrl: this.#options.wasmUrl,
      eventOf: this.#options.eventOf,
      started: (start) => {
        if (start.type === 'ready') this.#welcome(thread, start);
        else this.#reportFailedStart(start.faults);
      },
      verified: (batch, verdicts) => {
        this.#options.checked(batch.jobs, verdicts);
        this.flush();
      },
      ended: (batches, cause) => {
        this.#threads.delete(thread);
        const wasReady = this.#ready.delete(thread);
        if (this.#stopping === undefined) this.#replace({ batches, wasReady, cause });
      },
    });
    this.#threads.add(thread);
  }

  #welcome(thread: VerifierThread<J>, start: Ready): void {
    this.#failedStarts = 0;
    this.#ready.add(thread);
    if (this.#start === undefined) {
      this.#start = start;
      for (let count = this.#threads.size; count < this.#workers; count++) this.#launch([start.backend]);
      this.#opened.resolve();
    }
    this.flush();
  }

  #replace({ batches, wasReady, cause }: { batches: readonly Batch<J>[]; wasReady: boolean; cause: unknown }): void {
    this.#options.workerDied?.();
    this.#options.logger?.warn({ err: cause, batches: batches.length }, 'a verifier worker died');
    for (const { jobs, attempts } of batches) {
      if (attempts + 1 < verifyAttemptsMax) this.#retries.push({ jobs, attempts: attempts + 1 });
      else this.#answerUnable(jobs);
    }
    if (!wasReady) this.#failedStarts++;
    if (this.#failedStarts < workerStartsMax) {
      this.#launch(this.#start === undefined ? requestedBackends(this.#options.backend) : [this.#start.backend]);
    } else
      this.#reportFailedStart([`${workerStartsMax} workers in a row did not start, the last for: ${String(cause)}`]);
    this.flush();
  }

  #reportFailedStart(faults: readonly string[]): void {
    if (this.#start !== undefined) {
      this.#options.logger?.error({ faults }, 'a verifier worker could not start');
      return;
    }
    const error = new InvalidError(`no verifier can be used: ${faults.join('; ')}`);
    void this.stop().then(() => this.#opened.reject(error));
  }

  /** One batch: as much as fits into the time of a batch, shared among the workers when there is little. */
  #take(): readonly J[] {
    const waiting = this.#waiting;
    const inTime = Math.round(((this.#start?.verifiesPerSecond ?? 0) * verifyBatchMs) / 1000);
    const cap = Math.min(verifyBatchMax, Math.max(1, inTime));
    const count = Math.min(cap, Math.max(verifyShareMin, Math.ceil(waiting.length / this.#ready.size)));
    if (count < waiting.length) return waiting.splice(0, count);
    this.#waiting = [];
    return waiting;
  }

  #takeAll(): readonly J[] {
    const jobs = [...this.#retries.splice(0).flatMap((batch) => batch.jobs), ...this.#waiting];
    this.#waiting = [];
    return jobs;
  }

  #answerUnable(jobs: readonly J[]): void {
    this.#options.checked(jobs, new Uint8Array(jobs.length).fill(Verdict.unable));
  }
}

type Ready = Extract<WorkerStarted, { type: 'ready' }>;

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
