import { assert, type NostrEvent } from '@nostrata/protocol';
import { verifyBatchesPerWorker, verifySliceMs } from '../limits.ts';
import { hexToBytes, runNextTurn, stopwatchMs } from '../platform-browser.ts';
import type { Backend } from './backend.ts';
import type { BrowserWorkerMessage, ChecksMessage, StartMessage, WorkerPort } from './browser-messages.ts';
import { recordBytes } from './packed.ts';
import { measureBackend } from './self-test.ts';
import type { Batch, ThreadOptions, VerifierThread } from './thread-contract.ts';
import { beginChecking, type Checking, openFirstBackend } from './verify-checks.ts';

/** Where packed checks go, and how that ends. */
interface Line {
  send(message: ChecksMessage): void;
  stop(): void;
}

/** What a line tells. */
interface LineEvents {
  message(message: BrowserWorkerMessage): void;
  failed(error: Error): void;
}

/**
 * Starts a verifier in a browser: a worker where one can be loaded, else the page's own thread in slices between which
 * it does other things.
 */
export function createVerifierThread<J>(options: ThreadOptions<J>): VerifierThread<J> {
  const batches: (Batch<J> | undefined)[] = Array.from({ length: verifyBatchesPerWorker });
  let held = 0;
  let isEnded = false;
  const line = openLine(options, {
    message: (message) => {
      if (isEnded) return;
      if (!('slot' in message)) return options.started(message);
      const batch = batches[message.slot];
      assert(batch !== undefined, 'a worker answers only what it was sent');
      batches[message.slot] = undefined;
      held--;
      options.verified(batch, message.verdicts);
    },
    failed: (error) => end(error),
  });
  const end = (cause: unknown): void => {
    if (isEnded) return;
    isEnded = true;
    held = 0;
    options.ended(
      batches.filter((batch) => batch !== undefined),
      cause,
    );
  };
  return {
    load: () => held,
    send: (batch) => {
      const slot = batches.indexOf(undefined);
      assert(slot >= 0, 'a batch is sent only to a worker with a free slot');
      batches[slot] = batch;
      held++;
      line.send({ slot, checks: packBatch(batch.jobs, options.eventOf) });
    },
    stop: async () => {
      line.stop();
      end(new Error('the verifier was stopped'));
    },
  };
}

/** A worker that does not load is replaced by the page's own thread before anything was sent to it. */
function openLine<J>({ backends, worker: make, wasmUrl }: ThreadOptions<J>, events: LineEvents): Line {
  const start: StartMessage = { backends, wasmUrl };
  const worker = startWorker(make);
  if (!worker) return openLocalLine(start, events);
  let local: Line | undefined;
  let hasStarted = false;
  worker.onmessage = ({ data }) => {
    hasStarted = true;
    events.message(data as BrowserWorkerMessage);
  };
  worker.onerror = (event) => {
    event.preventDefault?.();
    worker.terminate?.();
    if (hasStarted) events.failed(new Error(event.message ?? 'the verifier worker has failed'));
    else local ??= openLocalLine(start, events);
  };
  worker.postMessage(start);
  return {
    send: (message) => {
      if (local) local.send(message);
      else worker.postMessage(message, [message.checks.buffer]);
    },
    stop: () => {
      local?.stop();
      worker.terminate?.();
    },
  };
}

type WorkerConstructor = new (url: URL, options: { readonly type: 'module'; readonly name: string }) => WorkerPort;

function startWorker(make: (() => unknown) | undefined): WorkerPort | undefined {
  if (make) return make() as WorkerPort;
  const { Worker } = globalThis as { readonly Worker?: WorkerConstructor };
  if (!Worker) return undefined;
  try {
    return new Worker(new URL('./worker-browser.ts', import.meta.url), { type: 'module', name: 'nostrata verifier' });
  } catch {
    // A content policy may forbid workers; the page's own thread does what they would.
    return undefined;
  }
}

/** Checks on the caller's own thread, a few milliseconds at a time. */
function openLocalLine({ backends, wasmUrl }: StartMessage, { message }: LineEvents): Line {
  const waiting: { readonly slot: number; readonly checking: Checking }[] = [];
  let backend: Backend | undefined;
  let isRunning = false;
  let isStopped = false;
  const now = stopwatchMs;
  const run = (): void => {
    const until = now() + verifySliceMs;
    for (let first = waiting[0]; first && !isStopped; first = waiting[0]) {
      while (now() < until && first.checking.step());
      if (now() >= until) return runNextTurn(run);
      waiting.shift();
      message({ slot: first.slot, verdicts: first.checking.verdicts });
    }
    isRunning = false;
  };
  const open = async (): Promise<void> => {
    const opened = await openFirstBackend(backends, wasmUrl);
    if (isStopped) return;
    backend = opened.backend;
    const { faults } = opened;
    if (!backend) return message({ type: 'unusable', faults });
    const verifiesPerSecond = measureBackend(backend, verifySliceMs, now);
    message({ type: 'ready', backend: backend.name, verifiesPerSecond, faults });
  };
  void open();
  return {
    send: ({ slot, checks }) => {
      assert(backend !== undefined, 'checks come to a back end that is open');
      waiting.push({ slot, checking: beginChecking(backend, checks) });
      if (isRunning) return;
      isRunning = true;
      runNextTurn(run);
    },
    stop: () => {
      isStopped = true;
    },
  };
}

function packBatch<J>(jobs: readonly J[], eventOf: (job: J) => NostrEvent): Uint8Array {
  const bytes = new Uint8Array(jobs.length * recordBytes);
  for (const [place, job] of jobs.entries()) {
    const { id, pubkey, sig } = eventOf(job);
    bytes.set(hexToBytes(id + pubkey + sig), place * recordBytes);
  }
  return bytes;
}
