import type { NostrEvent, VerifiedEvent, ReasonPrefix as WirePrefix } from '@nostrata/protocol';
import type { PutOutcome } from '@nostrata/store';

/** The prefixes with which the door answers an event (NIP-01, NIP-42). */
export type ReasonPrefix = Exclude<WirePrefix, 'unsupported' | 'closed'>;

/** Who hands an event in, and what is known about them. */
export interface Source {
  /** `client` for the relay's own clients, `relay` for other relays, `import` for files, `own` for what this program signed. */
  readonly via: 'client' | 'relay' | 'import' | 'own';
  /** Provenance to record: a relay's normalised URL; undefined records `via`. */
  readonly url?: string | undefined;
  readonly ip?: string | undefined;
  /** Pubkeys that the connection has authenticated (NIP-42). */
  readonly authenticated?: ReadonlySet<string> | undefined;
}

/** A refusal: the prefix and one sentence. */
export interface Rejection {
  readonly prefix: ReasonPrefix;
  readonly message: string;
  /** The name of the policy or check, for counters. */
  readonly by: string;
}

/**
 * What became of an event that was handed in. `message` is the whole fourth element of the OK, with its prefix where
 * it has one (`duplicate: …`); of a rejection that element is `prefix: message`.
 */
export type SubmitResult =
  | { readonly accepted: true; readonly outcome: PutOutcome; readonly message: string }
  | { readonly accepted: false; readonly outcome: PutOutcome | 'rejected'; readonly rejection: Rejection };

/** The part of the NIP-11 document that a policy answers for. */
export type PolicyInformation = Readonly<{
  limitation?: Readonly<Record<string, unknown>>;
  retention?: readonly unknown[];
}>;

/**
 * One rule of admission, one small file each. Policies run in order; the first rejection wins. The door runs them on
 * every event that is not known yet, before its id and its signature are checked: nothing here may be remembered
 * against the pubkey, because a forger can put any pubkey into an event.
 */
export interface Policy {
  readonly name: string;
  /** Null lets the event pass. `bytes` is the size of the canonical JSON text in UTF-8. */
  check(event: NostrEvent, source: Source, bytes: number): Rejection | null;
  /** A second look once id and signature are known to be good: the place to charge something to the author. */
  checkVerified?(event: VerifiedEvent, source: Source): Rejection | null;
  /** What the policy means to NIP-11. */
  readonly information?: PolicyInformation | undefined;
}

/** Which signature check is in use, and what it reached at the probe. */
export interface VerifierReport {
  readonly backend: 'libsecp256k1' | 'wasm' | 'noble';
  readonly workers: number;
  readonly verifiesPerSecond: number;
  /** Why a faster back end is not in use; one sentence each. */
  readonly hints: readonly string[];
}

/** Facts that the door reports as they happen; every one may be left out. */
export interface IngestMetrics {
  submitted?(kind: number, outcome: PutOutcome | 'rejected', rejectedBy?: string): void;
  queueDepth?(events: number): void;
  /** Something went wrong that no submitter hears of: a worker died, a listener threw, a sighting was not recorded. */
  failed?(what: 'worker' | 'listener' | 'sighting'): void;
}

/** Where the door writes what its operator should know; pino fits. */
export interface IngestLogger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** The one door in. */
export interface Ingest extends AsyncDisposable {
  /**
   * Takes an event through shape, duplicates, policies, id, signature and the store. `event` is unknown input, as
   * parsed from JSON. Resolves when the outcome is durable; rejects only with `StoreError`.
   */
  submit(event: unknown, source: Source): Promise<SubmitResult>;
  /**
   * Checks id and signature of an event that stays outside, such as an authentication (NIP-42); null where one of them
   * is wrong. Never rejects.
   */
  verify(event: NostrEvent): Promise<VerifiedEvent | null>;
  /** True while the bounded queue is full: stop reading from what feeds it until `drained()` resolves. */
  readonly isFull: boolean;
  drained(): Promise<void>;
  /** Called with each verified ephemeral event (20000–29999), which is not stored. Returns the function that ends it. */
  onEphemeral(listener: (event: VerifiedEvent, json: string) => void): () => void;
  readonly policies: readonly Policy[];
  readonly verifier: VerifierReport;
  /** Waits for what was submitted, then ends the workers. Idempotent. */
  stop(): Promise<void>;
}
