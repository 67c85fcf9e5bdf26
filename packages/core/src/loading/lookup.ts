import type { Plan } from '@nostrata/network';
import { type Filter, Kind } from '@nostrata/protocol';
import type { ReadRoutes } from './routes.ts';
import type { Wanted } from './wanted.ts';

/** Kinds that say where to look; asking their author's relays for them would need them first. */
const lookupKinds: ReadonlySet<number> = new Set([Kind.relayList, Kind.inboxRelays]);

/** Says whether the wish is for something that says where to look, or that collectors are asked for. */
export function isLookup(wanted: Wanted): boolean {
  return wanted.type === 'authored' && (wanted.at === 'lookup' || wanted.kinds.every((kind) => lookupKinds.has(kind)));
}

/**
 * Routes for everything: relay lists are asked of the lookup relays, everything else where the routes say. Hints are
 * asked too.
 */
export function createLookupRoutes(routes: ReadRoutes, lookupRelays: readonly string[]): ReadRoutes {
  return {
    forRead: async (filters, options = {}) => {
      const forLookup = (filter: Filter): boolean =>
        options.isLookup === true || filter.kinds?.every((kind) => lookupKinds.has(kind)) === true;
      const lookups = filters.filter(forLookup);
      const others = filters.filter((filter) => !forLookup(filter));
      const plan = new Map<string, Filter[]>();
      const hints = options.hints ?? [];
      if (others.length > 0)
        addPlan(plan, await routes.forRead(others, { hints, isHinted: options.isHinted === true }));
      if (lookups.length > 0) {
        const relays = new Set([...lookupRelays, ...hints]);
        addPlan(plan, new Map([...relays].map((relay) => [relay, lookups])));
      }
      return plan;
    },
  };
}

/** Puts a plan into another. */
export function addPlan(plan: Map<string, Filter[]>, added: Plan): void {
  for (const [relay, filters] of added) plan.set(relay, [...(plan.get(relay) ?? []), ...filters]);
}
