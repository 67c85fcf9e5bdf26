import { type Filter, Kind } from '@nostrata/protocol';
import { buildRelaySet, type KnownLists } from './relay-set.ts';

/** What kind of reading filters are, taken together. */
export type FilterPattern = 'general' | 'search' | 'dmInbox';

/** Says whether filters search, read the direct messages of one person, or neither. */
export function findFilterPattern(filters: readonly Filter[]): FilterPattern {
  if (filters.some(({ search }) => search !== undefined)) return 'search';
  return getInboxOwner(filters) === undefined ? 'general' : 'dmInbox';
}

/** The one person whose wraps are asked for, and nothing else. */
function getInboxOwner(filters: readonly Filter[]): string | undefined {
  const owners = new Set<string | undefined>();
  for (const { kinds, tags } of filters) {
    const [pubkey, ...others] = tags?.p ?? [];
    const isInbox = kinds?.length === 1 && kinds[0] === Kind.giftWrap && others.length === 0;
    owners.add(isInbox ? pubkey : undefined);
  }
  const [owner] = owners;
  return owners.size === 1 ? owner : undefined;
}

/** What choosing relays for reading goes by, where authors do not matter. */
export interface ReadContext {
  readonly lists: Pick<KnownLists, 'inboxRelays'>;
  /** The relays of the reader. */
  readonly userRelays: readonly string[];
  /** Relays that the caller names. */
  readonly callerRelays?: readonly string[] | undefined;
  /** Relays that search (NIP-50). */
  readonly searchRelays?: readonly string[] | undefined;
  readonly blocked?: ReadonlySet<string> | undefined;
}

/** Where filters are read, and by which rule; null: there is no relay that would have the answer. */
export interface ReadRoute {
  readonly branch: FilterPattern;
  readonly relays: readonly string[] | null;
}

/** Chooses the relays for filters as a whole: searching relays, a person's inbox for messages, or the usual ones. */
export function routeRead(filters: readonly Filter[], context: ReadContext): ReadRoute {
  const { callerRelays = [], searchRelays = [], blocked } = context;
  const branch = findFilterPattern(filters);
  switch (branch) {
    case 'search':
      return { branch, relays: buildRelaySet([searchRelays, callerRelays], blocked) };
    case 'dmInbox': {
      const inbox = context.lists.inboxRelays(getInboxOwner(filters) ?? '');
      const relays = buildRelaySet([inbox ?? []], blocked);
      return { branch, relays: relays.length > 0 ? relays : null };
    }
    case 'general':
      return { branch, relays: buildRelaySet([context.userRelays, callerRelays], blocked) };
  }
}
