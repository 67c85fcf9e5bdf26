import type { Database } from '@nostrata/database';
import type { Clock, RelayAnswer, RelayStatus } from '@nostrata/network';
import type { NostrEvent, Tag, UnsignedEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';

/** An event before it is signed; `created_at` is filled in with the clock's second where it is missing. */
export interface EventTemplate {
  readonly kind: number;
  readonly content: string;
  readonly tags: readonly Tag[];
  /** Seconds. */
  readonly created_at?: number | undefined;
}

/** A template that a signer completes. */
export interface SignableEvent extends EventTemplate {
  readonly created_at: number;
}

/**
 * Holds a key, or reaches one. Every method may take long (a person decides) and throws `SignerError` where it is
 * refused, unreachable or late.
 */
export interface Signer {
  getPublicKey(): Promise<string>;
  signEvent(event: SignableEvent): Promise<NostrEvent>;
  nip44Encrypt?(pubkey: string, plaintext: string): Promise<string>;
  nip44Decrypt?(pubkey: string, payload: string): Promise<string>;
  /** Reads what was encrypted before NIP-44; nothing is written that way any more. */
  nip04Decrypt?(pubkey: string, payload: string): Promise<string>;
  /** Ends connections that it holds. Idempotent. */
  stop?(): Promise<void>;
}

/** How a read treats the network. Names after RFC 5861 and the Fetch standard. */
export type ReadPolicy = 'cache-only' | 'stale-while-revalidate' | 'cache-first' | 'network-first' | 'network-only';

/** Options of every read. */
export interface LoadOptions {
  readonly policy?: ReadPolicy | undefined;
  /** Overrules the freshness of the kind, in milliseconds. */
  readonly freshForMs?: number | undefined;
  /** How long the caller waits for the network at most, in milliseconds; the refresh itself goes on. */
  readonly deadlineMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Relays to ask beside those that the routes name (hints). */
  readonly relays?: readonly string[] | undefined;
}

/** An answer, and how much it is worth. */
export interface Loaded<T> {
  readonly value: T | undefined;
  /** `fresh`: checked within the time of its kind; `stale`: there, but not checked in that time; `missing`: not there. */
  readonly state: 'fresh' | 'stale' | 'missing';
  /** `relay` where this very call waited for the network and the network changed the answer. */
  readonly source: 'store' | 'relay';
  /** When relays were last asked with success, in milliseconds; undefined: never. */
  readonly checkedAtMs: number | undefined;
  /** The relays that answered that check. */
  readonly relays: readonly string[];
  /** The refresh under way, where there is one; never rejects. */
  readonly refresh?: Promise<Loaded<T>> | undefined;
}

/** How long answers of one sort are good for, in milliseconds. */
export interface Freshness {
  readonly freshForMs: number;
  /** How long nothing found counts as an answer. */
  readonly missingForMs: number;
  /** What a read without a policy does. */
  readonly policy: ReadPolicy;
}

/** The sorts of answers that have a freshness of their own. */
export type FreshnessClass =
  | 'event'
  | 'profile'
  | 'follows'
  | 'relayList'
  | 'relaySets'
  | 'mutes'
  | 'lists'
  | 'inboxRelays'
  | 'engagement'
  | 'timeline'
  | 'trust'
  | 'address';

/** What the core may spend on the network. */
export interface NetworkBudget {
  /** Connections at a time; 20 unless told. */
  readonly connectionsMax?: number | undefined;
  /** Relays per author; 3 unless told. */
  readonly relaysPerAuthorMax?: number | undefined;
  /**
   * Bytes per hour; 64 MB unless told. Everything received counts, but only what nobody waits for is held back when
   * they are used up.
   */
  readonly backgroundBytesPerHour?: number | undefined;
}

/**
 * `delivered`: the relay said OK, or has it already; `retry`: it will be tried again; `rejected`: it never will;
 * `superseded`: a newer version goes there instead.
 */
export type TargetState = 'pending' | 'sending' | 'delivered' | 'retry' | 'rejected' | 'superseded' | 'cancelled';

/** The state of a publication at one relay. */
export interface PublishTarget {
  readonly relay: string;
  readonly state: TargetState;
  readonly attempts: number;
  /** Whether the relay has the event, or may have it although its OK did not come. */
  readonly mayHaveIt: boolean;
  /** When it is tried again, in milliseconds. */
  readonly nextAtMs?: number | undefined;
  /** What the relay said last. */
  readonly reason?: string | undefined;
}

/**
 * Where a publication stands. `unsigned`: it waits for its signer; `partial`: some relays have it, others are still
 * tried or have refused; `failed`: no relay has taken it, or its signer refused it or was away for too long.
 */
export type PublicationStatus =
  | 'unsigned'
  | 'queued'
  | 'sending'
  | 'partial'
  | 'delivered'
  | 'failed'
  | 'cancelled'
  | 'superseded';

/** What is known of every publication, signed or not. */
export interface PublicationProgress {
  /** Of the event; it is the same before and after it is signed. */
  readonly id: string;
  readonly status: PublicationStatus;
  readonly targets: readonly PublishTarget[];
  /** Why it is not signed yet, or never was. */
  readonly reason?: string | undefined;
  /** Each change of status or of a target, until it is settled. */
  changes(): AsyncIterable<Publication>;
  /** Resolves when nothing more will be tried. Never rejects. */
  readonly settled: Promise<Publication>;
  /**
   * Takes the event back where no relay has it yet: out of the store, with the previous version of a replaceable event
   * back in its place. False where a relay already has it (publish a deletion request then).
   */
  cancel(): Promise<boolean>;
}

/** One event on its way out; durable, and known again after a restart. */
export interface SignedPublication extends PublicationProgress {
  readonly isSigned: true;
  readonly event: NostrEvent;
}

/** A draft that is durable but has no signature: it is not in the store, no relay gets it, and it can be cancelled. */
export interface UnsignedPublication extends PublicationProgress {
  readonly isSigned: false;
  readonly event: UnsignedEvent;
  /** When it is given up, in milliseconds. */
  readonly signByMs: number;
}

/** What the outbox holds. */
export type Publication = SignedPublication | UnsignedPublication;

/**
 * How a template waits for a signer that cannot be reached. It is durable before the signer is asked, keeps the id and
 * the `created_at` of that moment (so that a signer that was asked twice signs one event and not two, and a note says
 * when it was written), and is signed by the key that it was drafted for or by none.
 */
export interface AwaitSignature {
  /** Whose signature, as hex, npub or nprofile; must be told where no signer is there that could say it. */
  readonly pubkey?: string | undefined;
  /** Milliseconds that `publish` waits for the signer before it returns with the unsigned publication; unless told, as long as the signer does. */
  readonly waitMs?: number | undefined;
  /** Milliseconds until the draft is given up; seven days unless told, 30 at most. */
  readonly keepForMs?: number | undefined;
}

/** Options of `publish`. */
export interface PublishOptions {
  /** Instead of the routes' choice. */
  readonly relays?: readonly string[] | undefined;
  /** Milliseconds before the first relay is tried, in which `cancel` always succeeds. */
  readonly undoMs?: number | undefined;
  /** Leading zero bits to mine (NIP-13), committed in the nonce tag. */
  readonly difficulty?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called while mining with the hashes done so far. */
  readonly onMining?: ((hashes: number) => void) | undefined;
}

/** The pieces a core runs on, where the caller has them already. */
export interface Storage {
  readonly store: EventStore;
  /** For freshness and the outbox; what is written here is on disk when it resolves. */
  readonly database: Database;
  /** For the rows of views, which can be built again; another connection, as both have transactions. */
  readonly viewsDatabase: Database;
  /** False where nothing survives the process; `reason` says why where something else was asked for. */
  readonly isPersistent?: boolean | undefined;
  readonly reason?: string | undefined;
  /**
   * Becomes the one process or tab that sends publications: the function that gives it up, or undefined where another one
   * does. It ends by itself with the process. Left out where nobody else can open this storage.
   */
  readonly lead?: (() => Promise<(() => Promise<void>) | undefined>) | undefined;
  /** Called when the core stops; by default nothing is closed that the core did not open. */
  close?(): Promise<void>;
}

/** Opens the storage that a URL names. @throws StoreError or DatabaseError with one clear sentence */
export type OpenStorage = (
  url: string,
  options: { readonly now: () => number; readonly browser: BrowserParts | undefined },
) => Promise<Storage>;

/** Where a browser finds the workers and the binaries, for bundlers that do not follow their addresses by themselves. */
export interface BrowserParts {
  /** Makes the worker of `@nostrata/store/wasm-worker`, and that of `@nostrata/ingest/worker`. */
  readonly storeWorker?: (() => unknown) | undefined;
  readonly verifierWorker?: (() => unknown) | undefined;
  /** Addresses of `sqlite3.wasm` and `secp256k1.wasm`. */
  readonly sqliteWasmUrl?: string | undefined;
  readonly secp256k1WasmUrl?: string | undefined;
  /** Asks the browser not to evict the storage when the disk runs low. */
  readonly askForPersistence?: boolean | undefined;
}

/** What a core was opened with. */
export interface CoreOptions {
  /** `sqlite:FOLDER`, `memory:`, `postgres://…`, in browsers `opfs:NAME`, or storage that is open already. */
  readonly store: string | Storage;
  /** Relays for everything that no relay list covers. */
  readonly relays?: readonly string[] | undefined;
  /** Relays that are asked for relay lists and profiles of people not known yet; `relays` unless told. */
  readonly lookupRelays?: readonly string[] | undefined;
  readonly signer?: Signer | undefined;
  readonly freshness?: Partial<Readonly<Record<FreshnessClass, Partial<Freshness>>>> | undefined;
  readonly budget?: NetworkBudget | undefined;
  readonly clock?: Clock | undefined;
  readonly browser?: BrowserParts | undefined;
  /** A number in [0, 1), for jitter and choices; `Math.random` unless told. */
  readonly random?: (() => number) | undefined;
  /** Whether relays on private, local and link-local addresses may be dialled; only for tests and own networks. */
  readonly allowLocalRelays?: boolean | undefined;
  /** False: this core sends nothing of the outbox; what is in it stays for another core over the same store. */
  readonly sendsPublications?: boolean | undefined;
}

/** A timeline: what matches some filters, newest first, from the store first and then as it comes. */
export interface Timeline extends AsyncDisposable {
  /** The events shown now, newest first. */
  readonly events: readonly NostrEvent[];
  /** Newer events that have come since the last look and are not in `events` yet (with `hold`). */
  readonly newCount: number;
  /** Moves them into `events`. */
  showNew(): void;
  /** Loads one page further back: from the store, and from relays where the store has a gap. False at the end. */
  older(options?: LoadOptions): Promise<boolean>;
  /** Emits the store's answer first and then after every change, coalesced; a slow reader skips to the newest. */
  changes(): AsyncIterable<readonly NostrEvent[]>;
  /** `loading` until relays have answered; `offline` where none did. */
  readonly state: 'loading' | 'live' | 'offline' | 'closed';
  /** Resolves when relays have answered, or will not; never rejects. */
  readonly loaded: Promise<void>;
  close(): void;
}

/** Options of a timeline. */
export interface TimelineOptions extends LoadOptions {
  /** Events per page; 50 unless told. */
  readonly pageSize?: number | undefined;
  /** Keeps newer events back until `showNew`. */
  readonly hold?: boolean | undefined;
  /** False: the profiles of its authors that are due are not asked for in the same requests. */
  readonly profiles?: boolean | undefined;
  /** False: no live subscription. */
  readonly live?: boolean | undefined;
}

/** A problem that the core reports but does not throw at anyone. */
export type CoreEvent =
  | { readonly type: 'relay'; readonly status: RelayStatus }
  | { readonly type: 'answer'; readonly answer: RelayAnswer }
  | { readonly type: 'failure'; readonly what: string; readonly error: unknown };
