import type { Filter, NostrEvent, VerifiedEvent } from '@nostrata/protocol';

declare const seq: unique symbol;

/** A position in the change log: given at commit, strictly rising, never used twice; 0 is before the first change. */
export type Seq = number & { readonly [seq]: true };

/** What became of an event that was put; the words of the relay's answer are made from it in one place. */
export type PutOutcome =
  | 'stored'
  | 'duplicate'
  | 'superseded'
  | 'deleted'
  | 'expired'
  | 'vanished'
  | 'ephemeral'
  | 'invalid';

/** One event for the store. */
export interface PutRequest {
  readonly event: VerifiedEvent;
  /** The canonical JSON text (`serializeEvent`), where the caller has it already. */
  readonly json?: string | undefined;
  /** Where it came from: a relay's normalised URL, `client` or `import`; kept as provenance. At most 512 characters. */
  readonly source?: string | undefined;
}

/** The answer to one `PutRequest`, in the same place of the list. */
export interface PutResult {
  readonly outcome: PutOutcome;
  /** The position of the stored event. */
  readonly seq?: Seq | undefined;
  /** One sentence where the outcome alone does not say enough. */
  readonly reason?: string | undefined;
}

/** An event as the store hands it out: enough to route it, and its text, without parsing. */
export interface StoredEvent {
  readonly seq: Seq;
  readonly kind: number;
  readonly created_at: number;
  /** Canonical JSON text, as `serializeEvent` writes it. */
  readonly json: string;
}

/** Why an event left the store. */
export type RemovalReason = 'replaced' | 'deleted' | 'expired' | 'vanished' | 'retained' | 'withdrawn';

/** An event entered the log. */
export interface StoredChange {
  readonly type: 'stored';
  readonly seq: Seq;
  readonly event: NostrEvent;
  readonly json: string;
}

/** An event left the store. Its content is gone with it; followers keep what they need by id. */
export interface RemovedChange {
  readonly type: 'removed';
  readonly seq: Seq;
  readonly id: string;
  readonly pubkey: string;
  readonly kind: number;
  readonly created_at: number;
  readonly reason: RemovalReason;
  /** The id of the newer version, deletion request or vanish request that caused it. */
  readonly cause?: string | undefined;
}

/** One entry of the log. */
export type Change = StoredChange | RemovedChange;

/**
 * What a reader may see. Events of the kinds listed are judged one by one, before any limit is applied; all other
 * kinds are visible to everybody.
 */
export interface Visibility {
  readonly kinds: ReadonlySet<number>;
  isVisible(event: NostrEvent): boolean;
}

/** Options of every read. */
export interface ReadOptions {
  /** Ends the read at its next page; the iterator then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly visibility?: Visibility | undefined;
}

/** The answer to COUNT (NIP-45). */
export interface CountResult {
  readonly count: number;
  /** 256 registers as 512 hex digits, for the filters that NIP-45 gives an offset; else undefined. */
  readonly hll?: string | undefined;
}

/** An event as NIP-77 sees it. */
export interface Item {
  readonly created_at: number;
  readonly id: string;
}

/** Which relay delivered an event, and when it was first seen there (milliseconds). */
export interface Sighting {
  readonly source: string;
  readonly firstSeenMs: number;
}

/** A signature that the caller saw again on an event that may be known; answered by `findKnown`. */
export interface KnownQuery {
  readonly id: string;
  readonly sig: string;
  readonly source?: string | undefined;
}

/** What may go, oldest first. Protected kinds and pubkeys never go. Replaceable kinds are events like any other. */
export interface RetentionPolicy {
  /** Remove what is older (by `created_at`) than this many seconds. */
  readonly maxAgeSeconds?: number | undefined;
  /** Remove the oldest until the store holds at most so many bytes of live data. */
  readonly maxBytes?: number | undefined;
  readonly protectedKinds?: ReadonlySet<number> | undefined;
  readonly protectedPubkeys?: ReadonlySet<string> | undefined;
  /** Events removed in one transaction; 1,000 unless told. */
  readonly batchEvents?: number | undefined;
  /** Only say what would go. */
  readonly dryRun?: boolean | undefined;
}

/** What `retain` did. */
export interface RetentionReport {
  readonly removed: number;
  readonly batches: number;
  /** Size of the store on disk before and after, in bytes: what really came back, not what was marked free. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** True where `maxBytes` could not be reached because everything left is protected. */
  readonly incomplete: boolean;
}

/** How large the store is. */
export interface StoreStatistics {
  readonly events: number;
  /** Bytes on disk, all files of the store; for memory an estimate. */
  readonly bytes: number;
  readonly lastSeq: Seq;
}

/** The result of an integrity check: no problems, or one sentence for each. */
export interface CheckReport {
  readonly events: number;
  readonly problems: readonly string[];
}

/** Facts that a store reports as they happen; every one may be left out. */
export interface StoreMetrics {
  /** One transaction was committed: its events, and how long it took from begin to durable. */
  committed?(events: number, seconds: number): void;
}

/** What every engine is created with. */
export interface StoreOptions {
  /** Milliseconds since 1970; injected so that expiry can be tested. */
  readonly now: () => number;
  /** The relay's own URLs, for which vanish requests count (NIP-62); `ALL_RELAYS` always counts. */
  readonly relayUrls?: readonly string[] | undefined;
  readonly metrics?: StoreMetrics | undefined;
}

/** Called after a commit with its changes, in log order, each change exactly once; also for commits of other processes. */
export type Follower = (changes: readonly Change[]) => void;

/**
 * The Nostr database. The numbered rules of its behaviour (STORE-1 …) are in the package README, and one conformance
 * suite runs them on every engine.
 *
 * Failures of the world are thrown as `StoreError`; what an event deserves is an outcome, not an error.
 */
export interface EventStore extends AsyncDisposable {
  readonly engine: 'memory' | 'sqlite' | 'postgres';
  /** Puts a batch in one transaction; one result per request, in order. Resolves when the commit is durable. */
  put(batch: readonly PutRequest[]): Promise<readonly PutResult[]>;
  /**
   * Events that match one of the filters: newest first, then lowest id; each once. Every filter's own `limit` holds
   * for that filter; events are merged after it. With `search`, that filter's matches come best first and are cut
   * after scoring; several filters with one `search` among them come in the order of the filters. Pages are bounded
   * in work (about 10 ms), so that a caller can do other things between them.
   */
  query(filters: readonly Filter[], options?: ReadOptions): AsyncIterable<readonly StoredEvent[]>;
  /** The exact number of events that match one of the filters; limits do not count. */
  count(filters: readonly Filter[], options?: ReadOptions): Promise<CountResult>;
  /** What matches the filter, oldest first then lowest id (the order of NIP-77), in bounded pages. Limit: the newest n. */
  items(filter: Filter, options?: ReadOptions): AsyncIterable<readonly Item[]>;
  /** The log after that position, at most `limit` entries (1,000 unless told). An event that has left shows only as removed. */
  changes(after: Seq, limit?: number): Promise<readonly Change[]>;
  /** The last position that this process knows to be committed. */
  lastSeq(): Seq;
  /** Adds a follower; the returned function takes it away. */
  follow(follower: Follower): () => void;
  /**
   * For each query whether an event with that id AND that signature is stored (and so was verified); where it is and
   * a source is given, the sighting is recorded in time, without waiting. Answers come in the order of the calls.
   */
  findKnown(queries: readonly KnownQuery[]): readonly boolean[] | Promise<readonly boolean[]>;
  /** Which sources delivered the event, first seen first. */
  sightings(id: string): Promise<readonly Sighting[]>;
  /**
   * Takes back an event that was put here and has not been given to anybody: it leaves as if it had never come, and the
   * version that it had replaced, where one is given, is put in its place by the usual rules. False, and nothing is
   * changed, where the event is not stored, or is a deletion or vanish request, whose effect cannot be taken back.
   */
  withdraw(event: NostrEvent, previous?: VerifiedEvent): Promise<boolean>;
  /** Removes events that have expired, in bounded batches; returns how many. They were invisible before already. */
  expire(): Promise<number>;
  /** Removes what the policy does not keep, in bounded batches, and gives the space back. */
  retain(policy: RetentionPolicy): Promise<RetentionReport>;
  /** Drops every index and derived table and builds it again from the events. */
  rebuild(): Promise<void>;
  /** Reads everything and compares events with indexes. */
  check(): Promise<CheckReport>;
  statistics(): Promise<StoreStatistics>;
  /** Ends after what was put is durable. Idempotent. */
  stop(): Promise<void>;
}
