import type { DatabaseFault, SqlRow, SqlValue } from '@nostrata/database';
import type { Filter } from '@nostrata/protocol';
import type {
  CheckReport,
  CountResult,
  Item,
  KnownQuery,
  PutResult,
  RemovedChange,
  RetentionPolicy,
  RetentionReport,
  Sighting,
  StoredEvent,
  StoreStatistics,
} from '../contract.ts';

/** What a page asks of the storage; everything in it can be cloned. Texts are canonical JSON. */
export type Call =
  | {
      readonly type: 'put';
      readonly texts: readonly string[];
      readonly sources: readonly (string | undefined)[] | undefined;
    }
  | { readonly type: 'withdraw'; readonly text: string; readonly previousText: string | undefined }
  | { readonly type: 'query'; readonly filters: readonly Filter[]; readonly cursor: number }
  | { readonly type: 'items'; readonly filter: Filter; readonly cursor: number }
  | { readonly type: 'next'; readonly cursor: number }
  | { readonly type: 'leave'; readonly cursor: number }
  | { readonly type: 'count'; readonly filters: readonly Filter[] }
  | { readonly type: 'changes'; readonly after: number; readonly limit: number | undefined }
  | { readonly type: 'findKnown'; readonly queries: readonly KnownQuery[] }
  | { readonly type: 'sightings'; readonly id: string }
  | { readonly type: 'retain'; readonly policy: RetentionPolicy }
  | { readonly type: 'expire' | 'rebuild' | 'check' | 'statistics' | 'flush' }
  | { readonly type: 'explain'; readonly filter: Filter }
  | { readonly type: 'follow'; readonly isFollowing: boolean }
  | { readonly type: 'begin' }
  | {
      readonly type: 'sql';
      readonly sql: string;
      readonly parameters: readonly SqlValue[];
      readonly transaction: number | undefined;
    }
  | { readonly type: 'commit' | 'rollback'; readonly transaction: number };

/** The next pages of a read, and whether they are the last. */
export interface Pages<T> {
  readonly pages: readonly (readonly T[])[];
  readonly isLast: boolean;
}

/** The answers by call. */
export interface Replies {
  readonly put: readonly PutResult[];
  readonly withdraw: boolean;
  readonly query: Pages<StoredEvent>;
  readonly items: Pages<Item>;
  readonly next: Pages<StoredEvent | Item>;
  readonly leave: undefined;
  readonly count: CountResult;
  readonly changes: readonly WireChange[];
  readonly findKnown: readonly boolean[];
  readonly sightings: readonly Sighting[];
  readonly expire: number;
  readonly retain: RetentionReport;
  readonly rebuild: undefined;
  readonly check: CheckReport;
  readonly statistics: StoreStatistics;
  readonly flush: undefined;
  readonly explain: string;
  /** The last position. */
  readonly follow: number;
  /** The number of the transaction that has begun. */
  readonly begin: number;
  readonly sql: readonly SqlRow[];
  readonly commit: undefined;
  readonly rollback: undefined;
}

/** A change on its way; the event of a stored one is read from its text where somebody wants it. */
export type WireChange = { readonly type: 'stored'; readonly seq: number; readonly json: string } | RemovedChange;

/** A call with its number, and the time by the clock of whoever calls. */
export interface Request {
  readonly number: number;
  readonly nowMs: number;
  readonly call: Call;
}

/** An error on its way. */
export interface Failure {
  readonly kind: 'store' | 'database' | 'other';
  readonly fault: DatabaseFault | undefined;
  readonly message: string;
}

/** An answer to the request of that number. */
export type Answer =
  | { readonly number: number; readonly reply: Replies[keyof Replies] }
  | { readonly number: number; readonly failure: Failure };

/**
 * A commit. The changes are there for those who follow; `beforeSeq` is the last position before them, so that
 * whoever has missed something sees it.
 */
export interface CommitNotice {
  readonly beforeSeq: number;
  readonly lastSeq: number;
  readonly changes: readonly WireChange[] | undefined;
}

/** What comes back: answers, commits, and that another tab leads now. */
export type Incoming = Answer | { readonly commit: CommitNotice };
