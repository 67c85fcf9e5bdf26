import type { Ingest } from '@nostrata/ingest';
import type { NostrEvent, ReasonPrefix } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import type { WebSocket } from 'ws';
import type { RelayLimits } from './limits.ts';

/** What is told about the relay in its NIP-11 document; everything may be left out. */
export interface RelayDescription {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly banner?: string | undefined;
  readonly icon?: string | undefined;
  /** The operator's pubkey. */
  readonly pubkey?: string | undefined;
  /** The relay's own pubkey. */
  readonly self?: string | undefined;
  readonly contact?: string | undefined;
  readonly software?: string | undefined;
  readonly version?: string | undefined;
  readonly terms_of_service?: string | undefined;
  readonly privacy_policy?: string | undefined;
}

/** How a relay behaves. Everything may be left out. */
export interface RelaySettings {
  readonly description?: RelayDescription | undefined;
  /** The URLs under which clients know the relay; AUTH accepts them all. Without any, the URL they connected by. */
  readonly publicUrls?: readonly string[] | undefined;
  /** Readers must authenticate (NIP-42) before REQ, COUNT and NEG-OPEN. */
  readonly authRequiredToRead?: boolean | undefined;
  /** Writers must authenticate before EVENT. */
  readonly authRequiredToWrite?: boolean | undefined;
  /** NIP-45; on unless false. */
  readonly count?: boolean | undefined;
  /** NIP-50; on unless false. */
  readonly search?: boolean | undefined;
  /** NIP-77; on unless false. */
  readonly negentropy?: boolean | undefined;
  readonly limits?: Partial<RelayLimits> | undefined;
}

/** Where a connection comes from. */
export interface ConnectionRequest {
  /** What limits count as one address: as the trusted proxy or the socket says; of IPv6 better the /64 network. */
  readonly ip: string;
  /** The URL by which the client connected, `ws://host:port/path`. */
  readonly url: string;
}

/** Facts that a relay reports as they happen; every one may be left out. */
export interface RelayMetrics {
  connectionOpened?(): void;
  /** A connection ended; `reason` is one of few words: `client`, `slow`, `idle`, `half-open`, `flood`, `stopped`, `refused`. */
  connectionClosed?(reason: string): void;
  /** A message came in; `verb` is a known verb or `unknown`. */
  messageReceived?(verb: string): void;
  /** A message was refused. */
  messageRejected?(verb: string, prefix: string): void;
  /** A query was answered to its end; the time runs from the request to EOSE. */
  queryAnswered?(verb: string, seconds: number): void;
  /** A reader was cut because it did not read. */
  slowClientCut?(): void;
  /** So many bytes were handed to a socket. */
  bytesSent?(bytes: number): void;
  /** How many subscriptions are open. */
  subscriptionsOpen?(subscriptions: number): void;
}

/** The part of a pino logger that this room uses. */
export interface RelayLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What a relay is made of. */
export interface RelayOptions {
  readonly store: EventStore;
  readonly ingest: Ingest;
  readonly settings?: RelaySettings | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Challenges for AUTH: that many random bytes as hex; the system's source unless told. */
  readonly randomHex?: ((bytes: number) => string) | undefined;
  readonly logger?: RelayLogger | undefined;
  readonly metrics?: RelayMetrics | undefined;
}

/** A relay information document (NIP-11). */
export type RelayInformation = Readonly<Record<string, unknown>> & {
  readonly supported_nips: readonly number[];
  readonly limitation: Readonly<Record<string, unknown>>;
};

/** How many clients and subscriptions there are. */
export interface RelayStatistics {
  readonly connections: number;
  readonly subscriptions: number;
}

/** The relay: takes WebSockets that someone else has upgraded. */
export interface Relay extends AsyncDisposable {
  /** Takes over a WebSocket just opened. The upgrade should use `relayWebSocketOptions`. */
  accept(socket: WebSocket, request: ConnectionRequest): void;
  /** The NIP-11 document, made from what is really on. */
  information(): RelayInformation;
  statistics(): RelayStatistics;
  /** Ends idle, half-open and overdue things; runs by itself every few seconds. */
  sweep(): void;
  /** Says goodbye to every client, ends every query. Idempotent. */
  stop(): Promise<void>;
}

/** A refusal of a request: prefix and sentence, as CLOSED, OK and NOTICE carry them. */
export interface Refusal {
  readonly prefix: ReasonPrefix;
  readonly message: string;
}

/** An event that has just come in, with its text encoded once for all its recipients. */
export interface LiveEvent {
  readonly event: NostrEvent;
  /** Position in the log; undefined for ephemeral events. */
  readonly seq: number | undefined;
  /** The JSON text and the closing bracket of the message, as bytes. */
  readonly tail: Buffer;
}
