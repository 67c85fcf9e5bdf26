import type { Queryable } from '@nostrata/database';
import type { CallerRole } from '@nostrata/http';
import type { PaymentAnswer, Price } from '../contract.ts';
import type { Coverage, NamePhase } from './phases.ts';

/** Domains of users, as names need them: a part of its own proves them. */
export interface NameDomains {
  /** The user whose domain that is and works now; undefined where nobody has proven it. */
  ownerOf(host: string): Promise<string | undefined>;
  /** Hosts that the user has proven and that work now. */
  hostsOf(userId: string): Promise<readonly string[]>;
}

/** Finds or creates the user of a pubkey, in a transaction that changes names. */
export type FindUser = (transaction: Queryable, pubkey: string) => Promise<string>;

/** Who wants something of names. */
export interface NameUser {
  readonly userId: string;
  /** Hex; undefined of who is known by a wallet alone. */
  readonly pubkey: string | undefined;
  readonly role: CallerRole;
  /** For the audit log: the user unless told, or one of the user's keys. */
  readonly actor?: string | undefined;
}

/** What the rules say of a name. */
export type RuleKind = 'standard' | 'premium' | 'reserved' | 'blocked';

/** A name as its holder sees it. Times are ISO 8601 in UTC. */
export interface NameAnswer {
  readonly id: string;
  readonly address: string;
  readonly local: string;
  readonly host: string;
  readonly pubkey: string;
  readonly relays: readonly string[];
  readonly phase: NamePhase;
  readonly coverage: Coverage;
  readonly paidUntil: string | null;
  readonly heldUntil: string | null;
  readonly graceUntil: string | null;
  readonly freeAt: string | null;
  readonly createdAt: string;
}

/** Whether a name can be had and what it costs. */
export interface CheckAnswer {
  readonly address: string;
  readonly available: boolean;
  /** Why not, in one sentence. */
  readonly reason: string | null;
  readonly rule: RuleKind;
  /** A year of it; null where it is not for sale. */
  readonly price: Price | null;
  readonly coveredByPlan: boolean;
}

/** A name that was registered, and what has to be paid for it first. */
export interface RegisterAnswer {
  readonly name: NameAnswer;
  readonly payment: PaymentAnswer | null;
}

/** One thing that happened to a name. */
export interface ChangeAnswer {
  readonly id: string;
  readonly at: string;
  readonly what: string;
  readonly fromPubkey: string | null;
  readonly toPubkey: string | null;
  /** The signed event that ordered it, or the payment that paid for it. */
  readonly evidence: string | null;
}

/**
 * What an address of anybody stands for. `identified` says that its host names this pubkey, and no more than that
 * (NIP-05: identification, not verification).
 */
export interface VerifyAnswer {
  readonly address: string;
  /** The one that the host names, also where another was expected. */
  readonly pubkey: string | null;
  readonly relays: readonly string[];
  readonly state:
    | 'identified'
    | 'mismatch'
    | 'not-found'
    | 'redirect'
    | 'invalid'
    | 'too-large'
    | 'refused'
    | 'unreachable';
  readonly checkedAt: string;
}

/** One thing that a host that serves names has to do right. */
export interface HostCheck {
  readonly id:
    | 'reachable'
    | 'tls'
    | 'redirect'
    | 'status'
    | 'cors'
    | 'content-type'
    | 'size'
    | 'json'
    | 'names'
    | 'name';
  readonly ok: boolean;
  /** What was found, and how to mend it. */
  readonly message: string;
}

/** How well a host serves names. What could not be looked at is left out. */
export interface HostAudit {
  readonly host: string;
  readonly checks: readonly HostCheck[];
}
