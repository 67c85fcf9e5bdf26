import type { RelayStatus, SyncOptions, SyncProgress } from '@nostrata/network';
import type { Address, Filter, NostrEvent } from '@nostrata/protocol';
import type { EventStore, RetentionPolicy, RetentionReport } from '@nostrata/store';
import type { ProfileMatch } from '@nostrata/views';
import type {
  AwaitSignature,
  CoreEvent,
  EventTemplate,
  Loaded,
  LoadOptions,
  Publication,
  PublishOptions,
  SignedPublication,
  Signer,
  Timeline,
  TimelineOptions,
} from './contract.ts';
import type { Edit } from './edit.ts';
import type { Figures } from './figures.ts';
import type { ImportReport, ImportSource } from './importing/import.ts';
import type { DirectMessages } from './messages/contract.ts';
import type { ReadSpec } from './reads/reader.ts';
import type { Specs } from './reads/specs.ts';
import type { Thread } from './reads/thread.ts';
import type { TrustOfPerson, TrustReadOptions } from './reads/trust.ts';
import type { KeepWarmOptions, WarmOptions, WarmReport } from './warming.ts';

/** The name of a typed read. */
export type ReadName = keyof Specs;

/** What a read gives. */
export type ReadValue<Name extends ReadName> = ReturnType<Specs[Name]> extends ReadSpec<infer T> ? T : never;

/** Reads of things that are named by a person, an event or an address. */
export type ReadTarget<Name extends ReadName> = Name extends 'address' ? string | Address : string;

/** Options of `publish` for templates. */
export interface TemplateOptions extends PublishOptions {
  /**
   * Says that the template may replace a version that it was not made from. Without it a replaceable or addressable
   * template is refused where a version exists: `edit` changes what is there and loses nothing.
   */
  readonly replace?: boolean | undefined;
  /**
   * Keeps the template where its signer cannot be reached or does not answer in time, and signs and sends it when a
   * signer of that key is there again, be it after a restart. Without it `publish` throws and nothing is kept. A signer
   * that refuses is not asked again either way.
   */
  readonly awaitSignature?: AwaitSignature | undefined;
}

/** Stores at once and sends, until every relay has answered, across restarts. */
export interface Publish {
  /**
   * @throws SignerError where a template is not signed, PublishError where the store would not keep the event
   */
  (
    event: NostrEvent | EventTemplate,
    options?: TemplateOptions & { readonly awaitSignature?: undefined },
  ): Promise<SignedPublication>;
  /**
   * The same for a template that may wait for its signer: what is not signed yet is in the outbox and not in the store.
   * @throws SignerError where the signer refuses, or nobody can say whose signature it is
   */
  (event: NostrEvent | EventTemplate, options: TemplateOptions): Promise<Publication>;
}

/** One typed read for each sort of answer: `core.profile(pubkey)`, `core.follows(pubkey)` … */
export type CoreReads = {
  readonly [Name in ReadName]: (target: ReadTarget<Name>, options?: LoadOptions) => Promise<Loaded<ReadValue<Name>>>;
};

/**
 * A database-first Nostr client. The store is the only thing that is read; relays only feed it; every answer says how
 * old it is; what is published is durable before anything is sent.
 */
export interface Core extends CoreReads, AsyncDisposable {
  /** The store's answer first, then every newer one. Ends when the loop is left or the signal aborts. */
  watch<Name extends ReadName>(
    name: Name,
    target: ReadTarget<Name>,
    options?: LoadOptions,
  ): AsyncIterable<Loaded<ReadValue<Name>>>;
  /** The same for `trust`: whose point of view it is, is settled when the watch begins; missing once, and over, without. */
  watch(name: 'trust', target: string, options?: TrustReadOptions): AsyncIterable<Loaded<TrustOfPerson>>;
  /** What matches the filters, newest first; resolves with the store's answer, and goes on. */
  timeline(filters: Filter | readonly Filter[], options?: TimelineOptions): Promise<Timeline>;
  /** An event with what it answers and what answers it. */
  thread(target: string, options?: LoadOptions): Promise<Loaded<Thread>>;
  /**
   * How far a person is trusted, from the point of view of the signer or of another observer: what the providers say that
   * the observer declares (NIP-85; the signer's own private ones as well, where it can decrypt), else what the follow lists of the store say over two steps, which is `partial`.
   * Missing where there is no observer.
   */
  trust(target: string, options?: TrustReadOptions): Promise<Loaded<TrustOfPerson>>;
  /** People of the store whose names begin with these words, the best first; never asks a relay. 20 unless told. */
  searchProfiles(query: string, limit?: number): Promise<readonly ProfileMatch[]>;
  /** How many people of the store follow a person: those that are known here, which may be few of all. */
  countFollowers(target: string): Promise<number>;
  /** Events of the store that match; never asks a relay. */
  list(filters: Filter | readonly Filter[]): Promise<readonly NostrEvent[]>;
  /** Stores the event at once and sends it to where it belongs, until every relay has answered, across restarts. */
  readonly publish: Publish;
  /**
   * Changes an own replaceable or addressable event, and nothing else in it.
   * @throws StaleBaseError where the newest version could not be read with certainty
   */
  readonly edit: Edit;
  /** Direct messages of the signer (NIP-17). Nothing is decrypted before they are asked for. */
  readonly messages: DirectMessages;
  /** Brings in what another program kept: JSONL, nostr-idb, NDK's Dexie cache; says what was kept and why the rest was not. */
  importFrom(source: ImportSource): Promise<ImportReport>;
  /**
   * Resolves when reads show everything that is stored now. Takes long only where another program has stored much since
   * the last time; until then reads answer from what has been taken in so far.
   */
  caughtUp(): Promise<void>;
  /**
   * Makes the store and relays equal for a filter (NIP-77, else page by page), with progress; the application's relays
   * unless told. Both directions unless told.
   */
  sync(filter: Filter, options?: SyncOptions & { readonly relays?: readonly string[] }): AsyncIterable<SyncProgress>;
  /** Publications that are not settled, oldest first, and all of them, newest first. */
  pending(): readonly Publication[];
  publications(limit?: number): Promise<readonly Publication[]>;
  /** Loads what people will look at next, within the budget. */
  warm(pubkeys: readonly string[], options?: WarmOptions): Promise<WarmReport>;
  /** Warms these people again and again, while online and within the budget; the returned function ends it. */
  keepWarm(pubkeys: readonly string[], options?: KeepWarmOptions): () => void;
  /** Removes old events, never own ones, profiles, lists, direct messages or what is still to be sent. */
  retain(policy: Pick<RetentionPolicy, 'maxAgeSeconds' | 'maxBytes' | 'dryRun'>): Promise<RetentionReport>;
  figures(): Figures;
  /** The figures in the text format of Prometheus. */
  metrics(): string;
  relays(): readonly RelayStatus[];
  /** Called with what happens beside the calls; returns the function that ends it. */
  onEvent(listener: (event: CoreEvent) => void): () => void;
  /** Says that the machine is offline, or back: reads then do not wait for relays, and publications wait. */
  setOnline(isOnline: boolean): void;
  setSigner(signer: Signer | undefined): void;
  /** The pubkey of the signer; undefined without one. */
  pubkey(): Promise<string | undefined>;
  readonly store: EventStore;
  /** False where nothing survives the process. */
  readonly isPersistent: boolean;
  /** Why, where storage that survives was asked for: one sentence for people. */
  readonly notPersistentBecause: string | undefined;
  /** Ends connections and writes what is left. Publications go on with the next start. Idempotent. */
  stop(): Promise<void>;
}
