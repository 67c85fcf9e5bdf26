import { type Filter, getGeohashPrefix } from '@nostrata/protocol';
import { needlesMax } from './limits.ts';
import type { EventRow } from './row.ts';

/** Where the pubkey stands in a canonical text: see `serializeEvent`. */
const pubkeyStart = 83;
const pubkeyEnd = 147;

/**
 * Compiles a filter to an exact check of a row that does not parse its text: follow lists of thousands of tags make
 * parsing the dearest part of a read. Undefined where the filter needs more than kinds, authors, times and few tag
 * values.
 */
export function compileTextCheck(filter: Filter): ((row: EventRow) => boolean) | undefined {
  if (filter.search !== undefined || filter.ids !== undefined) return undefined;
  const needles: string[][] = [];
  for (const [letter, values] of Object.entries(filter.tags ?? {})) {
    if (values.length > needlesMax) return undefined;
    if (values.some((value) => getGeohashPrefix(letter, value) !== undefined)) return undefined;
    needles.push(values.map((value) => tagNeedle(letter, value)));
  }
  const kinds = filter.kinds && new Set(filter.kinds);
  const authors = filter.authors && new Set(filter.authors);
  const { since = 0, until = Number.MAX_SAFE_INTEGER } = filter;
  return ({ json, kind, created_at }) =>
    (kinds?.has(kind) ?? true) &&
    created_at >= since &&
    created_at <= until &&
    (authors?.has(json.slice(pubkeyStart, pubkeyEnd)) ?? true) &&
    needles.every((options) => options.some((needle) => json.includes(needle)));
}

/**
 * What stands in a canonical text exactly where a tag has that name and value: `["e","value"`. Within a string every
 * quote is escaped, so a bracket that a string ends with is never followed by `e"`.
 */
export function tagNeedle(letter: string, value: string): string {
  return JSON.stringify([letter, value]).slice(0, -1);
}
