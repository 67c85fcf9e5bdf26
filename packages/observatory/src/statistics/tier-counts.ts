import type { UserTiers } from '../answers.ts';
import type { Span } from '../spans.ts';
import { type AuthorSet, countAuthors } from './author-set.ts';
import { tierSpansMax } from './limits.ts';

/** Who counts as trusted, by author id; undefined where nobody said whom to trust. */
export type Trusted = AuthorSet | undefined;

/** What an author has now. */
export interface AuthorFlags {
  readonly hasProfile: boolean;
  readonly hasFollows: boolean;
}

/** Users by tier of spans of days, remembered. */
export interface TierCounts {
  /** Undefined where nothing is remembered, or where others are trusted now. */
  find(span: Span, trusted: Trusted): UserTiers | undefined;
  put(span: Span, trusted: Trusted, tiers: UserTiers): void;
  forgetDay(day: number): void;
  forgetAll(): void;
  /** An author has another profile or follow list: wherever they were active, they are of other tiers. */
  move(author: number, before: AuthorFlags, after: AuthorFlags): void;
}

interface Counted {
  readonly span: Span;
  readonly trusted: Trusted;
  tiers: UserTiers;
}

/**
 * Creates it for nothing. `isActive` says whether somebody published on a day; undefined where that is not known, and
 * then what was counted with that day is forgotten.
 */
export function createTierCounts(isActive: (author: number, day: number) => boolean | undefined): TierCounts {
  const countedByKey = new Map<string, Counted>();
  const wasActive = (author: number, { from, to }: Span): boolean | undefined => {
    let isKnown = true;
    for (let day = from; day <= to; day++) {
      const answer = isActive(author, day);
      if (answer === true) return true;
      if (answer === undefined) isKnown = false;
    }
    return isKnown ? false : undefined;
  };
  return {
    find(span, trusted) {
      const counted = countedByKey.get(toKey(span));
      return counted && counted.trusted === trusted ? counted.tiers : undefined;
    },
    put(span, trusted, tiers) {
      if (span.unit !== 'day') return;
      countedByKey.delete(toKey(span));
      countedByKey.set(toKey(span), { span, trusted, tiers });
      for (const oldest of countedByKey.keys()) {
        if (countedByKey.size <= tierSpansMax) break;
        countedByKey.delete(oldest);
      }
    },
    forgetDay(day) {
      for (const [key, { span }] of countedByKey) if (span.from <= day && day <= span.to) countedByKey.delete(key);
    },
    forgetAll: () => countedByKey.clear(),
    move(author, before, after) {
      if (before.hasProfile === after.hasProfile && before.hasFollows === after.hasFollows) return;
      for (const [key, counted] of countedByKey) {
        const answer = wasActive(author, counted.span);
        if (answer === undefined) countedByKey.delete(key);
        else if (answer) counted.tiers = change(counted.tiers, before, after);
      }
    },
  };
}

/** The tiers of a set of users, given who has what now. */
export function countTiersOf(
  users: AuthorSet,
  { withProfile, withFollows }: { readonly withProfile: AuthorSet; readonly withFollows: AuthorSet },
  trusted: Trusted,
): UserTiers {
  return {
    all: countAuthors(users),
    withProfile: countAuthors(users, withProfile),
    withFollows: countAuthors(users, withFollows),
    withBoth: countAuthors(users, withProfile, withFollows),
    trusted: trusted ? countAuthors(users, trusted) : null,
  };
}

function change(tiers: UserTiers, before: AuthorFlags, after: AuthorFlags): UserTiers {
  const more = (has: (flags: AuthorFlags) => boolean): number => Number(has(after)) - Number(has(before));
  return {
    ...tiers,
    withProfile: tiers.withProfile + more(({ hasProfile }) => hasProfile),
    withFollows: tiers.withFollows + more(({ hasFollows }) => hasFollows),
    withBoth: tiers.withBoth + more(({ hasProfile, hasFollows }) => hasProfile && hasFollows),
  };
}

function toKey({ unit, from, to }: Span): string {
  return `${unit} ${from} ${to}`;
}
