import { assert } from '@nostrata/protocol';
import { backendNames, defaultWorkers } from '#platform';
import { createVerifierThread } from '#verifier-thread';
import type { VerifierReport } from '../contract.ts';
import type { BackendName } from './backend.ts';
import { hintsFor } from './hints.ts';
import type { WorkerStarted } from './messages.ts';

/** What became of one back end at the probe. */
export interface BackendProbe {
  readonly backend: BackendName;
  /** Of one worker, per second of CPU time; 0 where the back end cannot be used. */
  readonly verifiesPerSecond: number;
  /** Why it cannot be used; undefined where it can. */
  readonly fault?: string | undefined;
}

/** What a door without settings would use on this machine, and every back end beside it, fastest first. */
export interface VerifierProbe extends VerifierReport {
  readonly backends: readonly BackendProbe[];
}

/** Tries every back end in a worker of its own, one after another: about a fifth of a second in all. */
export async function probeVerifiers(): Promise<VerifierProbe> {
  const backends: BackendProbe[] = [];
  for (const name of backendNames) backends.push(await probeBackend(name));
  const best = backends.find((probe) => probe.fault === undefined);
  assert(best !== undefined, 'the pure back end runs wherever this program does');
  const faults = backends.slice(0, backends.indexOf(best)).map((probe) => probe.fault ?? '');
  return {
    backend: best.backend,
    workers: defaultWorkers(),
    verifiesPerSecond: best.verifiesPerSecond,
    hints: hintsFor({ backend: best.backend, isAskedFor: false, faults }),
    backends,
  };
}

async function probeBackend(backend: BackendName): Promise<BackendProbe> {
  const { promise, resolve } = Promise.withResolvers<WorkerStarted>();
  const thread = createVerifierThread<never>({
    backends: [backend],
    eventOf: (job) => job,
    started: resolve,
    verified() {},
    ended: (_batches, cause) => resolve({ type: 'unusable', faults: [`${backend} did not start: ${String(cause)}`] }),
  });
  const start = await promise;
  await thread.stop();
  if (start.type === 'ready') return { backend, verifiesPerSecond: start.verifiesPerSecond };
  return { backend, verifiesPerSecond: 0, fault: start.faults.join('; ') };
}
