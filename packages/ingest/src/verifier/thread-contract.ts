import type { NostrEvent } from '@nostrata/protocol';
import type { BackendName } from './backend.ts';
import type { WorkerStarted } from './messages.ts';

/** What a browser needs to know beside; both are for the bundle that a page is served from. */
export interface BrowserVerifierSettings {
  /**
   * Only in a browser: makes the worker of `@nostrata/ingest/worker`, for those whose bundler must see its address. A
   * worker that does not load is done without: signatures are then checked between other work.
   */
  readonly worker?: (() => unknown) | undefined;
  /** Only in a browser: address of `secp256k1.wasm` of tiny-secp256k1, about five times as fast as plain JavaScript. */
  readonly wasmUrl?: string | undefined;
}

/** Events that are verified together; `attempts` counts the workers that have died over it. */
export interface Batch<J> {
  readonly jobs: readonly J[];
  readonly attempts: number;
}

/** What one verifier thread needs. */
export interface ThreadOptions<J> extends BrowserVerifierSettings {
  /** Back ends to try, in order. */
  readonly backends: readonly BackendName[];
  eventOf(job: J): NostrEvent;
  /** The thread has a back end, or none that works. */
  started(start: WorkerStarted): void;
  /** One verdict per job; the bytes are only valid during the call. */
  verified(batch: Batch<J>, verdicts: Uint8Array): void;
  /** The thread is gone, with these batches unanswered. */
  ended(batches: readonly Batch<J>[], cause: unknown): void;
}

/** One worker thread with its batch memory. */
export interface VerifierThread<J> {
  /** Batches that it holds. */
  load(): number;
  send(batch: Batch<J>): void;
  stop(): Promise<void>;
}
