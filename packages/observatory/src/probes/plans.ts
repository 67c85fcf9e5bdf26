import type { Clock } from '../contract.ts';
import type { ProbeLimits } from './limits.ts';
import type { Standing } from './outages.ts';
import { intervalAfter, jitter, skippedBy } from './schedule.ts';

/** When a relay is probed next, and what is known to plan it by. */
export interface Plan {
  nextMs: number;
  /** Probes that are left out before the next one. */
  skipped: number;
  /** In a row, as far as they counted. */
  failures: number;
  /** When the information document was asked for. */
  informationMs: number;
  isUnderWay: boolean;
}

/** The plans of all relays. */
export interface Plans {
  /** The plan of a relay; a new one begins within the first spread. */
  of(relay: number): Plan;
  /** Plans the next probe after an outcome. */
  reschedule(plan: Plan, ok: boolean): void;
  /** Goes on with what was known before a start: what is long down is not asked at every start. */
  resume(relay: number, standing: Standing): void;
}

/** Creates the plans. */
export function createPlans(clock: Pick<Clock, 'now'>, random: () => number, limits: ProbeLimits): Plans {
  const plans = new Map<number, Plan>();
  const of = (relay: number): Plan => {
    const known = plans.get(relay);
    if (known !== undefined) return known;
    const nextMs = clock.now() + random() * Math.min(limits.firstSpreadMs, limits.everyMs);
    const plan: Plan = { nextMs, skipped: 0, failures: 0, informationMs: Number.NEGATIVE_INFINITY, isUnderWay: false };
    plans.set(relay, plan);
    return plan;
  };
  return {
    of,
    reschedule(plan, ok) {
      // Whether a failure counts is judged later: one more is as good as known.
      const intervalMs = intervalAfter(ok ? 0 : plan.failures + 1, limits);
      plan.skipped = skippedBy(intervalMs, limits.everyMs);
      plan.nextMs = clock.now() + jitter(intervalMs, random());
    },
    resume(relay, { failures, lastProbeMs }) {
      const plan = of(relay);
      plan.failures = failures;
      if (failures <= limits.patienceFailures) return;
      plan.nextMs = Math.max(plan.nextMs, lastProbeMs + intervalAfter(failures, limits));
    },
  };
}
