import { Worker } from 'node:worker_threads';
import { assert, type NostrEvent } from '@nostrata/protocol';
import { verifyBatchesPerWorker } from '../limits.ts';
import type { VerifyBatch, WorkerMessage, WorkerOptions } from './messages.ts';
import { createBatchMemory, recordBytes } from './packed.ts';
import type { Batch, ThreadOptions, VerifierThread } from './thread-contract.ts';

/** Workers take none of the program's options to Node: with `--eval` a file could not be started at all. */
const execArgv: string[] = [];

/** Starts a worker thread; packs batches into memory that it shares and reads the verdicts from there. */
export function createVerifierThread<J>(options: ThreadOptions<J>): VerifierThread<J> {
  const slots = Array.from({ length: verifyBatchesPerWorker }, createBatchMemory);
  const memory = slots.map(({ checks, verdicts }) => ({
    checks: Buffer.from(checks),
    verdicts: new Uint8Array(verdicts),
  }));
  const batches: (Batch<J> | undefined)[] = slots.map(() => undefined);
  const workerData: WorkerOptions = { backends: options.backends, slots };
  const worker = new Worker(workerUrl(), { workerData, name: 'verifier', execArgv });
  let held = 0;
  let cause: unknown;

  worker.on('message', (message: WorkerMessage) => {
    if (message.type !== 'verified') return options.started(message);
    const batch = batches[message.slot];
    const verdicts = memory[message.slot]?.verdicts;
    assert(batch !== undefined && verdicts !== undefined, 'a worker answers only what it was sent');
    batches[message.slot] = undefined;
    held--;
    options.verified(batch, verdicts.subarray(0, batch.jobs.length));
  });
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', (code) => {
    const unanswered = batches.filter((batch) => batch !== undefined);
    held = 0;
    options.ended(unanswered, cause ?? new Error(`the verifier worker ended with code ${code}`));
  });

  return {
    load: () => held,
    send(batch) {
      const slot = batches.indexOf(undefined);
      const bytes = memory[slot]?.checks;
      assert(bytes !== undefined, 'a batch is sent only to a worker with a free slot');
      packBatch(bytes, batch.jobs, options.eventOf);
      batches[slot] = batch;
      held++;
      const message: VerifyBatch = { slot, count: batch.jobs.length };
      worker.postMessage(message);
    },
    async stop() {
      await worker.terminate();
    },
  };
}

function packBatch<J>(bytes: Buffer, jobs: readonly J[], eventOf: (job: J) => NostrEvent): void {
  let offset = 0;
  for (const job of jobs) {
    const { id, pubkey, sig } = eventOf(job);
    const written = bytes.write(id + pubkey + sig, offset, recordBytes, 'hex');
    assert(written === recordBytes, 'id, pubkey and sig are 128 bytes of hex');
    offset += recordBytes;
  }
}

/** The worker's file beside this one: TypeScript in a checkout, JavaScript in a published package. */
function workerUrl(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}
