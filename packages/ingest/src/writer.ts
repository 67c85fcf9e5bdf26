import { assert, type VerifiedEvent } from '@nostrata/protocol';
import { type EventStore, type PutRequest, type PutResult, StoreError } from '@nostrata/store';
import type { Candidate } from './candidate.ts';
import { type IngestLimits, sourceCharactersMax } from './limits.ts';

/** What the writer needs. */
export interface WriterOptions {
  readonly store: Pick<EventStore, 'put'>;
  readonly limits: IngestLimits;
  /** The store has answered; called after the commit, event by event. */
  settled(candidate: Candidate, result: PutResult): void;
  /** The commit failed: nothing of the batch is durable. */
  failed(batch: readonly Candidate[], error: StoreError): void;
}

/** Puts verified events into the store in batches, one at a time: while one commits the next gathers. */
export interface Writer {
  push(candidate: Candidate): void;
  /** Starts a batch unless one is under way; then that one's end does. */
  flush(): void;
}

/** A writer in front of the store. */
export function createWriter({ store, limits, settled, failed }: WriterOptions): Writer {
  let gathered: Candidate[] = [];
  let isWriting = false;

  function flush(): void {
    if (isWriting || gathered.length === 0) return;
    isWriting = true;
    void write(takeBatch()).finally(() => {
      isWriting = false;
      flush();
    });
  }

  function takeBatch(): Candidate[] {
    let count = 0;
    let bytes = 0;
    for (const candidate of gathered) {
      bytes += candidate.bytes;
      if (count === limits.batchEventsMax || (count > 0 && bytes > limits.batchBytesMax)) break;
      count++;
    }
    if (count < gathered.length) return gathered.splice(0, count);
    const batch = gathered;
    gathered = [];
    return batch;
  }

  async function write(batch: readonly Candidate[]): Promise<void> {
    let results: readonly PutResult[];
    try {
      results = await store.put(batch.map(requestFor));
    } catch (error) {
      failed(batch, asStoreError(error));
      return;
    }
    for (const [place, candidate] of batch.entries()) {
      const result = results[place];
      assert(result !== undefined, 'a store answers every request of a batch');
      settled(candidate, result);
    }
  }

  return { push: (candidate) => void gathered.push(candidate), flush };
}

/** The provenance that is recorded for a candidate. */
export function sourceOf({ source }: Candidate): string {
  return source.url !== undefined && source.url.length <= sourceCharactersMax ? source.url : source.via;
}

function requestFor(candidate: Candidate): PutRequest {
  // The writer is given only what the verifier found good.
  return { event: candidate.event as VerifiedEvent, json: candidate.json, source: sourceOf(candidate) };
}

/** What a store throws as the failure that callers are promised. */
export function asStoreError(error: unknown): StoreError {
  return error instanceof StoreError ? error : new StoreError('the store failed', { cause: error });
}
