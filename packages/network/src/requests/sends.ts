import { getReasonPrefix, type NostrEvent, serializeEvent } from '@nostrata/protocol';
import type { SendResult } from '../contract.ts';

/** Called once with what became of an EVENT. */
export type OnSent = (result: SendResult) => void;

/** The EVENTs that one relay has not answered yet. */
export interface Sends {
  readonly size: number;
  /** Returns the function that stops waiting; the event may have been stored all the same. */
  add(event: NostrEvent, onSent: OnSent): () => void;
  /** An OK, of ours or not. */
  answered(eventId: string, accepted: boolean, reason: string): void;
  /** Sends what was not sent on this connection yet. */
  flush(): void;
  /** The connection is gone; each is sent again once. */
  lost(reason: string): void;
  fail(result: SendResult): void;
}

/** What sends need of their relay. */
export interface SendsOptions {
  readonly eventsPendingMax: number;
  readonly lossesMax: number;
  isReady(): boolean;
  send(frame: string): boolean;
  /** Resolves with null when authenticated, else with why not. */
  authenticate(): Promise<string | null>;
  /** One event is not waited for any more. */
  ended(): void;
}

interface Pending {
  readonly frame: string;
  readonly listeners: Set<OnSent>;
  isSent: boolean;
  losses: number;
  hasAuthenticated: boolean;
}

/** Creates an empty list. */
export function createSends(options: SendsOptions): Sends {
  const pendingById = new Map<string, Pending>();

  const finish = (id: string, result: SendResult): void => {
    const pending = pendingById.get(id);
    pendingById.delete(id);
    for (const listener of pending?.listeners ?? []) listener(result);
    options.ended();
  };
  const flush = (): void => {
    for (const pending of pendingById.values()) {
      if (pending.isSent || !options.isReady()) continue;
      // A full socket is cut while sending, and then everything is marked as unsent.
      pending.isSent = true;
      if (!options.send(pending.frame)) pending.isSent = false;
    }
  };
  const authenticate = async (id: string, pending: Pending, reason: string): Promise<void> => {
    pending.hasAuthenticated = true;
    const fault = await options.authenticate();
    if (pendingById.get(id) !== pending) return;
    if (fault !== null) return finish(id, { type: 'ok', accepted: false, reason: `${reason} (${fault})` });
    pending.isSent = false;
    flush();
  };
  return {
    get size() {
      return pendingById.size;
    },
    add(event, onSent) {
      const known = pendingById.get(event.id);
      if (!known && pendingById.size >= options.eventsPendingMax) {
        onSent({ type: 'refused', reason: 'too many events wait for this relay' });
        return () => undefined;
      }
      const frame = `["EVENT",${serializeEvent(event)}]`;
      const fresh = { frame, listeners: new Set<OnSent>(), isSent: false, losses: 0, hasAuthenticated: false };
      const pending = known ?? fresh;
      pending.listeners.add(onSent);
      pendingById.set(event.id, pending);
      flush();
      return () => {
        pending.listeners.delete(onSent);
        if (pending.listeners.size > 0 || pendingById.get(event.id) !== pending) return;
        pendingById.delete(event.id);
        options.ended();
      };
    },
    answered(eventId, accepted, reason) {
      const pending = pendingById.get(eventId);
      if (!pending) return;
      const mustAuthenticate = !accepted && getReasonPrefix(reason) === 'auth-required';
      if (mustAuthenticate && !pending.hasAuthenticated) void authenticate(eventId, pending, reason);
      else finish(eventId, { type: 'ok', accepted, reason });
    },
    flush,
    lost(reason) {
      for (const [id, pending] of pendingById) {
        if (pending.isSent) pending.losses++;
        pending.isSent = false;
        pending.hasAuthenticated = false;
        if (pending.losses > options.lossesMax) finish(id, { type: 'unreachable', reason });
      }
    },
    fail(result) {
      for (const id of [...pendingById.keys()]) finish(id, result);
    },
  };
}
