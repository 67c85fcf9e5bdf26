import type { Database } from '@nostrata/database';
import type { Clock, ObservatoryLogger, ObservatoryMetrics } from '../contract.ts';
import { type OwnFault, writeOutcomes } from './ledger.ts';
import type { ProbeLimits } from './limits.ts';
import type { Standing } from './outages.ts';
import {
  type Before,
  createRound,
  type JudgedOutcome,
  judgeRound,
  mostAnswer,
  type Outcome,
  type Round,
} from './rounds.ts';

/** What the judge needs. */
export interface JudgeOptions {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: ObservatoryLogger;
  readonly metrics?: ObservatoryMetrics | undefined;
  readonly limits: ProbeLimits;
  /** Called for each relay after what was found of it was judged and written. */
  readonly onStanding: (relay: number, standing: Standing) => void;
}

/** Gathers outcomes in rounds, judges each when the one after it is known, and writes it. */
export interface Judge {
  /** Says how a relay stood before this process began. */
  remember(relay: number, before: Before): void;
  take(outcome: Outcome): void;
  /** Ends the round that is full or old enough; resolves when what could be written is written. */
  tick(relays: number): Promise<void>;
  /** Judges everything with what is known now. */
  flush(): Promise<void>;
}

/** Creates a judge. */
export function createJudge({ database, clock, logger, metrics, limits, onStanding }: JudgeOptions): Judge {
  const beforeByRelay = new Map<number, Before>();
  let open: Outcome[] = [];
  let beganMs: number | undefined;
  let closedMs = 0;
  let oursSinceMs: number | undefined;
  let last: Round | undefined;
  let beforeLast: Round | undefined;
  let judged: JudgedOutcome[] = [];
  let faults: OwnFault[] = [];
  let writing: Promise<void> = Promise.resolve();
  /** A fault of our own that most relays do not notice for so long is none: those that fail are really away. */
  const doubt = (round: Round): Round => {
    if (!round.isOurs) oursSinceMs = undefined;
    else oursSinceMs ??= clock.now();
    if (oursSinceMs === undefined || clock.now() - oursSinceMs < limits.ownNetworkMsMax) return round;
    return mostAnswer(round) ? { ...round, isOurs: false } : round;
  };
  const close = (): void => {
    // What the round before found is not judged yet; unless it was our own network, it is how relays stood.
    const provisional = new Map(last?.isOurs === false ? last.outcomes.map(({ relay, ok }) => [relay, ok]) : []);
    const beforeOf = (relay: number): Before => {
      const ok = provisional.get(relay);
      return ok === undefined ? (beforeByRelay.get(relay) ?? 'new') : ok ? 'up' : 'down';
    };
    const round = doubt(createRound(open.map((outcome) => ({ ...outcome, before: beforeOf(outcome.relay) }))));
    open = [];
    beganMs = undefined;
    closedMs = clock.now();
    if (round.isOurs) noteFault(round);
    settleLast(round);
    last = round;
  };
  /** The last round is judged when its neighbours on both sides are known, or none has come for long. */
  const settleLast = (next: Round | undefined): void => {
    if (last === undefined) return;
    const outcomes = judgeRound(last, [beforeLast, next]);
    beforeLast = last;
    last = undefined;
    judged.push(...outcomes);
    for (const { relay, ok, isCounted } of outcomes) if (isCounted) beforeByRelay.set(relay, ok ? 'up' : 'down');
    const excess = judged.length - limits.unwrittenMax;
    if (excess <= 0) return;
    judged = judged.slice(excess);
    metrics?.failed?.('probes-unwritten');
  };
  const noteFault = ({ outcomes }: Round): void => {
    const times = outcomes.map(({ atMs }) => atMs);
    const failures = outcomes.filter(({ ok }) => !ok).length;
    const [fromMs, toMs] = [Math.min(...times), Math.max(...times)];
    faults.push({ fromMs, toMs, probes: outcomes.length, failures });
    logger.warn({ probes: outcomes.length, failures }, 'so many relays fail at once that it is our own network');
  };
  const writeOut = async (): Promise<void> => {
    if (judged.length === 0 && faults.length === 0) return;
    const [outcomes, ownFaults] = [judged, faults];
    [judged, faults] = [[], []];
    try {
      for (const [relay, standing] of await writeOutcomes(database, outcomes, ownFaults)) onStanding(relay, standing);
    } catch (error) {
      // Kept for the next time, in their order; `take` bounds them.
      judged = [...outcomes, ...judged];
      faults = [...ownFaults, ...faults];
      throw error;
    }
  };
  const queueWrite = (): Promise<void> => {
    const run = writing.then(writeOut);
    writing = run.catch(() => undefined);
    return run;
  };
  return {
    remember: (relay, before) => void beforeByRelay.set(relay, before),
    take(outcome) {
      beganMs ??= outcome.atMs;
      open.push(outcome);
    },
    async tick(relays) {
      const ageMs = beganMs === undefined ? 0 : clock.now() - beganMs;
      const isFull = open.length >= Math.min(limits.roundProbesMin, Math.max(1, relays));
      const isOver = (isFull && ageMs >= limits.roundMs) || open.length >= limits.roundProbesMax;
      if (isOver || ageMs >= limits.everyMs) {
        close();
        await queueWrite();
      } else if (last !== undefined && clock.now() - closedMs >= 2 * limits.roundMs) {
        settleLast(undefined);
        await queueWrite();
      }
    },
    async flush() {
      if (open.length > 0) close();
      settleLast(undefined);
      await queueWrite();
    },
  };
}
