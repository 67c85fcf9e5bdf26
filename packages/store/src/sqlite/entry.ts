import type { StoredEvent } from '../contract.ts';

/** A stored event with what a check needs beside it. */
export interface Entry extends StoredEvent {
  readonly expiresAt: number | null;
}
