import type { z } from 'zod';
import type { TrustNetwork, TrustScore } from '../contract.ts';
import type { explanationAnswer, networkAnswer, pathAnswer, scoreAnswer, similarAnswer, standing } from './schemas.ts';

/** A score as it is sent. */
export type ScoreAnswer = z.output<typeof scoreAnswer>;

/** Why somebody has their score, as it is sent. */
export type ExplanationAnswer = z.output<typeof explanationAnswer>;

/** The web of trust in figures, as it is sent. */
export type NetworkAnswer = z.output<typeof networkAnswer>;

/** A chain of follows, as it is sent. */
export type PathAnswer = z.output<typeof pathAnswer>;

/** Accounts with the same followers, as they are sent. */
export type SimilarAnswer = z.output<typeof similarAnswer>;

/** A score as it is sent: times are texts, and what is not there is null. */
export function toScoreAnswer(score: TrustScore): ScoreAnswer {
  return {
    ...score,
    observer: score.observer ?? null,
    botFlags: [...score.botFlags],
    asOf: toInstant(score.asOf),
    lastCalculated: toInstant(score.lastCalculated),
  };
}

/** The network as it is sent. */
export function toNetworkAnswer(network: TrustNetwork): NetworkAnswer {
  const { state, muters, reporters, anchors, reachedByHops, iterations, leftOut, first } = network;
  return {
    ...toStanding(network),
    ...{ state, muters, reporters, anchors, iterations, leftOut },
    reachedByHops: [...reachedByHops],
    first: [...first],
  };
}

/** How much an answer about the whole graph is worth. */
export function toStanding(network: TrustNetwork): z.output<typeof standing> {
  const { users, follows, asOf, isApproximate, anchors, leftOut, state } = network;
  return {
    graph: { users, follows },
    asOf: toInstant(asOf),
    approximate: isApproximate,
    partial: leftOut > 0 || anchors === 0,
    stale: state !== 'ready',
  };
}

function toInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
