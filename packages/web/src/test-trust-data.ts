import { createKeys, type Keys } from '@nostrata/testing';
import type { ExplanationAnswer, NetworkAnswer, PathAnswer, ScoreAnswer, SimilarAnswer } from '@nostrata/trust';
import { alice, bob, daysFromNow } from './test-accounts-data.ts';

const people: readonly Keys[] = Array.from({ length: 14 }, (_, place) => createKeys(`person ${place} of the page`));

const pubkeyAt = (place: number): string => people[place % people.length]?.pubkey ?? '';

const standing = {
  graph: { users: 2_671_300, follows: 48_210_000 },
  asOf: daysFromNow(-0.001),
  approximate: false,
  partial: false,
  stale: false,
} as const;

/** A score. */
export function scoreOf(pubkey: string, observer: string | null): ScoreAnswer {
  const isBot = pubkey === bob.pubkey;
  return {
    ...standing,
    pubkey,
    observer,
    trustScore: isBot ? 3 : 62,
    algorithm: observer === null ? 'trustrank' : 'personalised-pagerank',
    followersCount: 1_204,
    followingCount: 310,
    wotDepth: 2,
    components: {
      pageRank: 71,
      anchoredRank: isBot ? 3 : 62,
      personalRank: observer === null ? null : 44,
      influence: 58,
      mutersCount: 3,
      reportersCount: 1,
    },
    accountAgeDays: 812,
    accountAgeScore: 100,
    activityScore: 86,
    botFlags: isBot ? [{ flag: 'regular-intervals', reason: 'The time between notes varies by 2 % only.' }] : [],
    isLikelyBot: isBot,
    discountPercent: isBot ? 0 : 10,
    lastCalculated: daysFromNow(-0.001),
  };
}

/** Why. */
export function explanationOf(pubkey: string): ExplanationAnswer {
  return {
    score: scoreOf(pubkey, null),
    reasons: [
      'Trust that flows from the anchors along follows gives 62 of 100.',
      'The shortest chain of follows from an anchor has 2 steps.',
      '1204 follow lists among 2671300 known users name this account.',
    ],
    followers: people.map((person, place) => ({ pubkey: person.pubkey, trustScore: 96 - 4 * place })),
    paths: [[pubkeyAt(0), pubkeyAt(1), pubkey]],
  };
}

/** The whole network. */
export const network: NetworkAnswer = {
  ...standing,
  state: 'ready',
  muters: 12_400,
  reporters: 3_100,
  anchors: 4,
  reachedByHops: [4, 2_310, 181_000, 640_000],
  iterations: { pageRank: 40, trustRank: 38, grapeRank: 12 },
  leftOut: 0,
  first: people.map(({ pubkey }, place) => ({ pubkey, trustScore: 100 - 2 * place })),
};

/** A path; nobody reaches Bob. */
export function pathOf(from: string, to: string): PathAnswer {
  const path = to === bob.pubkey ? null : [from, pubkeyAt(2), pubkeyAt(3), to];
  return { ...standing, from, to, path, steps: path && path.length - 1 };
}

/** Accounts that the same people follow. */
export function similarTo(pubkey: string): SimilarAnswer {
  const items = people.slice(0, 5).map((person, place) => ({
    pubkey: person.pubkey,
    similarity: 0.61 - place / 10,
    commonFollowers: 420 - place * 31,
  }));
  return { ...standing, pubkey, items: pubkey === alice.pubkey ? items : [] };
}
