import { getDomain } from 'tldts';
import { DnsError, type DnsLookup } from './dns.ts';
import type { Claim, Proofs } from './proof.ts';

/** What looking elsewhere needs. */
export interface MisplacedParts {
  readonly lookups: readonly DnsLookup[];
  readonly proofs: Proofs;
}

/**
 * Finds a proof where people put it by mistake: at the domain itself, or below its zone a second time, as forms do that
 * add the zone to what is typed. It proves nothing there; undefined where it is at neither.
 */
export async function findMisplaced({ lookups, proofs }: MisplacedParts, claim: Claim): Promise<string | undefined> {
  const [lookup] = lookups;
  if (lookup === undefined) return undefined;
  const { txtName } = proofs.of(claim);
  const zone = getDomain(claim.host, { allowPrivateDomains: true }) ?? claim.host;
  for (const name of [claim.host, `${txtName}.${zone}`]) {
    if (name.length <= 253 && proofs.isIn(claim, await readOrNothing(lookup, name))) return name;
  }
  return undefined;
}

async function readOrNothing(lookup: DnsLookup, name: string): Promise<readonly string[]> {
  try {
    return await lookup.txt(name);
  } catch (error) {
    // It was only to help: what is wrong with the domain was found already.
    if (error instanceof DnsError) return [];
    throw error;
  }
}
