import type { Source } from '@nostrata/ingest';
import type { Seq } from '@nostrata/store';
import type { ConnectionRequest, LiveEvent } from './contract.ts';
import type { LiveFilter } from './live-index.ts';
import type { TaskOwner } from './scheduler.ts';
import type { Outbox } from './socket.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Something that runs for a connection and ends with it. */
export interface Running {
  end(): void;
  /** Ends it where it has taken too long. */
  sweep?(nowMs: number): void;
}

/** An open REQ. Until its stored events are sent, new ones are held back. */
export interface Subscription {
  readonly id: string;
  readonly connection: Connection;
  /** `["EVENT","id",` as bytes. */
  readonly prefix: Buffer;
  /** The subscription id as JSON. */
  readonly idJson: string;
  /** The position in the log when the request came: what is not after it comes from the store alone. */
  readonly position: Seq;
  /** New events that matched while stored ones are being sent; undefined once live. */
  held: LiveEvent[] | undefined;
  /** Positions after `position` that the stored part has sent already. */
  sentAhead: Set<number> | undefined;
  sentAheadMax: number;
  /** Ends what is still running for it. */
  endQuery: (() => void) | undefined;
  readonly filters: readonly LiveFilter<Subscription>[];
  readonly entries: number;
}

/** A WebSocket message that waits for an AUTH before it. */
export interface DeferredMessage {
  readonly bytes: Buffer;
  readonly isBinary: boolean;
}

/** One client: what it has authenticated, opened and asked for. */
export interface Connection {
  readonly number: number;
  readonly request: ConnectionRequest;
  readonly outbox: Outbox;
  /** The challenge of NIP-42, the same for the whole connection. */
  readonly challenge: string;
  /** Pubkeys authenticated so far. */
  readonly authenticated: Set<string>;
  authAttempts: number;
  /** What ingest is told of events from here; the same object each time. */
  readonly source: Source;
  submissionsInFlight: number;
  readonly subscriptions: Map<string, Subscription>;
  /** Index entries of all open filters. */
  liveEntries: number;
  readonly queries: TaskOwner;
  /** Whatever else must end with the connection: running counts, sync sessions. By name, so that a new one ends the old. */
  readonly running: Map<string, Running>;
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
  /** When the client last said anything, pong included. */
  heardAtMs: number;
  /** When the client last sent a message. */
  activeAtMs: number;
  /** True while the socket is not read, because what it feeds is full. */
  isPaused: boolean;
  /** What came behind an AUTH whose signature is being checked: it is handled after that, in order. */
  deferred: DeferredMessage[] | undefined;
  isClosed: boolean;
  /** Why the connection ended, for counters. */
  endReason: string;
}

/** What a connection is opened with. */
export interface ConnectionOptions {
  readonly number: number;
  readonly request: ConnectionRequest;
  readonly outbox: Outbox;
  readonly challenge: string;
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
  readonly nowMs: number;
}

/** Creates the state of a connection just accepted. */
export function createConnection({ nowMs, ...options }: ConnectionOptions): Connection {
  const authenticated = new Set<string>();
  return {
    ...options,
    authenticated,
    authAttempts: 0,
    source: { via: 'client', ip: options.request.ip, authenticated },
    submissionsInFlight: 0,
    subscriptions: new Map(),
    liveEntries: 0,
    queries: { running: 0, waiting: [] },
    running: new Map(),
    heardAtMs: nowMs,
    activeAtMs: nowMs,
    isPaused: false,
    deferred: undefined,
    isClosed: false,
    endReason: 'client',
  };
}
