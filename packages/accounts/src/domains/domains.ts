import { Problem } from '@nostrata/http';
import { createId } from '../ids.ts';
import { type CheckParts, checkDomain } from './checks.ts';
import type { CheckedDomain, DomainActor, Domains, DomainsParts, DomainWithProof } from './contract.ts';
import { checkClaimable, parseHost } from './hosts.ts';
import { limits } from './limits.ts';
import { createLook } from './look.ts';
import { createProofs } from './proof.ts';
import { recheckDue } from './recheck.ts';
import { recordFacts } from './records.ts';
import { type Domain, type DomainRow, readDomain, servedStates, toDomain } from './rows.ts';

/** Creates the domains of an installation. */
export function createDomains(parts: DomainsParts): Domains {
  const { database } = parts;
  const proofs = createProofs(parts.secrets);
  const check: CheckParts = { ...parts, proofs, look: createLook(parts) };
  const withProof = (domain: Domain): DomainWithProof => ({ ...domain, proof: proofs.of(domain) });
  const ownerOf = async (host: string): Promise<string | undefined> => {
    const sql = `SELECT * FROM domain WHERE host = $1 AND state IN ${servedStates}`;
    return (await readDomain(database, sql, [host]))?.userId;
  };
  return {
    async list(userId) {
      const sql = 'SELECT * FROM domain WHERE user_id = $1 ORDER BY host, created_ms';
      return (await database.query<DomainRow>(sql, [userId])).map((row) => withProof(toDomain(row)));
    },
    get: async (userId, id) => withProof(await getDomain(parts, userId, id)),
    async claim(who, host) {
      const { domain, isNew } = await claim(parts, who, host);
      return { domain: withProof(domain), isNew };
    },
    async check(who, id): Promise<CheckedDomain> {
      const taken = await takeCheck(parts, who.userId, id);
      const { domain, judgement } = await checkDomain(check, taken, who.actor);
      return { domain: withProof(domain ?? (await getDomain(parts, who.userId, id))), judgement };
    },
    remove: async (who, id) => await remove(parts, who, id),
    recheckDue: async (signal) => await recheckDue({ ...check, ...parts }, signal),
    isHostServed: async (host) => (await ownerOf(host)) !== undefined,
    ownerOf,
    async hostsOf(userId) {
      const sql = `SELECT host FROM domain WHERE user_id = $1 AND state IN ${servedStates} ORDER BY host`;
      return (await database.query<{ host: string }>(sql, [userId])).map(({ host }) => host);
    },
  };
}

async function getDomain({ database }: DomainsParts, userId: string, id: string): Promise<Domain> {
  const domain = await readDomain(database, 'SELECT * FROM domain WHERE id = $1 AND user_id = $2', [id, userId]);
  if (domain === undefined) throw new Problem(404, 'not-found', 'there is no such domain of yours');
  return domain;
}

/** Claims of one user come one after another, as they lock the user's row: their count is right. */
async function claim(
  parts: DomainsParts,
  who: DomainActor,
  text: string,
): Promise<{ readonly domain: Domain; readonly isNew: boolean }> {
  const host = parseHost(text);
  checkClaimable(host, parts.ownHosts);
  const { domains } = await parts.entitlements.entitlementsOf(who.userId);
  return await parts.database.transaction(async (transaction) => {
    await transaction.query('UPDATE account_user SET state = state WHERE id = $1', [who.userId]);
    const rows = await transaction.query<DomainRow>('SELECT * FROM domain WHERE user_id = $1', [who.userId]);
    const row = rows.find((one) => one.host === host);
    if (row !== undefined) return { domain: toDomain(row), isNew: false };
    if (rows.length >= domains) {
      const message = `your plan has ${domains} domain${domains === 1 ? '' : 's'}, claims included`;
      throw new Problem(403, 'plan-limit', message);
    }
    const sql = `INSERT INTO domain (id, user_id, host, state, created_ms) VALUES ($1, $2, $3, 'pending', $4) RETURNING *`;
    const id = createId(parts.random, 'dom');
    const domain = await readDomain(transaction, sql, [id, who.userId, host, parts.clock.now()]);
    if (domain === undefined) throw new Error('the claim was not written');
    await recordFacts(parts, transaction, [{ actor: who.actor, what: 'claimed', domain }]);
    return { domain, isNew: true };
  });
}

/** Takes on a check, at most one in a few seconds: it asks servers of other people. */
async function takeCheck(parts: DomainsParts, userId: string, id: string): Promise<Domain> {
  const nowMs = parts.clock.now();
  const sql = `UPDATE domain SET checked_ms = $1 WHERE id = $2 AND user_id = $3 AND (checked_ms IS NULL OR checked_ms <= $4)
    RETURNING *`;
  const values = [nowMs, id, userId, nowMs - limits.checkIntervalMs];
  const domain = await parts.database.transaction((transaction) => readDomain(transaction, sql, values));
  if (domain !== undefined) return domain;
  await getDomain(parts, userId, id);
  const retryAfter = limits.checkIntervalMs / 1000;
  throw new Problem(429, 'checked-just-now', { message: 'this domain was checked a moment ago', retryAfter });
}

async function remove(parts: DomainsParts, { userId, actor }: DomainActor, id: string): Promise<void> {
  await parts.database.transaction(async (transaction) => {
    const sql = 'DELETE FROM domain WHERE id = $1 AND user_id = $2 RETURNING *';
    const domain = await readDomain(transaction, sql, [id, userId]);
    if (domain === undefined) throw new Problem(404, 'not-found', 'there is no such domain of yours');
    await recordFacts(parts, transaction, [{ actor, what: 'deleted', domain }]);
  });
}
