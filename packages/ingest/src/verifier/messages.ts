import type { BackendName } from './backend.ts';
import type { BatchMemory } from './packed.ts';

/** What a worker is started with: back ends to try in order, and its batch memory by slot. */
export interface WorkerOptions {
  readonly backends: readonly BackendName[];
  readonly slots: readonly BatchMemory[];
}

/** From a worker: it has a back end that works, or none; why earlier ones in its list are not in use. */
export type WorkerStarted =
  | {
      readonly type: 'ready';
      readonly backend: BackendName;
      readonly verifiesPerSecond: number;
      readonly faults: readonly string[];
    }
  | { readonly type: 'unusable'; readonly faults: readonly string[] };

/** To a worker: verify the first `count` checks in that slot. */
export interface VerifyBatch {
  readonly slot: number;
  readonly count: number;
}

/** From a worker: the verdicts of that slot are written. */
export interface BatchVerified {
  readonly type: 'verified';
  readonly slot: number;
}

/** Everything a worker says. */
export type WorkerMessage = WorkerStarted | BatchVerified;
