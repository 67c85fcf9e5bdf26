import type { Queryable } from '@nostrata/database';
import type { AuditLog, NoticeBoard } from '../contract.ts';
import type { Domain } from './rows.ts';

/** Something that happened to a domain. */
export interface DomainFact {
  readonly actor: string;
  /** The action of the audit log, without `domain.`. */
  readonly what: 'claimed' | 'verified' | 'failing' | 'restored' | 'suspended' | 'lost' | 'deleted' | 'forgotten';
  readonly domain: Domain;
}

/** Tells the owner and writes the audit log: notices first, as the log holds its lock to the end. */
export async function recordFacts(
  { audit, notices }: { readonly audit: AuditLog; readonly notices: NoticeBoard },
  transaction: Queryable,
  facts: readonly DomainFact[],
): Promise<void> {
  for (const { what, domain } of facts) {
    const { id, userId, host, state } = domain;
    const payload = { domain: id, host, state, change: what };
    await notices.add(transaction, { userId, topic: 'domain.changed', payload });
  }
  for (const { actor, what, domain } of facts) {
    const details = { user: domain.userId, state: domain.state, method: domain.method };
    await audit.append(transaction, { actor, action: `domain.${what}`, entity: `domain:${domain.id}`, details });
  }
}
