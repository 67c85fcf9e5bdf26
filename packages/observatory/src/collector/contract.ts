import type { Cache } from '@nostrata/cache';
import type { Database } from '@nostrata/database';
import type { Ingest } from '@nostrata/ingest';
import type { Deliver, NetworkLimits, Recognize, RelayPool, SyncParts } from '@nostrata/network';
import type { VerifiedEvent } from '@nostrata/protocol';
import type { Clock, LiveReads, ObservatoryLogger, ObservatoryMetrics } from '../contract.ts';
import type { CollectorLimits } from './limits.ts';

/** A relay to collect from, under its number in the registry. */
export interface CollectedRelay {
  readonly relay: number;
  readonly url: string;
}

/** What a pool for the collector is created with, beside clock and randomness (`createPool` of `network`). */
export interface CollectorDoor {
  readonly deliver: Deliver;
  /** Most events come many times: those that are known by their text are not parsed. */
  readonly recognize: (relay: string) => Recognize;
  readonly connectionsMax: number;
  /** No relay is given up for ever, storms are spread, and few events wait for each socket that is held up. */
  readonly limits: Partial<NetworkLimits>;
}

/** The pieces that a collector works with. */
export interface CollectorOptions {
  readonly createPool: (door: CollectorDoor) => RelayPool;
  readonly ingest: Pick<Ingest, 'submit' | 'isFull' | 'drained'>;
  /** The database of statistics. */
  readonly database: Database;
  readonly cache: Cache;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly logger: ObservatoryLogger;
  readonly metrics?: ObservatoryMetrics | undefined;
  /** The relays to collect from, the most important first. */
  readonly relays: () => Promise<readonly CollectedRelay[]>;
  /** Tells when the list has changed; the returned function ends it. */
  readonly onRelays?: ((changed: () => void) => () => void) | undefined;
  /** The kinds to collect; `all` for everything. The kinds that statistics need unless told. */
  readonly kinds?: readonly number[] | 'all' | undefined;
  /** Takes verified events that never come into the log; resolves when they are durable. An event may come twice. */
  readonly observe?: ((events: readonly VerifiedEvent[]) => Promise<void>) | undefined;
  /**
   * The store behind the door. It says which relay was the first with an event that an earlier run has not counted,
   * and of gaps longer than a day (`exactGapSeconds`) only what it lacks is fetched.
   */
  readonly store?: SyncParts['store'] | undefined;
  /** Connections at a time; 250 unless told, 1,000 at most. */
  readonly connectionsMax?: number | undefined;
  readonly limits?: Partial<CollectorLimits> | undefined;
}

/** What is known of the collection from one relay. */
export interface CollectedStatus extends CollectedRelay {
  readonly isConnected: boolean;
  /** False while a gap is being filled, or the relay has not answered yet. */
  readonly isCaughtUp: boolean;
  /** Everything up to this second was taken and is durable; undefined where nothing is known yet. */
  readonly watermark: number | undefined;
  /** Failures of the connection in a row. */
  readonly failures: number;
  readonly lastFailure?: string | undefined;
}

/** The collector as a whole. */
export interface CollectorFigures {
  readonly relays: number;
  readonly connected: number;
  /** New events between socket and durable. */
  readonly buffered: number;
  readonly flushes: number;
  /** The last batch: its events, and its way from the first submit to the counters. */
  readonly lastFlush: { readonly events: number; readonly seconds: number } | undefined;
  /** Why the last batch could not be written, while that lasts. */
  readonly fault: string | undefined;
}

/** Holds the connections, hands events to the door and counts what each relay delivered. */
export interface Collector extends LiveReads, AsyncDisposable {
  /** Resolves when the tables are there and collection has begun. */
  start(): Promise<void>;
  statuses(): readonly CollectedStatus[];
  figures(): CollectorFigures;
  /** Writes what is buffered and resolves when it is durable; false where that was not possible now. */
  flush(): Promise<boolean>;
  /** Writes what is buffered, hands its relays back and closes the connections. Idempotent. */
  stop(): Promise<void>;
}
