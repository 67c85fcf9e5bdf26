import type { DomainAnswer, DomainCheckAnswer } from '@nostrata/accounts';
import { formatInstant } from '../format.ts';
import type { BadgeTone } from './name-words.ts';

/** A state in one word, and how it stands out. */
export const domainBadges: Readonly<Record<DomainAnswer['state'], readonly [word: string, tone: BadgeTone]>> = {
  pending: ['not proven yet', 'warn'],
  verified: ['yours', ''],
  failing: ['proof is gone', 'warn'],
  suspended: ['stopped', 'bad'],
};

/** What a state means, with its dates. */
export function domainSentence({ state, method, verifiedAt, nextCheckAt }: DomainAnswer): string {
  const next = nextCheckAt === null ? '' : ` It is looked at again on ${formatInstant(nextCheckAt)}.`;
  switch (state) {
    case 'pending':
      return 'Set up one of the two proofs below. As long as this page is open, it looks for them by itself.';
    case 'verified':
      return `Proven ${method === 'file' ? 'by the file' : 'in DNS'}${verifiedAt === null ? '' : ` on ${formatInstant(verifiedAt)}`}. Leave the proof where it is.${next}`;
    case 'failing':
      return `The proof was not found any more. Names on it work for a week from then: put it back.${next}`;
    case 'suspended':
      return 'The proof was gone for a week: names on it do not work. Put it back, and they work again.';
  }
}

/** What was found in a place, in a word. */
export const findingBadges: Readonly<
  Record<DomainCheckAnswer['check']['state'], readonly [word: string, tone: BadgeTone]>
> = {
  found: ['found', ''],
  gone: ['not there', 'bad'],
  unclear: ['unclear', 'warn'],
};
