import type { Evidence, FileEvidence } from './look.ts';
import type { Claim, Proofs } from './proof.ts';

/** How a proof was found. */
export type ProofMethod = 'dns' | 'file';

/** What was found in one place. */
export interface Finding {
  /** `unclear`: nobody could find out, for a reason that can pass. */
  readonly state: 'found' | 'gone' | 'unclear';
  /** One sentence for the owner of the domain. */
  readonly message: string;
}

/** What the evidence says about one claim. */
export interface Judgement extends Finding {
  /** The stronger of the places it was found in. */
  readonly method: ProofMethod | null;
  readonly dns: Finding;
  readonly file: Finding;
}

/** A claim, and the place its proof was found in before. */
export interface JudgedClaim extends Claim {
  readonly method: ProofMethod | null;
}

/**
 * Judges a claim. A proof that was found by DNS is gone when name servers say so, whatever the web server does; one that
 * was found in the file is gone when the web server says so. A fault is never an answer.
 */
export function judge(proofs: Proofs, claim: JudgedClaim, evidence: Evidence): Judgement {
  const dns = judgeDns(proofs, claim, evidence);
  const file = judgeFile(proofs, claim, { file: evidence.file, dns });
  if (dns.state === 'found') return { ...dns, method: 'dns', dns, file };
  if (file.state === 'found') return { ...file, method: 'file', dns, file };
  const places = claim.method === 'dns' ? [dns] : claim.method === 'file' ? [file] : [dns, file];
  const state = places.every((place) => place.state === 'gone') ? 'gone' : 'unclear';
  return { state, message: places.map((place) => place.message).join('; '), method: null, dns, file };
}

/** Two name servers have to agree where there are two: one whose cache is old or poisoned decides nothing. */
function judgeDns(proofs: Proofs, claim: Claim, { dns }: Evidence): Finding {
  const name = proofs.of(claim).txtName;
  const needed = Math.min(2, dns.length);
  const answers = dns.flatMap((one) =>
    one.kind === 'records' ? [one.values] : one.fault === 'no-such-name' ? [undefined] : [],
  );
  const seen = answers.filter((values) => values !== undefined && proofs.isIn(claim, values)).length;
  if (needed > 0 && seen >= needed) return { state: 'found', message: `found the proof in TXT at ${name}` };
  if (seen > 0) {
    const message = `${seen} of ${dns.length} name servers have the TXT record at ${name}, others not yet`;
    return { state: answers.length - seen >= needed ? 'gone' : 'unclear', message };
  }
  if (answers.length >= needed && needed > 0) return { state: 'gone', message: describe(name, answers) };
  const fault = dns.find((one) => one.kind === 'fault' && one.fault !== 'no-such-name');
  const why = fault?.kind === 'fault' ? fault.message : 'no name server is configured';
  return { state: 'unclear', message: `could not read TXT at ${name}: ${why}` };
}

function describe(name: string, answers: readonly (readonly string[] | undefined)[]): string {
  const most = answers.reduce<readonly string[] | undefined>(
    (longest, values) => ((values?.length ?? -1) > (longest?.length ?? -1) ? values : longest),
    undefined,
  );
  if (most === undefined) return `there is no name ${name} in DNS`;
  if (most.length === 0) return `found no TXT record at ${name}`;
  return most.length === 1
    ? `found 1 TXT record at ${name}, and it is not this one`
    : `found ${most.length} TXT records at ${name}, none of them is this one`;
}

interface FileAndDns {
  readonly file: FileEvidence;
  readonly dns: Finding;
}

function judgeFile(proofs: Proofs, claim: Claim, { file, dns }: FileAndDns): Finding {
  const { fileUrl } = proofs.of(claim);
  if (file.kind !== 'lines') return { state: stateOf(file, dns), message: `${fileUrl} ${file.message}` };
  if (proofs.isIn(claim, file.lines)) return { state: 'found', message: `found the proof in ${fileUrl}` };
  const count = file.lines.length;
  if (count === 0) return { state: 'gone', message: `${fileUrl} is empty` };
  return { state: 'gone', message: `${fileUrl} has ${count} line${count === 1 ? '' : 's'} without this proof` };
}

/** That a host has no address is believed where name servers answer for it. */
function stateOf(file: Exclude<FileEvidence, { kind: 'lines' }>, dns: Finding): Finding['state'] {
  switch (file.kind) {
    case 'absent':
      return 'gone';
    case 'unknown-host':
      return dns.state === 'gone' ? 'gone' : 'unclear';
    case 'fault':
      return 'unclear';
  }
}
