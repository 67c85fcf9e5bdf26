import type { BackendName } from './backend.ts';
import type { WorkerStarted } from './messages.ts';

/** To a worker, once: the back ends to try, in order. */
export interface StartMessage {
  readonly backends: readonly BackendName[];
  readonly wasmUrl: string | undefined;
}

/** To a worker: packed checks; the memory is handed over. */
export interface ChecksMessage {
  readonly slot: number;
  readonly checks: Uint8Array;
}

/** From a worker: the verdicts of that slot. */
export interface VerdictsMessage {
  readonly slot: number;
  readonly verdicts: Uint8Array;
}

/** Everything a worker says. */
export type BrowserWorkerMessage = WorkerStarted | VerdictsMessage;

/** A worker in a browser, or its own side of the line; the project is checked with the types of Node.js. */
export interface WorkerPort {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror?: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  terminate?(): void;
}
