import type { Plan } from '@nostrata/network';
import { type Filter, Kind } from '@nostrata/protocol';
import type { ReadRoutes } from './loader.ts';

/** Kinds that say where to look; asking their author's relays for them would need them first. */
const lookupKinds: ReadonlySet<number> = new Set([Kind.relayList, Kind.inboxRelays]);

/**
 * Routes for everything: relay lists are asked of the lookup relays, everything else where the routes say. Hints are
 * asked too.
 */
export function createLookupRoutes(routes: ReadRoutes, lookupRelays: readonly string[]): ReadRoutes {
  return {
    forRead: async (filters, options = {}) => {
      const isLookup = (filter: Filter): boolean => filter.kinds?.every((kind) => lookupKinds.has(kind)) === true;
      const lookups = filters.filter(isLookup);
      const others = filters.filter((filter) => !isLookup(filter));
      const plan = new Map<string, Filter[]>();
      if (others.length > 0) addPlan(plan, await routes.forRead(others, options));
      if (lookups.length > 0) {
        const relays = new Set([...lookupRelays, ...(options.hints ?? [])]);
        addPlan(plan, new Map([...relays].map((relay) => [relay, lookups])));
      }
      return plan;
    },
  };
}

function addPlan(plan: Map<string, Filter[]>, added: Plan): void {
  for (const [relay, filters] of added) plan.set(relay, [...(plan.get(relay) ?? []), ...filters]);
}
