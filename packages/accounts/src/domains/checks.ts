import { Problem } from '@nostrata/http';
import { isTaken } from '../errors.ts';
import type { DomainActor, DomainsParts } from './contract.ts';
import { type Judgement, judge } from './judge.ts';
import type { Evidence, Look } from './look.ts';
import { findMisplaced } from './misplaced.ts';
import type { Proofs } from './proof.ts';
import { recordFacts } from './records.ts';
import { type Domain, type DomainState, heldStates, readDomain, writeStep } from './rows.ts';
import { nextStep, toLost, toVerified } from './step.ts';

/** What a check needs. */
export interface CheckParts extends Pick<DomainsParts, 'database' | 'clock' | 'audit' | 'notices' | 'lookups'> {
  readonly proofs: Proofs;
  readonly look: Look;
}

/**
 * Looks for the proof of a domain whose check the caller has taken on, and does what follows.
 * @throws Problem 409 where somebody else has the host
 */
export async function checkDomain(
  parts: CheckParts,
  domain: Domain,
  actor: DomainActor['actor'],
): Promise<{ readonly domain: Domain | undefined; readonly judgement: Judgement }> {
  const evidence = await parts.look(parts.proofs.of(domain));
  const judgement = judge(parts.proofs, domain, evidence);
  if (domain.state !== 'pending') return { domain: await settle(parts, { domain, judgement, actor }), judgement };
  if (judgement.state === 'found')
    return { domain: await win(parts, { domain, judgement, actor, evidence }), judgement };
  const explained = await explain(parts, domain, judgement);
  return { domain: await noteFailure(parts, domain, explained.message), judgement: explained };
}

/** Adds where the record is, if it is only in the wrong place. */
async function explain(parts: CheckParts, domain: Domain, judgement: Judgement): Promise<Judgement> {
  const { dns } = judgement;
  const place = dns.state === 'gone' ? await findMisplaced(parts, domain) : undefined;
  if (place === undefined) return judgement;
  const message = `the TXT record is at ${place}, and has to be at ${parts.proofs.of(domain).txtName}`;
  return { ...judgement, message, dns: { ...dns, message } };
}

interface Judged {
  readonly domain: Domain;
  readonly judgement: Judgement;
  readonly actor: string;
}

/** What happened, as the log calls it, by the state that a domain came to. */
const changes = { verified: 'restored', failing: 'failing', suspended: 'suspended' } as const;

async function settle(parts: CheckParts, { domain, judgement, actor }: Judged): Promise<Domain | undefined> {
  const step = nextStep(domain, judgement, parts.clock.now());
  return await parts.database.transaction(async (transaction) => {
    const written = await writeStep(transaction, domain, step);
    if (written !== undefined && written.state !== 'pending' && written.state !== domain.state) {
      await recordFacts(parts, transaction, [{ actor, what: changes[written.state], domain: written }]);
    }
    return written;
  });
}

async function noteFailure(parts: CheckParts, domain: Domain, lastFailure: string): Promise<Domain | undefined> {
  return await parts.database.transaction((transaction) => writeStep(transaction, domain, { ...domain, lastFailure }));
}

/** Gives the host to who proved it, unless somebody else has it whose proof is still there. */
async function win(parts: CheckParts, judged: Judged & { readonly evidence: Evidence }): Promise<Domain | undefined> {
  const { domain, judgement, actor, evidence } = judged;
  const { proofs, database, clock } = parts;
  const sql = `SELECT * FROM domain WHERE host = $1 AND id <> $2 AND state IN ${heldStates}`;
  const holder = await readDomain(database, sql, [domain.host, domain.id]);
  if (holder && !mayReplace(holder, judge(proofs, holder, evidence), judgement)) return await refuse(parts, domain);
  try {
    return await database.transaction(async (transaction) => {
      const lost = holder && (await writeStep(transaction, holder, toLost(holder)));
      if (holder && !lost) throw taken();
      const won = await writeStep(transaction, domain, toVerified(domain, judgement, clock.now()));
      // The claim was deleted or proven meanwhile: nobody loses anything by it.
      if (won === undefined) throw new Problem(409, 'domain-changed', 'the claim was changed meanwhile: look again');
      await recordFacts(parts, transaction, [
        ...(lost ? [{ actor: 'system', what: 'lost' as const, domain: lost }] : []),
        { actor, what: 'verified' as const, domain: won },
      ]);
      return won;
    });
  } catch (error) {
    if (isTaken(error)) return await refuse(parts, domain);
    throw error;
  }
}

/** A proof replaces one that is gone; one in a file that was in DNS only when its week of grace is over. */
function mayReplace(holder: Domain, theirs: Judgement, { method }: Judgement): boolean {
  if (theirs.state !== 'gone') return false;
  const states: readonly DomainState[] = ['suspended'];
  return method === 'dns' || holder.method === 'file' || states.includes(holder.state);
}

async function refuse(parts: CheckParts, domain: Domain): Promise<never> {
  const problem = taken();
  await noteFailure(parts, domain, problem.message);
  throw problem;
}

function taken(): Problem {
  const message = 'another account has proven this domain; when its proof is gone from DNS, yours is good';
  return new Problem(409, 'domain-taken', message);
}
