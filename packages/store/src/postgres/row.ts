import type { Seq, StoredEvent } from '../contract.ts';

/** A place in the order of answers: newest first, then lowest id. */
export interface Position {
  readonly created_at: number;
  readonly id: string;
}

/** An event as statements return it. */
export interface EventRow extends Position {
  readonly seq: Seq;
  readonly kind: number;
  readonly expires_at: number | null;
  readonly json: string;
}

/** The order of answers. */
export function comparePositions(a: Position, b: Position): number {
  if (a.created_at !== b.created_at) return b.created_at - a.created_at;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** What is handed out of a row. */
export function toStoredEvent({ seq, kind, created_at, json }: EventRow): StoredEvent {
  return { seq, kind, created_at, json };
}
