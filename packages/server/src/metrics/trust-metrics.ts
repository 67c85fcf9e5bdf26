import type { TrustMetrics as RoomMetrics, Trust, TrustState } from '@nostrata/trust';
import type { Registry } from './registry.ts';

/** What the web of trust reports to. */
export interface TrustMetrics extends RoomMetrics {
  ranked(seconds: number, size: { readonly users: number; readonly follows: number }): void;
  /** From now on the state of this one is told. */
  watch(trust: Pick<Trust, 'state'>): void;
  /** Something went wrong in the background. */
  failed(): void;
}

const rankSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const states: readonly TrustState[] = ['building', 'ready', 'behind', 'unavailable', 'stopped'];

/** Creates the metrics of the web of trust; where it is off they stay empty. */
export function createTrustMetrics(registry: Registry): TrustMetrics {
  let watched: Pick<Trust, 'state'> | undefined;
  let last = { users: 0, follows: 0 };
  registry.gauges('nostrata_trust_state', 'State of the web of trust: 1 for the one that it is in.', {
    label: 'state',
    read: () => new Map(watched ? states.map((state) => [state, watched?.state === state ? 1 : 0]) : []),
  });
  registry.gauge('nostrata_trust_users', 'Users in the graph of follows.', () => last.users);
  registry.gauge('nostrata_trust_follows', 'Follows in it.', () => last.follows);
  const seconds = registry.histogram('nostrata_trust_rank_seconds', 'Time to rank everybody.', rankSeconds);
  const failures = registry.counter('nostrata_trust_failures_total', 'Failures that were dealt with.');
  return {
    ranked(time, size) {
      seconds.observe(time);
      last = size;
    },
    watch(trust) {
      watched = trust;
    },
    failed: () => failures.add(),
  };
}
