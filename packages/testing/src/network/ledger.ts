import type { Filter, NostrEvent } from '@nostrata/protocol';

/** One REQ, COUNT or NEG-OPEN as it came. */
export interface LedgerRequest {
  readonly atMs: number;
  /** Number of the connection, from 1. */
  readonly connection: number;
  readonly subId: string;
  readonly filters: readonly Filter[];
}

/** One EVENT as it came, and the OK that was sent or, with `okLost`, would have been. */
export interface LedgerEvent {
  readonly atMs: number;
  readonly connection: number;
  readonly event: NostrEvent;
  readonly accepted: boolean;
  readonly reason: string;
}

/** What went in and out of a test relay. */
export interface RelayLedger {
  readonly requests: readonly LedgerRequest[];
  readonly counts: readonly LedgerRequest[];
  readonly negotiations: readonly LedgerRequest[];
  readonly events: readonly LedgerEvent[];
  readonly closes: readonly { readonly connection: number; readonly subId: string }[];
  /** Pubkeys that have authenticated, in order. */
  readonly authentications: readonly string[];
  /** Connections ever accepted, and those open now. */
  readonly connections: number;
  readonly openConnections: number;
  /** Documents served (NIP-11). */
  readonly documents: number;
  /** Text frames, without the framing of WebSocket. */
  readonly framesIn: number;
  readonly framesOut: number;
  /** Bytes of those frames. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A ledger that its relay writes. */
export type OpenLedger = { -readonly [K in keyof RelayLedger]: Writable<RelayLedger[K]> };
type Writable<T> = T extends readonly (infer E)[] ? E[] : T;

/** A ledger with nothing in it; connections that are open stay counted. */
export function emptyLedger(openConnections = 0): OpenLedger {
  return {
    requests: [],
    counts: [],
    negotiations: [],
    events: [],
    closes: [],
    authentications: [],
    connections: 0,
    openConnections,
    documents: 0,
    framesIn: 0,
    framesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}
