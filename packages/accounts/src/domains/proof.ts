import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Secrets } from '../secrets.ts';

/** What a proof is bound to. */
export interface Claim {
  readonly id: string;
  readonly userId: string;
  readonly host: string;
}

/** What the owner of a domain sets up, one of the two. */
export interface Proof {
  readonly txtName: string;
  readonly txtValue: string;
  readonly fileUrl: string;
  readonly fileBody: string;
}

/** Makes proofs and finds them again. */
export interface Proofs {
  of(claim: Claim): Proof;
  /** Says whether the proof is one of these texts; each is compared whole, in the same time. */
  isIn(claim: Claim, texts: readonly string[]): boolean;
}

/** Creates them: a proof names the claim and is good for its user and host alone, so a copied one proves nothing. */
export function createProofs(secrets: Secrets): Proofs {
  const key = secrets.derive('domain-proof');
  const tokenOf = ({ id, userId, host }: Claim): string => {
    const code = createHmac('sha256', key).update(`${host}|${userId}|${id}`).digest('hex');
    return `nostrata-verify=${id}.${code}`;
  };
  return {
    of(claim) {
      const token = tokenOf(claim);
      return {
        txtName: `_nostrata.${claim.host}`,
        txtValue: token,
        fileUrl: `https://${claim.host}/.well-known/nostrata.txt`,
        fileBody: `${token}\n`,
      };
    },
    isIn(claim, texts) {
      const wanted = digest(tokenOf(claim));
      return texts.filter((text) => timingSafeEqual(digest(text.trim()), wanted)).length > 0;
    },
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
