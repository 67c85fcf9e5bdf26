import type { DatabaseFault } from '@nostrata/database';
import type { PutOutcome, RemovalReason, RetentionPolicy, RetentionReport } from '../contract.ts';

/** What the writer is started with. */
export interface WriterOptions {
  readonly path: string;
  readonly relayUrls: readonly string[];
  readonly fileBytesMax: number | undefined;
}

/** One sighting of an event that is known. */
export interface SightingNote {
  readonly id: string;
  readonly source: string;
  readonly seenMs: number;
}

/** What the writer is asked to do, one thing at a time, in order. Texts are canonical JSON. */
export type WriterRequest =
  | {
      readonly type: 'put';
      readonly texts: readonly string[];
      readonly sources: readonly (string | undefined)[] | undefined;
      readonly nowMs: number;
    }
  | { readonly type: 'sightings'; readonly notes: readonly SightingNote[] }
  | {
      readonly type: 'withdraw';
      readonly text: string;
      readonly previousText: string | undefined;
      readonly nowMs: number;
    }
  | { readonly type: 'expire'; readonly nowMs: number }
  | { readonly type: 'retain'; readonly policy: RetentionPolicy; readonly nowMs: number }
  | { readonly type: 'indexSearch' }
  | { readonly type: 'rebuild' }
  | { readonly type: 'check' }
  | { readonly type: 'stop' };

/** A removal as the writer reports it. */
export interface RemovalNote {
  readonly seq: number;
  readonly id: string;
  readonly pubkey: string;
  readonly kind: number;
  readonly created_at: number;
  readonly reason: RemovalReason;
  readonly cause: string | undefined;
}

/** The outcomes in the order of their numbers in `PutReply`. */
export const outcomes: readonly PutOutcome[] = [
  'stored',
  'duplicate',
  'superseded',
  'deleted',
  'expired',
  'vanished',
  'ephemeral',
  'invalid',
];

/** What became of a group of events, in their order; `seqs` is 0 where nothing was stored. */
export interface PutReply {
  readonly outcomes: Uint8Array;
  readonly seqs: Float64Array;
  readonly reasons: ReadonlyMap<number, string> | undefined;
  readonly removals: readonly RemovalNote[];
  /** The last position before this group, and the last of this group. */
  readonly beforeSeq: number;
  readonly lastSeq: number;
}

/** The answers by request. */
export interface WriterReplies {
  readonly put: PutReply;
  readonly sightings: number;
  readonly withdraw: boolean;
  readonly expire: number;
  readonly retain: RetentionReport;
  readonly indexSearch: number;
  readonly rebuild: number;
  readonly check: readonly string[];
  readonly stop: number;
}

/** What comes back from the writer. `number` is that of the request; 0 tells that it has started. */
export type WriterAnswer =
  | { readonly number: number; readonly reply: WriterReplies[keyof WriterReplies] }
  | { readonly number: number; readonly fault: DatabaseFault; readonly message: string };
