import { InvalidError } from './errors.ts';
import { isHex64, type NostrEvent } from './event.ts';
import { isIndexedTagName } from './tags.ts';

/**
 * A parsed filter (NIP-01). A condition that is there must hold; a list that is empty matches nothing.
 * `tags` maps a single letter to its values: `#e` is `tags.e`. A value of `#g` that ends in one `*` matches every
 * geohash it begins.
 */
export interface Filter {
  readonly ids?: readonly string[];
  readonly authors?: readonly string[];
  readonly kinds?: readonly number[];
  readonly tags?: Readonly<Record<string, readonly string[]>>;
  /** Seconds, inclusive. */
  readonly since?: number;
  /** Seconds, inclusive. */
  readonly until?: number;
  readonly limit?: number;
  /** NIP-50 query text. */
  readonly search?: string;
}

/**
 * Takes an unknown value for a filter in its wire form (`{"kinds":[1],"#e":[…]}`). Doubles in lists are left out.
 * Unknown fields are refused, as NIP-01 gives them no meaning and dropping one would widen the answer.
 * @throws InvalidError with the first fault found
 */
export function parseFilter(value: unknown): Filter {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidError('filter is not an object');
  const filter: { -readonly [K in keyof Filter]: Filter[K] } = {};
  const tags: Record<string, readonly string[]> = {};
  for (const [name, field] of Object.entries(value)) {
    if (name === 'ids' || name === 'authors') filter[name] = parseHexList(name, field);
    else if (name === 'kinds') filter.kinds = parseKinds(field);
    else if (name === 'since' || name === 'until' || name === 'limit') filter[name] = parseWhole(name, field);
    else if (name === 'search') filter.search = parseText(name, field);
    else if (name.startsWith('#') && isIndexedTagName(name.slice(1))) tags[name.slice(1)] = parseTagValues(name, field);
    else throw new InvalidError(`filter field ${JSON.stringify(name.slice(0, 40))} is not known`);
  }
  if (Object.keys(tags).length > 0) filter.tags = tags;
  return filter;
}

/** Writes a filter in its wire form. */
export function serializeFilter(filter: Filter): Record<string, unknown> {
  const { tags, ...rest } = filter;
  const wire: Record<string, unknown> = { ...rest };
  for (const [letter, values] of Object.entries(tags ?? {})) wire[`#${letter}`] = values;
  return wire;
}

/**
 * Says whether the event fulfils every condition of the filter but `limit` and `search`, which only a store can
 * judge. This is the definition that indexes are tested against; hot paths compile filters instead.
 */
export function matchFilter(filter: Filter, event: NostrEvent): boolean {
  if (filter.ids && !filter.ids.includes(event.id)) return false;
  if (filter.authors && !filter.authors.includes(event.pubkey)) return false;
  if (filter.kinds && !filter.kinds.includes(event.kind)) return false;
  if (filter.since !== undefined && event.created_at < filter.since) return false;
  if (filter.until !== undefined && event.created_at > filter.until) return false;
  for (const [letter, values] of Object.entries(filter.tags ?? {})) {
    const hit = event.tags.some(
      (tag) => tag[0] === letter && tag[1] !== undefined && matchTagValue(letter, values, tag[1]),
    );
    if (!hit) return false;
  }
  return true;
}

/** Says whether one of the filters matches the event. */
export function matchFilters(filters: readonly Filter[], event: NostrEvent): boolean {
  return filters.some((filter) => matchFilter(filter, event));
}

/** Geohash digits: the values that a `#g` prefix can stand for. */
const geohashPrefix = /^[0-9b-hjkmnp-z]{1,12}\*$/;

/** The prefix that a `#g` value ending in `*` asks for, or undefined where the value is taken literally. */
export function getGeohashPrefix(letter: string, value: string): string | undefined {
  return letter === 'g' && geohashPrefix.test(value) ? value.slice(0, -1) : undefined;
}

function matchTagValue(letter: string, wanted: readonly string[], value: string): boolean {
  return wanted.some((candidate) => {
    const prefix = getGeohashPrefix(letter, candidate);
    return prefix === undefined ? candidate === value : value.startsWith(prefix) && isGeohash(value);
  });
}

const geohash = /^[0-9b-hjkmnp-z]{1,12}$/;

/** Says whether the text is a geohash: 1–12 of its digits, in lower case. */
export function isGeohash(text: string): boolean {
  return geohash.test(text);
}

function parseList(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new InvalidError(`${name} is not an array`);
  return value;
}

function parseHexList(name: string, value: unknown): readonly string[] {
  const list = parseList(name, value);
  if (!list.every(isHex64)) throw new InvalidError(`${name} holds something that is not 64 lower-case hex digits`);
  return unique(list);
}

function parseKinds(value: unknown): readonly number[] {
  const list = parseList('kinds', value);
  const isKind = (kind: unknown): kind is number =>
    typeof kind === 'number' && Number.isInteger(kind) && kind >= 0 && kind <= 65_535;
  if (!list.every(isKind)) throw new InvalidError('kinds holds something that is not an integer between 0 and 65535');
  return unique(list);
}

function parseTagValues(name: string, value: unknown): readonly string[] {
  const list = parseList(name, value);
  const isText = (text: unknown): text is string => typeof text === 'string';
  if (!list.every(isText)) throw new InvalidError(`${name} holds something that is not a string`);
  if ((name === '#e' || name === '#p') && !list.every(isHex64)) {
    throw new InvalidError(`${name} holds something that is not 64 lower-case hex digits`);
  }
  return unique(list);
}

function parseWhole(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidError(`${name} is not a non-negative integer`);
  return value;
}

function parseText(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new InvalidError(`${name} is not a string`);
  return value;
}

function unique<T>(list: readonly T[]): readonly T[] {
  return list.length > 1 ? [...new Set(list)] : list;
}
