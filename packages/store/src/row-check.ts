import { type Filter, getGeohashPrefix, matchFilter, type NostrEvent } from '@nostrata/protocol';
import type { RowCheck } from './plan.ts';

/** Lists up to this length are compared one by one; a set is faster above it. */
const smallList = 4;

/**
 * Compiles a filter to the exact check of one event: all conditions but limit and search. Long lists become sets, so
 * that a filter of 1,000 authors costs as much per event as one of five.
 */
export function compileRowCheck(filter: Filter): RowCheck {
  const { ids, authors, kinds, tags, since, until } = filter;
  const lists = [ids, authors, kinds, ...Object.values(tags ?? {})];
  if (lists.every((list) => (list?.length ?? 0) <= smallList)) return (event) => matchFilter(filter, event);
  const idSet = ids && new Set(ids);
  const authorSet = authors && new Set(authors);
  const kindSet = kinds && new Set(kinds);
  const tagChecks = Object.entries(tags ?? {}).map(([letter, values]) => compileTagCheck(letter, values));
  return (event) =>
    (idSet?.has(event.id) ?? true) &&
    (authorSet?.has(event.pubkey) ?? true) &&
    (kindSet?.has(event.kind) ?? true) &&
    (since === undefined || event.created_at >= since) &&
    (until === undefined || event.created_at <= until) &&
    tagChecks.every((check) => check(event));
}

function compileTagCheck(letter: string, values: readonly string[]): RowCheck {
  const hasPrefixes = values.some((value) => getGeohashPrefix(letter, value) !== undefined);
  if (hasPrefixes) return (event) => matchFilter({ tags: { [letter]: values } }, event);
  const wanted = new Set(values);
  return (event: NostrEvent) =>
    event.tags.some((tag) => tag[0] === letter && tag[1] !== undefined && wanted.has(tag[1]));
}
