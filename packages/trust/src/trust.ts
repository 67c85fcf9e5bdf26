import type { Cache } from '@nostrata/cache';
import { isHex64 } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';
import { accountAgeScore, activityScore, loadAccount } from './account/account.ts';
import { findBotFlags, isLikelyBot } from './account/bots.ts';
import type { ScoreOptions, Trust, TrustClock, TrustMetrics, TrustScore } from './contract.ts';
import { type DiscountPolicy, discountOf, usualDiscounts } from './discount.ts';
import { TrustError } from './errors.ts';
import { explainScore } from './explain.ts';
import { anchorsMax, similarMax } from './limits.ts';
import { createScoreCache } from './score-cache.ts';
import { createRanker, type Ranked } from './thread/ranker.ts';
import type { startThread } from './thread/thread.ts';

/** What trust is made of. */
export interface TrustOptions {
  readonly store: EventStore;
  /** Pubkeys (hex) from which trust flows outwards: the operator's own, and those they vouch for. */
  readonly anchors: readonly string[];
  readonly clock: TrustClock;
  /** Where scores are kept for five minutes, under `wot-scores:`. */
  readonly cache: Cache;
  /** A number in [0, 1), of which the hash table's seed is made. */
  readonly random: () => number;
  readonly discounts?: DiscountPolicy | undefined;
  /** Told of everything that goes wrong in the background. */
  readonly onProblem?: ((error: unknown) => void) | undefined;
  readonly metrics?: TrustMetrics | undefined;
  /** How the thread is started; for tests that end it. */
  readonly startThread?: typeof startThread | undefined;
}

/**
 * Creates the web of trust over a store. Nothing is computed until `start`.
 * @throws TrustError `argument` where an anchor is no pubkey
 */
export function createTrust(options: TrustOptions): Trust {
  const { store, anchors, clock, cache, onProblem } = options;
  requirePubkeys(...anchors);
  if (anchors.length > anchorsMax) throw new TrustError('argument', `there are more than ${anchorsMax} anchors`);
  const ranker = createRanker({ ...options, seed: Math.floor(options.random() * 0x1_0000_0000) });
  const scores = createScoreCache({ cache, clock, onProblem });

  const score = async (pubkey: string, { observer }: ScoreOptions = {}): Promise<TrustScore> => {
    requirePubkeys(pubkey, observer);
    if (ranker.state === 'stopped') ranker.ranked();
    const discounts = options.discounts ?? usualDiscounts;
    return await scores.get(`${observer ?? ''}:${pubkey}`, async () => {
      return await computeScore(ranker.ranked(), { store, pubkey, observer, nowMs: clock.now(), discounts });
    });
  };
  return {
    get state() {
      return ranker.state;
    },
    start: () => ranker.start(),
    refresh: () => ranker.refresh(),
    score,
    async explain(pubkey, options = {}) {
      const { observer } = options;
      requirePubkeys(pubkey, observer);
      if (ranker.state === 'stopped') ranker.ranked();
      const { explained, stale } = await scores.get(`explain:${observer ?? ''}:${pubkey}`, async () => {
        const known = await score(pubkey, options);
        const reasons = await ranker.ranked().ask('reasons', { pubkey, observer });
        const explained = { score: known, reasons: explainScore(known), ...reasons };
        return { explained, asOf: known.asOf, stale: known.stale };
      });
      return { ...explained, score: { ...explained.score, stale } };
    },
    async path(from, to) {
      requirePubkeys(from, to);
      return await ranker.ranked().ask('path', { from, to });
    },
    async similar(pubkey, limit = 20, { observer } = {}) {
      requirePubkeys(pubkey, observer);
      if (!Number.isInteger(limit) || limit < 1 || limit > similarMax) {
        throw new TrustError('argument', `the limit is not a whole number between 1 and ${similarMax}`);
      }
      return await ranker.ranked().ask('similar', { pubkey, limit, observer });
    },
    async verify(pubkey, minScore = 50, options = {}) {
      if (!(minScore >= 0 && minScore <= 100)) throw new TrustError('argument', 'minScore is not between 0 and 100');
      const known = await score(pubkey, options);
      return { passes: known.trustScore >= minScore, minScore, score: known };
    },
    async network() {
      const { figures, asOf } = ranker.ranked();
      return { ...figures, asOf, state: ranker.state };
    },
    async trusted(max) {
      return await ranker.ranked().ask('trusted', { max });
    },
    stop: () => ranker.stop(),
    [Symbol.asyncDispose]: () => ranker.stop(),
  };
}

function requirePubkeys(...pubkeys: readonly (string | undefined)[]): void {
  if (pubkeys.some((pubkey) => pubkey !== undefined && !isHex64(pubkey)))
    throw new TrustError('argument', 'a pubkey has 64 lower-case hex digits');
}

interface Subject {
  readonly store: EventStore;
  readonly pubkey: string;
  readonly observer: string | undefined;
  readonly nowMs: number;
  readonly discounts: DiscountPolicy;
}

async function computeScore({ ask, figures, asOf }: Ranked, subject: Subject): Promise<TrustScore> {
  const { store, pubkey, observer, nowMs, discounts } = subject;
  const [[standing], account] = await Promise.all([
    ask('standings', { pubkeys: [pubkey], observer }),
    loadAccount(store, pubkey, nowMs).catch((cause: unknown) => {
      throw new TrustError('unavailable', 'the event store gave no answer about the account', { cause });
    }),
  ]);
  if (!standing) throw new TrustError('unavailable', 'the web of trust gave no answer');
  const { followersCount, followingCount, depth, isApproximate, ...components } = standing;
  const { anchoredRank, personalRank } = components;
  const botFlags = findBotFlags(account, { followersCount, followingCount });
  const isBot = isLikelyBot(botFlags);
  return {
    pubkey,
    ...(observer !== undefined && { observer }),
    trustScore: personalRank ?? anchoredRank ?? 0,
    algorithm: personalRank !== null ? 'personalised-pagerank' : anchoredRank !== null ? 'trustrank' : 'none',
    followersCount,
    followingCount,
    wotDepth: depth,
    components,
    accountAgeDays: account.accountAgeDays === null ? null : Math.floor(account.accountAgeDays),
    accountAgeScore: accountAgeScore(account.accountAgeDays),
    activityScore: activityScore(account),
    botFlags,
    isLikelyBot: isBot,
    discountPercent: isBot ? 0 : discountOf(anchoredRank, account.accountAgeDays, discounts),
    graph: { users: figures.users, follows: figures.follows },
    asOf,
    lastCalculated: nowMs,
    approximate: isApproximate,
    partial: figures.leftOut > 0 || figures.anchors === 0,
    stale: false,
  };
}
