import { type Filter, getGeohashPrefix, getSearchText, matchSearch, parseSearch } from '@nostrata/protocol';
import type { Visibility } from '../contract.ts';
import type { Entry } from './entry.ts';
import { idOf, parseCanonical, pubkeyOf } from './texts.ts';

/** The exact answer to whether an event belongs into an answer; everything but limit and search. */
export type EntryCheck = (entry: Entry) => boolean;

/** What a check needs beside the filter. */
export interface CheckOptions {
  readonly nowSeconds: number;
  readonly visibility: Visibility | undefined;
}

/**
 * Compiles the conditions of a filter. They are checked on the canonical text, without parsing it: id and pubkey
 * stand at fixed places, and `["e","value"` can only be the beginning of a tag, as a quote inside a string is always
 * escaped.
 */
export function compileCheck(filter: Filter, { nowSeconds, visibility }: CheckOptions): EntryCheck {
  const checks: EntryCheck[] = [(entry) => entry.expiresAt === null || entry.expiresAt > nowSeconds];
  const { since, until } = filter;
  if (filter.kinds) checks.push(has(filter.kinds, (entry) => entry.kind));
  if (since !== undefined) checks.push((entry) => entry.created_at >= since);
  if (until !== undefined) checks.push((entry) => entry.created_at <= until);
  if (filter.authors) checks.push(has(filter.authors, (entry) => pubkeyOf(entry.json)));
  if (filter.ids) checks.push(has(filter.ids, (entry) => idOf(entry.json)));
  for (const [letter, values] of Object.entries(filter.tags ?? {})) checks.push(hasTag(letter, values));
  if (filter.search !== undefined) checks.push(leavesOut(filter.search));
  if (visibility) {
    const { kinds } = visibility;
    checks.push((entry) => !kinds.has(entry.kind) || visibility.isVisible(parseCanonical(entry.json)));
  }
  return (entry) => {
    for (const check of checks) if (!check(entry)) return false;
    return true;
  };
}

/** A search that only excludes words is checked here, for no index can answer it. */
function leavesOut(search: string): EntryCheck {
  const query = parseSearch(search);
  if (query.required.length > 0 || query.excluded.length === 0) return () => true;
  return (entry) => matchSearch(query, getSearchText(parseCanonical(entry.json)));
}

function has<T>(list: readonly T[], get: (entry: Entry) => T): EntryCheck {
  if (list.length === 1) {
    const [only] = list;
    return (entry) => get(entry) === only;
  }
  const set = new Set(list);
  return (entry) => set.has(get(entry));
}

function hasTag(letter: string, values: readonly string[]): EntryCheck {
  const prefixes = values.map((value) => getGeohashPrefix(letter, value));
  const opening = `["${letter}",`;
  const [only] = values;
  if (values.length === 1 && only !== undefined && prefixes[0] === undefined) {
    const text = opening + JSON.stringify(only);
    return (entry) => entry.json.includes(text);
  }
  const exact = new Set(
    values.filter((_, index) => prefixes[index] === undefined).map((value) => JSON.stringify(value)),
  );
  const beginnings = prefixes.filter((prefix) => prefix !== undefined);
  return (entry) => someTag(entry.json, opening, (value) => exact.has(value) || isUnder(value, beginnings));
}

const quotedGeohash = /^"[0-9b-hjkmnp-z]{1,12}"$/;

function isUnder(quoted: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => quoted.startsWith(prefix, 1)) && quotedGeohash.test(quoted);
}

/** Whether the test holds for the first value, quoted as in JSON, of one of the tags that open like that. */
function someTag(json: string, opening: string, test: (quoted: string) => boolean): boolean {
  for (let at = json.indexOf(opening); at >= 0; at = json.indexOf(opening, at + opening.length)) {
    const start = at + opening.length;
    if (test(json.slice(start, endOfString(json, start)))) return true;
  }
  return false;
}

/** The place after the closing quote of the string that opens at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code === 0x22) return at + 1;
    at += code === 0x5c ? 2 : 1;
  }
  return at;
}
