import type { Plan } from '@nostrata/network';
import type { Filter, ListedRelay, NostrEvent } from '@nostrata/protocol';

/** Who is asked and who is told. */
export interface Routes {
  forRead(filters: readonly Filter[], options?: { readonly hints?: readonly string[] }): Promise<Plan>;
  forWrite(event: NostrEvent): Promise<readonly string[]>;
}

/** What routes know. */
export interface RoutesOptions {
  readonly relayListOf: (pubkeys: readonly string[]) => Promise<ReadonlyMap<string, readonly ListedRelay[]>>;
  readonly defaults: readonly string[];
}

/** Every filter goes to the default relays, the hints and the write relays of its authors. */
export function createRoutes({ relayListOf, defaults }: RoutesOptions): Routes {
  const writeRelays = (list: readonly ListedRelay[] = []): string[] =>
    list.filter(({ write }) => write).map(({ url }) => url);
  return {
    forRead: async (filters, { hints = [] } = {}) => {
      const lists = await relayListOf([...new Set(filters.flatMap(({ authors = [] }) => authors))]);
      const plan = new Map<string, Filter[]>();
      for (const filter of filters) {
        const listed = (filter.authors ?? []).flatMap((author) => writeRelays(lists.get(author)));
        for (const relay of new Set([...defaults, ...hints, ...listed])) {
          plan.set(relay, [...(plan.get(relay) ?? []), filter]);
        }
      }
      return plan;
    },
    forWrite: async (event) => {
      const relays = writeRelays((await relayListOf([event.pubkey])).get(event.pubkey));
      return relays.length > 0 ? relays : defaults;
    },
  };
}
