import type { Phase } from '../histogram.ts';
import { ownNetworkRelaysMin, ownNetworkShare } from './limits.ts';

/** What a probe of a known relay found, and when. */
export interface Outcome {
  readonly relay: number;
  readonly atMs: number;
  readonly ok: boolean;
  readonly failure: string | null;
  readonly ms: ReadonlyMap<Phase, number>;
  /** Probes that were left out since the last one, because that had failed; they count as this one where it failed. */
  readonly skipped: number;
  readonly skippedEveryMs: number;
}

/** How a relay stood before: it answered, it did not, or nothing was known. */
export type Before = 'up' | 'down' | 'new';

/** An outcome, and how the relay stood before it. */
export interface PlacedOutcome extends Outcome {
  readonly before: Before;
}

/** An outcome that was judged: what is not counted says nothing of the relay. */
export interface JudgedOutcome extends PlacedOutcome {
  readonly isCounted: boolean;
}

/** Outcomes of about the same time. */
export interface Round {
  readonly outcomes: readonly PlacedOutcome[];
  /** Whether so many failed that it was our own network. */
  readonly isOurs: boolean;
}

/**
 * Says whether what failed in a round is our own network: more than 30 % of the relays that answered before. Relays that
 * were down before say nothing of it. Where no relay has ever answered, all must fail, and be three at least.
 */
export function createRound(outcomes: readonly PlacedOutcome[]): Round {
  const up = outcomes.filter(({ before }) => before === 'up');
  const failed = up.filter(({ ok }) => !ok).length;
  if (up.length >= ownNetworkRelaysMin) return { outcomes, isOurs: failed > up.length * ownNetworkShare };
  if (outcomes.some(({ ok }) => ok)) return { outcomes, isOurs: false };
  const fresh = outcomes.filter(({ before }) => before === 'new').length;
  return { outcomes, isOurs: up.length >= 2 || up.length + fresh >= 3 };
}

/**
 * Judges a round between its neighbours: nothing of a round that was our own network counts, and of the rounds beside it
 * no failure does, because the fault began in one and ended in the other.
 */
export function judgeRound(round: Round, neighbours: readonly (Round | undefined)[]): readonly JudgedOutcome[] {
  const isBeside = neighbours.some((neighbour) => neighbour?.isOurs === true);
  return round.outcomes.map((outcome) => ({
    ...outcome,
    isCounted: !round.isOurs && (outcome.ok || !isBeside || outcome.before === 'down'),
  }));
}

/** Whether at least half of the relays that answered before answered again. */
export function mostAnswer({ outcomes }: Round): boolean {
  const up = outcomes.filter(({ before }) => before === 'up');
  return up.filter(({ ok }) => ok).length * 2 >= up.length && up.length > 0;
}
