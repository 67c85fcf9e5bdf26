import { type Address, type Filter, getIdentifier, isAddressableKind, type NostrEvent } from '@nostrata/protocol';
import type { EventStore } from '@nostrata/store';

/** Single events of the store. */
export interface Lookups {
  getEvent(id: string): Promise<NostrEvent | undefined>;
  getAddress(address: Address): Promise<NostrEvent | undefined>;
  list(filters: readonly Filter[]): Promise<NostrEvent[]>;
}

/** Reads single events from a store. */
export function createLookups(store: Pick<EventStore, 'query'>): Lookups {
  const list = async (filters: readonly Filter[]): Promise<NostrEvent[]> => {
    const events: NostrEvent[] = [];
    for await (const page of store.query(filters)) {
      for (const { json } of page) events.push(JSON.parse(json) as NostrEvent);
    }
    return events;
  };
  return {
    list,
    getEvent: async (id) => (await list([{ ids: [id], limit: 1 }]))[0],
    getAddress: async (address) =>
      (await list([toAddressFilter(address)])).find((event) => getIdentifier(event) === address.identifier),
  };
}

/** The filter of an address. An empty identifier may be a `d` tag that is missing, which no filter asks for. */
export function toAddressFilter({ kind, pubkey, identifier }: Address): Filter {
  const tags = isAddressableKind(kind) && identifier !== '' ? { tags: { d: [identifier] } } : {};
  return { kinds: [kind], authors: [pubkey], ...tags };
}
