import type { SqlValue } from '@nostrata/database';
import { type Filter, getGeohashPrefix, parseSearch as parseTerms } from '@nostrata/protocol';
import { geohashPrefixKey, tagKey } from '../keys.ts';
import { parseSearch, toTsquery } from '../search-query.ts';
import { hexArray, numberArray, textArray } from './literal.ts';
import { searchWord } from './search.ts';
import { tagNeedle } from './text-check.ts';

/** Names of parameters while a statement is put together. */
export interface Parameters {
  readonly values: SqlValue[];
  /** Adds a value and returns its name, `$1` and so on. */
  add(value: SqlValue): string;
}

/** Starts the list of parameters of a statement. */
export function createParameters(): Parameters {
  const values: SqlValue[] = [];
  return { values, add: (value) => `$${values.push(value)}` };
}

/**
 * What a filter asks for but its limit, exactly, in SQL. Tags are found by their keys and then compared with the
 * text of the event: in canonical JSON `["e","value"` stands only where a tag has that name and value, as a quote
 * within a string is always escaped.
 */
export function writeCondition(
  filter: Filter,
  parameters: Parameters,
  options: { readonly nowSeconds: number; readonly useTagIndex: boolean },
): string {
  const parts = [`(e.expires_at IS NULL OR e.expires_at > ${parameters.add(options.nowSeconds)}::bigint)`];
  const { ids, authors, kinds, since, until } = filter;
  if (ids) parts.push(`e.id = ANY (${parameters.add(hexArray(ids))}::bytea[])`);
  if (authors) parts.push(`e.pubkey = ANY (${parameters.add(hexArray(authors))}::bytea[])`);
  if (kinds) parts.push(`e.kind = ANY (${parameters.add(numberArray(kinds))}::int[])`);
  if (since !== undefined) parts.push(`e.created_at >= ${parameters.add(since)}::bigint`);
  if (until !== undefined) parts.push(`e.created_at <= ${parameters.add(until)}::bigint`);
  const tags = Object.entries(filter.tags ?? {});
  if (options.useTagIndex && !ids)
    parts.push(...tags.map(([letter, values]) => tagIndex(letter, values, filter)(parameters)));
  parts.push(...tags.map(([letter, values]) => tagText(letter, values, parameters)));
  if (filter.search !== undefined) parts.push(...searchParts(filter.search, parameters));
  return parts.join(' AND ');
}

/** A search as text for `::tsquery`, or null where it requires no word. */
export function tsquery(search: string): string | null {
  const query = parseSearch(search);
  if (query.type !== 'phrases') return null;
  return toTsquery({ type: 'phrases', required: query.required.map(cut), excluded: query.excluded.map(cut) });
}

function searchParts(search: string, parameters: Parameters): string[] {
  const find = (text: string): string =>
    `EXISTS (SELECT FROM search s WHERE s.seq = e.seq AND s.words @@ ${parameters.add(text)}::tsquery)`;
  const query = tsquery(search);
  if (query !== null) return [find(query)];
  // Words that are only left out: each is looked for by itself.
  return parseTerms(search).excluded.map(
    (term) => `NOT ${find(toTsquery({ type: 'phrases', required: [cut(term)], excluded: [] }))}`,
  );
}

function cut(term: readonly string[]): readonly string[] {
  return term.map(searchWord);
}

/** The key under which a value of a filter is found. */
export function filterKey(letter: string, value: string): number {
  const prefix = getGeohashPrefix(letter, value);
  return prefix === undefined ? tagKey(letter, value) : geohashPrefixKey(prefix);
}

function tagIndex(letter: string, values: readonly string[], filter: Filter): (parameters: Parameters) => string {
  return (parameters) => {
    const keys = parameters.add(numberArray(values.map((value) => filterKey(letter, value))));
    const kinds = filter.kinds ? ` AND t.kind = ANY (${parameters.add(numberArray(filter.kinds))}::int[])` : '';
    return `e.id IN (SELECT t.id FROM tag t WHERE t.key = ANY (${keys}::bigint[])${kinds})`;
  };
}

function tagText(letter: string, values: readonly string[], parameters: Parameters): string {
  const needles: string[] = [];
  const patterns: string[] = [];
  for (const value of values) {
    const prefix = getGeohashPrefix(letter, value);
    if (prefix === undefined) needles.push(tagNeedle(letter, value));
    else patterns.push(`\\["${letter}","${prefix}[0-9b-hjkmnp-z]{0,${12 - prefix.length}}"`);
  }
  const parts: string[] = [];
  if (needles.length > 0) {
    const texts = parameters.add(textArray(needles));
    parts.push(`EXISTS (SELECT FROM unnest(${texts}::text[]) AS n (needle) WHERE strpos(e.json, n.needle) > 0)`);
  }
  if (patterns.length > 0) parts.push(`e.json ~ ANY (${parameters.add(textArray(patterns))}::text[])`);
  return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`;
}
