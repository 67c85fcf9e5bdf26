import { type Filter, serializeFilter } from '@nostrata/protocol';
import { utf8Bytes } from '../connection/ledger.ts';
import type { RelayLimits } from './relay-limits.ts';

/** One filter as it is sent, and which of the caller's filters it is (a part of). */
export interface WireFilter {
  readonly filter: Filter;
  readonly origin: number;
}

/** Says whether the filter can match nothing: a list that is there and empty. Some relays read that as "all". */
export function matchesNothing(filter: Filter): boolean {
  const lists = [filter.ids, filter.authors, filter.kinds, ...Object.values(filter.tags ?? {})];
  const isEmptyTime = filter.since !== undefined && filter.until !== undefined && filter.since > filter.until;
  return isEmptyTime || lists.some((list) => list !== undefined && list.length === 0);
}

/** Bytes of a REQ around its filters. */
const frameBytes = 64;

/** Groups filters into requests that the relay takes: by number of filters, values in a list, and bytes. */
export function splitFilters(filters: readonly WireFilter[], limits: RelayLimits): WireFilter[][] {
  const { filtersPerRequestMax, requestBytesMax } = limits;
  const groups: WireFilter[][] = [];
  let group: WireFilter[] = [];
  let bytes = frameBytes;
  for (const wire of filters.flatMap((each) => splitFilter(each, limits))) {
    const size = filterBytes(wire.filter) + 1;
    if (group.length > 0 && (group.length >= filtersPerRequestMax || bytes + size > requestBytesMax)) {
      groups.push(group);
      group = [];
      bytes = frameBytes;
    }
    group.push(wire);
    bytes += size;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** Values of the filter's longest list. */
export function longestList(filter: Filter): number {
  return findLongest(filter)?.values.length ?? 0;
}

function splitFilter(wire: WireFilter, limits: RelayLimits): WireFilter[] {
  const { filter, origin } = wire;
  const longest = findLongest(filter);
  if (longest === undefined || longest.values.length < 2) return [wire];
  const isSmall = filterBytes(filter) + frameBytes + 1 <= limits.requestBytesMax;
  if (isSmall && longest.values.length <= limits.valuesPerFilterMax) return [wire];
  const parts = isSmall ? Math.ceil(longest.values.length / limits.valuesPerFilterMax) : 2;
  const size = Math.ceil(longest.values.length / parts);
  const result: WireFilter[] = [];
  for (let at = 0; at < longest.values.length; at += size) {
    const part = { filter: longest.replace(longest.values.slice(at, at + size)), origin };
    result.push(...splitFilter(part, limits));
  }
  return result;
}

interface LongList {
  readonly values: readonly (string | number)[];
  replace(values: readonly (string | number)[]): Filter;
}

/** The list that splitting shortens: splitting any one of them asks for the same events, as lists are joined by "or". */
function findLongest(filter: Filter): LongList | undefined {
  const lists: LongList[] = [];
  const { ids, authors, kinds, tags } = filter;
  if (ids) lists.push({ values: ids, replace: (values) => ({ ...filter, ids: values as string[] }) });
  if (authors) lists.push({ values: authors, replace: (values) => ({ ...filter, authors: values as string[] }) });
  if (kinds) lists.push({ values: kinds, replace: (values) => ({ ...filter, kinds: values as number[] }) });
  for (const [letter, list] of Object.entries(tags ?? {})) {
    lists.push({
      values: list,
      replace: (values) => ({ ...filter, tags: { ...tags, [letter]: values as string[] } }),
    });
  }
  return lists.reduce<LongList | undefined>(
    (longest, list) => (longest === undefined || list.values.length > longest.values.length ? list : longest),
    undefined,
  );
}

function filterBytes(filter: Filter): number {
  return utf8Bytes(JSON.stringify(serializeFilter(filter)));
}
