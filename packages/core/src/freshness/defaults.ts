import type { Freshness, FreshnessClass } from '../contract.ts';

const minute = 60_000;
const hour = 60 * minute;

/**
 * How long each sort of answer is good for. Event, profile, follows, relay list and trust are the figures of the
 * database-first design; mutes, relay sets and engagement are its open ones. What a person edits and must see at once
 * on another device (mutes, lists, inbox relays) is checked as often as follows. A profile that is not found is asked
 * for again after 5 minutes, so that a new name shows soon; events that are not found after 1 minute.
 */
const defaultFreshness: Readonly<Record<FreshnessClass, Freshness>> = {
  event: { freshForMs: 5 * minute, missingForMs: minute, policy: 'stale-while-revalidate' },
  profile: { freshForMs: hour, missingForMs: 5 * minute, policy: 'stale-while-revalidate' },
  follows: { freshForMs: 6 * hour, missingForMs: 5 * minute, policy: 'cache-first' },
  relayList: { freshForMs: 12 * hour, missingForMs: 6 * hour, policy: 'stale-while-revalidate' },
  relaySets: { freshForMs: 12 * hour, missingForMs: 30 * minute, policy: 'stale-while-revalidate' },
  mutes: { freshForMs: 6 * hour, missingForMs: 5 * minute, policy: 'stale-while-revalidate' },
  lists: { freshForMs: 6 * hour, missingForMs: 5 * minute, policy: 'stale-while-revalidate' },
  inboxRelays: { freshForMs: 12 * hour, missingForMs: 30 * minute, policy: 'cache-first' },
  engagement: { freshForMs: 5 * minute, missingForMs: minute, policy: 'stale-while-revalidate' },
  timeline: { freshForMs: 5 * minute, missingForMs: minute, policy: 'stale-while-revalidate' },
  trust: { freshForMs: 24 * hour, missingForMs: hour, policy: 'stale-while-revalidate' },
  address: { freshForMs: hour, missingForMs: 5 * minute, policy: 'stale-while-revalidate' },
};

/** The defaults with an application's own figures over them. */
export function mergeFreshness(
  own: Partial<Readonly<Record<FreshnessClass, Partial<Freshness>>>> = {},
): Readonly<Record<FreshnessClass, Freshness>> {
  const merged = { ...defaultFreshness };
  for (const [name, freshness] of Object.entries(own) as [FreshnessClass, Partial<Freshness>][]) {
    merged[name] = { ...merged[name], ...freshness };
  }
  return merged;
}
