// No other room is imported in this thread: it would double the time that a worker takes to start.
import assert from 'node:assert';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Backend, BackendName } from './backend.ts';
import type { VerifyBatch, WorkerMessage, WorkerOptions } from './messages.ts';
import { openBackend } from './open-backend.ts';
import { Verdict, viewChecks } from './packed.ts';
import { findSelfTestFault, measureBackend } from './self-test.ts';

/** CPU milliseconds that a worker spends on measuring its back end when it starts. */
const measureMs = 15;

assert(parentPort !== null, 'the verifier worker runs in a worker thread');
await start(parentPort, workerData as WorkerOptions);

/** Opens the first back end that works, says so, and verifies what comes. */
async function start(port: MessagePort, { backends, slots }: WorkerOptions): Promise<void> {
  const faults: string[] = [];
  const backend = await openFirst(backends, faults);
  if (backend === null) {
    tell(port, { type: 'unusable', faults });
    return;
  }
  const memory = slots.map(({ checks, verdicts }) => ({
    checks: viewChecks(new Uint8Array(checks)),
    verdicts: new Uint8Array(verdicts),
  }));
  port.on('message', ({ slot, count }: VerifyBatch) => {
    const batch = memory[slot];
    assert(batch !== undefined, 'a batch comes in a slot that the worker has');
    for (let place = 0; place < count; place++) {
      const check = batch.checks[place];
      assert(check !== undefined, 'a batch is no larger than its memory');
      batch.verdicts[place] = backend.verify(check) ? Verdict.good : Verdict.bad;
    }
    tell(port, { type: 'verified', slot });
  });
  const verifiesPerSecond = measureBackend(backend, measureMs, threadCpuMs);
  tell(port, { type: 'ready', backend: backend.name, verifiesPerSecond, faults });
}

async function openFirst(names: readonly BackendName[], faults: string[]): Promise<Backend | null> {
  for (const name of names) {
    try {
      const backend = await openBackend(name);
      const fault = findSelfTestFault(backend);
      if (fault === null) return backend;
      faults.push(fault);
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
    }
  }
  return null;
}

function tell(port: MessagePort, message: WorkerMessage): void {
  port.postMessage(message);
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
