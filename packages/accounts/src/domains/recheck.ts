import { type CheckParts, checkDomain } from './checks.ts';
import type { DomainsParts, RecheckReport } from './contract.ts';
import { limits } from './limits.ts';
import { recordFacts } from './records.ts';
import { type DomainRow, readDomain, toDomain } from './rows.ts';

/** What the job needs. */
export type RecheckParts = CheckParts & Pick<DomainsParts, 'logger' | 'metrics'>;

/** Looks at domains whose time has come, a few at once, and forgets old claims. */
export async function recheckDue(parts: RecheckParts, signal?: AbortSignal): Promise<RecheckReport> {
  const forgotten = await forgetClaims(parts);
  const sql = `SELECT id, next_check_ms FROM domain WHERE next_check_ms <= $1 ORDER BY next_check_ms LIMIT ${limits.recheckDomainsMax}`;
  const due = [...(await parts.database.query<Due>(sql, [parts.clock.now()]))];
  let checked = 0;
  let changed = 0;
  const work = async (): Promise<void> => {
    for (let next = due.shift(); next !== undefined && !signal?.aborted; next = due.shift()) {
      const outcome = await recheckOne(parts, next);
      if (outcome === 'other') continue;
      checked += 1;
      if (outcome === 'changed') changed += 1;
    }
  };
  await Promise.all(Array.from({ length: limits.recheckAtOnce }, work));
  return { checked, changed, forgotten };
}

type Due = Pick<DomainRow, 'id' | 'next_check_ms'>;

/** Takes a domain for as long as a check may last, if no other process did: who dies over it leaves it to others. */
async function recheckOne(parts: RecheckParts, due: Due): Promise<'other' | 'same' | 'changed'> {
  const nowMs = parts.clock.now();
  const sql = 'UPDATE domain SET checked_ms = $1, next_check_ms = $2 WHERE id = $3 AND next_check_ms = $4 RETURNING *';
  const values = [nowMs, nowMs + limits.leaseMs, due.id, due.next_check_ms];
  const domain = await parts.database.transaction((transaction) => readDomain(transaction, sql, values));
  if (domain === undefined) return 'other';
  try {
    const after = await checkDomain(parts, domain, 'system');
    return after.domain !== undefined && after.domain.state !== domain.state ? 'changed' : 'same';
  } catch (error) {
    // One domain that cannot be looked at does not keep the others from it; its lease ends and it is tried again.
    parts.metrics?.failed?.('domain-recheck');
    parts.logger?.error({ domain: domain.id, err: error }, 'a domain could not be checked');
    return 'same';
  }
}

async function forgetClaims(parts: RecheckParts): Promise<number> {
  return await parts.database.transaction(async (transaction) => {
    const sql = `DELETE FROM domain WHERE state = 'pending' AND id IN (SELECT id FROM domain WHERE state = 'pending'
      AND created_ms <= $1 AND (checked_ms IS NULL OR checked_ms <= $1) LIMIT ${limits.forgetClaimsMax}) RETURNING *`;
    const rows = await transaction.query<DomainRow>(sql, [parts.clock.now() - limits.pendingMs]);
    const facts = rows.map((row) => ({ actor: 'system', what: 'forgotten' as const, domain: toDomain(row) }));
    await recordFacts(parts, transaction, facts);
    return rows.length;
  });
}
