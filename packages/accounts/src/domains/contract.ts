import type { Database } from '@nostrata/database';
import type { Outgoing } from '@nostrata/http';
import type {
  AccountsLogger,
  AccountsMetrics,
  AuditLog,
  Clock,
  EntitlementReads,
  NoticeBoard,
  RandomBytes,
} from '../contract.ts';
import type { Secrets } from '../secrets.ts';
import type { DnsLookup } from './dns.ts';
import type { OwnHosts } from './hosts.ts';
import type { Judgement } from './judge.ts';
import type { Proof } from './proof.ts';
import type { Domain } from './rows.ts';

/** What domains need. */
export interface DomainsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly secrets: Secrets;
  readonly audit: AuditLog;
  readonly notices: NoticeBoard;
  readonly entitlements: Pick<EntitlementReads, 'entitlementsOf'>;
  /** Recursive name servers that do not share a cache; with two or more, two have to agree. */
  readonly lookups: readonly DnsLookup[];
  readonly outgoing: Outgoing;
  readonly ownHosts: OwnHosts;
  readonly logger?: AccountsLogger | undefined;
  readonly metrics?: AccountsMetrics | undefined;
}

/** Who does something, and by which credential: `user:<id>` or `key:<id>`. */
export interface DomainActor {
  readonly userId: string;
  readonly actor: string;
}

/** A domain and what proves it. */
export interface DomainWithProof extends Domain {
  readonly proof: Proof;
}

/** What a check came to. */
export interface CheckedDomain {
  readonly domain: DomainWithProof;
  readonly judgement: Judgement;
}

/** What one run of the job did. */
export interface RecheckReport {
  readonly checked: number;
  readonly changed: number;
  readonly forgotten: number;
}

/** Domains that users bring along. All methods throw `Problem` for what the caller did; other users' domains are 404. */
export interface Domains {
  list(userId: string): Promise<readonly DomainWithProof[]>;
  get(userId: string, id: string): Promise<DomainWithProof>;
  /** Claims a host; the claim that is there already is given again. @throws Problem 400, 403, 422 */
  claim(who: DomainActor, host: string): Promise<{ readonly domain: DomainWithProof; readonly isNew: boolean }>;
  /** Looks for the proof now. @throws Problem 404, 409 `domain-taken`, 429 */
  check(who: DomainActor, id: string): Promise<CheckedDomain>;
  remove(who: DomainActor, id: string): Promise<void>;
  /** Looks again at all domains whose time has come, and forgets claims that nobody proved. Any number of processes may. */
  recheckDue(signal?: AbortSignal): Promise<RecheckReport>;
  /** Says whether names under a host are served. @param host in lower case, A-labels */
  isHostServed(host: string): Promise<boolean>;
  /** The user whose host it is; undefined of one that is not served. */
  ownerOf(host: string): Promise<string | undefined>;
  /** Hosts of a user that are served, sorted. */
  hostsOf(userId: string): Promise<readonly string[]>;
}
