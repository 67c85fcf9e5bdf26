import { getExpiration, type NostrEvent, serializeEvent } from '@nostrata/protocol';
import type { Seq } from '../contract.ts';
import type { Row } from '../rules.ts';

/** One event in memory. `sources` maps where it was seen to the first time, in milliseconds. */
export interface MemoryRow extends Row {
  readonly event: NostrEvent;
  readonly json: string;
  readonly expiration: number | undefined;
  readonly sources: Map<string, number>;
  /** True once the event has left the store; open reads then skip it. */
  gone: boolean;
}

/** Objects, index entries and map slots of one event and of each of its tags, roughly, in bytes. */
const rowBytes = 600;
const tagBytes = 150;

/** Makes the row of an event. */
export function createRow(seq: Seq, event: NostrEvent, json: string | undefined): MemoryRow {
  const { id, pubkey, kind, created_at } = event;
  const text = json ?? serializeEvent(event);
  const expiration = getExpiration(event);
  return { seq, id, pubkey, kind, created_at, event, json: text, expiration, sources: new Map(), gone: false };
}

/** The order of reads: newest first, then lowest id. */
export function compareRows(a: Row, b: Row): number {
  if (a.created_at !== b.created_at) return b.created_at - a.created_at;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** An estimate of what the row occupies: its text twice (string and parsed) and its index entries. */
export function estimateBytes(row: MemoryRow): number {
  return rowBytes + 2 * row.json.length + tagBytes * row.event.tags.length;
}
