import { type Filter, isHex64 } from '@nostrata/protocol';

/** A filter as SQL needs it: each value once, and no id or pubkey that is not 64 lower-case hex digits. */
export function normalizeFilter(filter: Filter): Filter {
  const { ids, authors, kinds, tags } = filter;
  return {
    ...filter,
    ...(ids && { ids: unique(ids).filter(isHex64) }),
    ...(authors && { authors: unique(authors).filter(isHex64) }),
    ...(kinds && { kinds: unique(kinds) }),
    ...(tags && { tags: Object.fromEntries(Object.entries(tags).map(([letter, list]) => [letter, unique(list)])) }),
  };
}

function unique<T>(list: readonly T[]): readonly T[] {
  return list.length > 1 ? [...new Set(list)] : list;
}
