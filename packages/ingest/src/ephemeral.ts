import { isExpired, type NostrEvent, type VerifiedEvent } from '@nostrata/protocol';
import type { PutOutcome } from '@nostrata/store';
import { createRecentIds } from './recent-ids.ts';

/** Called with each verified ephemeral event and its canonical JSON text. */
export type EphemeralListener = (event: VerifiedEvent, json: string) => void;

/** What the ephemeral channel needs. */
export interface EphemeralOptions {
  readonly idsMax: number;
  /** Milliseconds since 1970. */
  now(): number;
  listenerFailed(error: unknown): void;
}

/** The way of ephemeral events: never stored, handed on once. */
export interface EphemeralChannel {
  /** True where this id was handed on lately under this very signature. */
  isKnown(event: NostrEvent): boolean;
  /** Hands the event on, unless its id was handed on lately or it has expired (NIP-40). */
  deliver(event: VerifiedEvent, json: string): PutOutcome;
  listen(listener: EphemeralListener): () => void;
}

/** A channel that remembers the newest `idsMax` ids. */
export function createEphemeralChannel({ idsMax, now, listenerFailed }: EphemeralOptions): EphemeralChannel {
  const recent = createRecentIds(idsMax);
  const listeners = new Set<EphemeralListener>();
  return {
    isKnown: ({ id, sig }) => recent.get(id) === sig,
    deliver(event, json) {
      if (recent.get(event.id) !== undefined) return 'duplicate';
      if (isExpired(event, now() / 1000)) return 'expired';
      recent.add(event.id, event.sig);
      for (const listener of listeners) {
        try {
          listener(event, json);
        } catch (error) {
          listenerFailed(error);
        }
      }
      return 'ephemeral';
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
