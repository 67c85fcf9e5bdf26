import type { Database } from '@nostrata/database';
import type { Clock, RelayPool } from '@nostrata/network';
import type { NostrEvent, UnsignedEvent } from '@nostrata/protocol';
import type { Publication, PublishOptions, SignedPublication, Signer } from '../contract.ts';
import type { FigureBook } from '../figures.ts';
import type { FirstAsk } from './draft-signing.ts';

/** What the door says to an own event: kept, or why not. */
export type OwnVerdict = { readonly isKept: true } | { readonly isKept: false; readonly reason: string };

/** What the outbox is made of. */
export interface OutboxOptions {
  readonly database: Database;
  readonly pool: Pick<RelayPool, 'send' | 'load'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly book: FigureBook;
  /** Through the door into the store, durable when it resolves. */
  readonly submit: (event: NostrEvent) => Promise<OwnVerdict>;
  /** Takes the event out of the store again, and puts the version before it back. */
  readonly withdraw: (event: NostrEvent, previous: NostrEvent | undefined) => Promise<void>;
  /** The version of that address that the store has now. */
  readonly getNewest: (address: string) => Promise<NostrEvent | undefined>;
  /** Where the event belongs (NIP-65). */
  readonly routesOf: (event: UnsignedEvent) => Promise<readonly string[]>;
  /** The signer that is there now; drafts are only ever signed by the key that they were drafted for. */
  readonly getSigner: () => Signer | undefined;
  readonly onFailed: (what: string, error: unknown) => void;
  /**
   * Becomes the one process or tab that sends what this storage holds: the function that gives it up, or undefined where
   * another one sends. It must end by itself with the process. Without it this process is the only one.
   */
  readonly lead?: (() => Promise<(() => Promise<void>) | undefined>) | undefined;
  /** Called between any two steps, for tests that end the process there. */
  readonly step?: ((name: string) => void) | undefined;
}

/** Own events on their way to relays: durable before anything is sent, and until every relay has spoken. */
export interface Outbox {
  /** Resumes what an earlier process left. */
  start(): Promise<void>;
  publish(event: NostrEvent, options?: PublishOptions): Promise<SignedPublication>;
  /**
   * Keeps an event without a signature until its signer is there. Resolves with what the first ask came to.
   * @throws SignerError where the signer refuses while the caller waits: then nothing is kept
   */
  publishDraft(event: UnsignedEvent, options: PublishOptions & FirstAsk): Promise<Publication>;
  /** Asks a signer that has come, or changed, for what waits. */
  signerChanged(): void;
  get(id: string): Publication | undefined;
  /** What is not settled, oldest first. */
  pending(): readonly Publication[];
  /** The newest publications, settled ones included. */
  recent(limit: number): Promise<readonly Publication[]>;
  /** Offline nothing is sent; back online everything that waits is tried at once. */
  setOnline(isOnline: boolean): void;
  /** Waits for answers under way, not for relays that are to be tried later. Idempotent. */
  stop(): Promise<void>;
}
