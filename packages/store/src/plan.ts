import { type Filter, getGeohashPrefix, type NostrEvent, parseSearch } from '@nostrata/protocol';

/** One ordered run of an index: newest first, then lowest id. `kind` undefined: every kind under that key. */
export type Stream =
  | { readonly index: 'tag'; readonly letter: string; readonly value: string; readonly kind: number | undefined }
  | { readonly index: 'author'; readonly pubkey: string; readonly kind: number | undefined }
  | { readonly index: 'kind'; readonly kind: number }
  | { readonly index: 'time' };

/** How one filter is answered: by ids, by search, or by merging the ordered runs of one index. */
export type Plan =
  | { readonly by: 'nothing' }
  | { readonly by: 'ids'; readonly ids: readonly string[] }
  | { readonly by: 'search'; readonly query: string }
  | {
      readonly by: 'streams';
      readonly index: Stream['index'];
      readonly streams: readonly Stream[];
      /** Further indexes that would also do, narrowest guess first; an engine that can measure may prefer one. */
      readonly alternatives: readonly (readonly Stream[])[];
    };

/** The most runs that are merged; above it a wider index with a check of each event is the better plan. */
const streamsMax = 4_096;

/**
 * Letters in the order in which they usually narrow most. A `d` alone is shared by many authors, `p` and `t` values
 * can be very popular.
 */
const letterRank: Readonly<Record<string, number>> = {
  e: 0,
  E: 0,
  q: 0,
  a: 0,
  A: 0,
  i: 1,
  h: 1,
  x: 0,
  r: 2,
  d: 3,
  g: 3,
  p: 4,
  P: 4,
  t: 5,
  k: 9,
  K: 9,
  L: 8,
  l: 8,
};

/**
 * Chooses the index for a filter: search, then ids, then the tag with the narrowest guess, authors × kinds, kinds,
 * and time last. Pure: it knows the filter, not the data.
 */
export function planFilter(filter: Filter): Plan {
  if (isEmpty(filter)) return { by: 'nothing' };
  // Search comes first, for only it puts the best first; the ids are then one more condition.
  if (isSearch(filter)) return { by: 'search', query: filter.search };
  if (filter.ids) return { by: 'ids', ids: filter.ids };
  const candidates = [...tagCandidates(filter), ...authorCandidates(filter), ...kindCandidates(filter)].sort(
    (a, b) => a.rank - b.rank,
  );
  const [best, ...rest] = candidates;
  if (!best) return { by: 'streams', index: 'time', streams: [{ index: 'time' }], alternatives: [] };
  return {
    by: 'streams',
    index: best.index,
    streams: best.streams,
    alternatives: rest.map((candidate) => candidate.streams),
  };
}

/**
 * Says whether the search index answers the filter. A search that requires no word asks for no order and for nothing
 * that an index holds: `-word` alone is one more condition of each event.
 */
export function isSearch(filter: Filter): filter is Filter & { readonly search: string } {
  return filter.search !== undefined && parseSearch(filter.search).required.length > 0;
}

/** Says whether the filter can match nothing at all: an empty list, `limit: 0`, or `since` after `until`. */
export function isEmpty(filter: Filter): boolean {
  const lists = [filter.ids, filter.authors, filter.kinds, ...Object.values(filter.tags ?? {})];
  if (lists.some((list) => list?.length === 0)) return true;
  if (filter.limit === 0) return true;
  return filter.since !== undefined && filter.until !== undefined && filter.since > filter.until;
}

/**
 * The exact check of an event against a filter whose rows came from an index: all conditions but limit and required words.
 * Keys only narrow, so every event is checked; it is cheap beside parsing.
 */
export type RowCheck = (event: NostrEvent) => boolean;

interface Candidate {
  readonly index: Stream['index'];
  readonly streams: readonly Stream[];
  readonly rank: number;
}

/** Asked before the runs are made: thousands of values times thousands of kinds would not fit into memory. */
function isMergeable(values: readonly unknown[], filter: Filter): boolean {
  return values.length * (filter.kinds?.length ?? 1) <= streamsMax;
}

function tagCandidates(filter: Filter): Candidate[] {
  const mergeable = Object.entries(filter.tags ?? {}).filter(([, values]) => isMergeable(values, filter));
  return mergeable.map(([letter, values]) => ({
    index: 'tag' as const,
    streams: values.flatMap((value) => kindsOf(filter).map((kind) => ({ index: 'tag' as const, letter, value, kind }))),
    rank: (letterRank[letter] ?? 6) * 10 + Math.min(values.length, 9) + (hasPrefix(letter, values) ? 5 : 0),
  }));
}

function authorCandidates(filter: Filter): Candidate[] {
  if (!filter.authors || !isMergeable(filter.authors, filter)) return [];
  const streams = filter.authors.flatMap((pubkey) =>
    kindsOf(filter).map((kind) => ({ index: 'author' as const, pubkey, kind })),
  );
  // One author of one kind is narrower than a popular tag (35 and up), many authors are not.
  const rank = filter.kinds ? 10 + Math.min(filter.authors.length, 70) : 25 + Math.min(filter.authors.length, 60);
  return [{ index: 'author', streams, rank }];
}

function kindCandidates(filter: Filter): Candidate[] {
  if (!filter.kinds || filter.kinds.length > streamsMax) return [];
  return [{ index: 'kind', streams: filter.kinds.map((kind) => ({ index: 'kind' as const, kind })), rank: 100 }];
}

function kindsOf(filter: Filter): readonly (number | undefined)[] {
  return filter.kinds ?? [undefined];
}

function hasPrefix(letter: string, values: readonly string[]): boolean {
  return values.some((value) => getGeohashPrefix(letter, value) !== undefined);
}
