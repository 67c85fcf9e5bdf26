import { type Address, type Filter, formatAddress, Kind } from '@nostrata/protocol';
import { filterValuesMax } from '../limits.ts';
import { toAddressFilter } from '../lookups.ts';

/** One thing that a read wants from relays; the same thing has the same key. */
export type Wanted =
  /** An addressable event with an identifier. */
  | { readonly type: 'address'; readonly address: Address }
  /** Everything of some kinds that a person has: replaceable events, or all sets of a kind. */
  | {
      readonly type: 'authored';
      readonly pubkey: string;
      readonly kinds: readonly number[];
      /** Asked of the lookup relays, which collect such things, instead of the author's own. */
      readonly at?: 'lookup';
    }
  | { readonly type: 'event'; readonly id: string }
  /** Whether an event that is here was deleted elsewhere: all that can happen to it. */
  | { readonly type: 'deletion'; readonly id: string; readonly author: string }
  /** Events that refer to an event with an `e` tag, of some kinds. */
  | {
      readonly type: 'references';
      readonly id: string;
      readonly kinds: readonly number[];
      /** Asked of these relays instead of the default ones. */
      readonly at?: readonly string[] | undefined;
    };

/** The wish for an address. An empty identifier may be a `d` tag that is missing, which no filter asks for. */
export function wantAddress(address: Address): Wanted {
  if (address.identifier !== '') return { type: 'address', address };
  return { type: 'authored', pubkey: address.pubkey, kinds: [address.kind] };
}

/** The key by which equal wishes are one. */
export function keyOf(wanted: Wanted): string {
  switch (wanted.type) {
    case 'address':
      return `address:${formatAddress(wanted.address)}`;
    case 'authored':
      return `authored:${wanted.at ? `${wanted.at}:` : ''}${wanted.kinds.join(',')}:${wanted.pubkey}`;
    case 'event':
      return `event:${wanted.id}`;
    case 'deletion':
      return `deletion:${wanted.id}`;
    case 'references':
      return `references:${wanted.kinds.join(',')}:${wanted.id}`;
  }
}

/** The fewest filters that ask for all of it, none of which asks for anything else. */
export function toFilters(all: readonly Wanted[]): Filter[] {
  const kindsByAuthor = new Map<string, Set<number>>();
  const addressable: Filter[] = [];
  const ids = new Set<string>();
  const deletions = new Map<string, Set<string>>();
  const references = new Map<string, { kinds: readonly number[]; ids: Set<string> }>();
  for (const wanted of all) {
    if (wanted.type === 'event') ids.add(wanted.id);
    else if (wanted.type === 'deletion') addTo(deletions, wanted.author, wanted.id);
    else if (wanted.type === 'references') {
      const group = references.get(wanted.kinds.join()) ?? { kinds: wanted.kinds, ids: new Set<string>() };
      references.set(wanted.kinds.join(), group);
      group.ids.add(wanted.id);
    } else if (wanted.type === 'address') addressable.push(toAddressFilter(wanted.address));
    else for (const kind of wanted.kinds) addTo(kindsByAuthor, wanted.pubkey, kind);
  }
  const filters = [...joinReplaceable(kindsByAuthor), ...joinAddressable(addressable)];
  for (const part of chunks([...ids])) filters.push({ ids: part });
  for (const [author, targets] of deletions) {
    for (const part of chunks([...targets])) {
      filters.push({ kinds: [Kind.deletionRequest], authors: [author], tags: { e: part } });
    }
  }
  for (const { kinds, ids: targets } of references.values()) {
    for (const part of chunks([...targets])) filters.push({ kinds, tags: { e: part } });
  }
  return filters;
}

/** Says whether an answer to the filter is an answer to the wish. */
export function createCover(filter: Filter): (wanted: Wanted) => boolean {
  const kinds = filter.kinds && new Set(filter.kinds);
  const authors = filter.authors && new Set(filter.authors);
  const ids = filter.ids && new Set(filter.ids);
  const targets = filter.tags?.e && new Set(filter.tags.e);
  const identifiers = filter.tags?.d && new Set(filter.tags.d);
  return (wanted) => {
    switch (wanted.type) {
      case 'event':
        return ids?.has(wanted.id) === true;
      case 'deletion':
        return targets?.has(wanted.id) === true && kinds?.has(Kind.deletionRequest) === true;
      case 'references':
        return targets?.has(wanted.id) === true && wanted.kinds.every((kind) => kinds?.has(kind) !== false);
      case 'authored': {
        const isWhole = filter.tags === undefined && authors?.has(wanted.pubkey) === true;
        return isWhole && wanted.kinds.every((kind) => kinds?.has(kind));
      }
      case 'address': {
        const { kind, pubkey, identifier } = wanted.address;
        const isNamed = filter.tags === undefined || identifiers?.has(identifier) === true;
        return isNamed && kinds?.has(kind) === true && authors?.has(pubkey) === true;
      }
    }
  };
}

/** Authors of whom the same kinds are wanted share a filter. */
function joinReplaceable(kindsByAuthor: ReadonlyMap<string, ReadonlySet<number>>): Filter[] {
  const authorsByKinds = new Map<string, string[]>();
  for (const [author, kinds] of kindsByAuthor) {
    const key = [...kinds].sort((a, b) => a - b).join();
    authorsByKinds.set(key, [...(authorsByKinds.get(key) ?? []), author]);
  }
  const filters: Filter[] = [];
  for (const [key, authors] of authorsByKinds) {
    const kinds = key.split(',').map(Number);
    for (const part of chunks(authors)) filters.push({ kinds, authors: part });
  }
  return filters;
}

/** Addresses of one kind and author share a filter. */
function joinAddressable(filters: readonly Filter[]): Filter[] {
  const groups = Map.groupBy(filters, ({ kinds, authors }) => `${kinds}:${authors}`);
  return [...groups.values()].flatMap((group) => {
    const identifiers = [...new Set(group.flatMap(({ tags }) => tags?.d ?? []))];
    return chunks(identifiers).map((d) => ({ ...group[0], tags: { d } }));
  });
}

function addTo<T>(sets: Map<string, Set<T>>, key: string, value: T): void {
  const set = sets.get(key) ?? new Set<T>();
  sets.set(key, set);
  set.add(value);
}

function chunks<T>(values: readonly T[]): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < values.length; start += filterValuesMax) {
    parts.push(values.slice(start, start + filterValuesMax));
  }
  return parts;
}
