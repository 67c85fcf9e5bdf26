import { type Filter, getGeohashPrefix, type Matcher, type NostrEvent } from '@nostrata/protocol';

/** One live filter: what it asks for, the compiled test, and whom it belongs to. */
export interface LiveFilter<Owner> {
  readonly filter: Filter;
  readonly matches: Matcher;
  readonly owner: Owner;
}

/**
 * Live filters by what they ask for. Each filter is filed under the values of its narrowest condition; an event looks
 * up its own id, author, tags and kind, so that its cost does not grow with filters that cannot match.
 */
export interface LiveIndex<Owner extends object> {
  add(filter: LiveFilter<Owner>): void;
  remove(filter: LiveFilter<Owner>): void;
  /** Calls `visit` once for each owner of which a filter matches. */
  match(event: NostrEvent, visit: (owner: Owner) => void): void;
  /** Number of places in which filters are filed. */
  readonly entries: number;
}

/** How many index entries a filter takes: the values of the condition that it is filed under. */
export function countEntries(filter: Filter): number {
  return Math.max(1, getKeys(filter).length);
}

type Bucket<Owner> = LiveFilter<Owner> | Set<LiveFilter<Owner>>;

/** Creates an empty index. */
export function createLiveIndex<Owner extends object>(): LiveIndex<Owner> {
  const buckets = new Map<string, Bucket<Owner>>();
  let entries = 0;
  let visited = new Set<Owner>();

  const tryFilter = (live: LiveFilter<Owner>, event: NostrEvent, visit: (owner: Owner) => void) => {
    if (visited.has(live.owner) || !live.matches(event)) return;
    visited.add(live.owner);
    visit(live.owner);
  };

  return {
    add(filter) {
      for (const key of getKeys(filter.filter)) {
        entries += 1;
        const bucket = buckets.get(key);
        if (bucket === undefined) buckets.set(key, filter);
        else if (bucket instanceof Set) bucket.add(filter);
        else buckets.set(key, new Set([bucket, filter]));
      }
    },
    remove(filter) {
      for (const key of getKeys(filter.filter)) {
        const bucket = buckets.get(key);
        if (bucket === filter) buckets.delete(key);
        else if (!(bucket instanceof Set) || !bucket.delete(filter)) continue;
        else if (bucket.size === 0) buckets.delete(key);
        entries -= 1;
      }
    },
    match(event, visit) {
      for (const key of eventKeys(event)) {
        const bucket = buckets.get(key);
        if (bucket === undefined) continue;
        if (bucket instanceof Set) for (const live of bucket) tryFilter(live, event, visit);
        else tryFilter(bucket, event, visit);
      }
      if (visited.size > 0) visited = new Set();
    },
    get entries() {
      return entries;
    },
  };
}

const everything = '*';
// How many events one value of a condition usually stands for: the filter goes where this sum is lowest.
const idWeight = 0.1;
const authorWeight = 1;
const kindWeight = 1_000;
const tagWeights: Readonly<Record<string, number>> = {
  e: 0.5,
  a: 0.5,
  q: 0.5,
  E: 0.5,
  A: 0.5,
  i: 0.5,
  d: 1,
  p: 2,
  P: 2,
};
const otherTagWeight = 10;

/** The keys a filter is filed under; none where it can match nothing. */
function getKeys(filter: Filter): readonly string[] {
  const conditions: { weight: number; keys: () => string[] }[] = [];
  const { ids, authors, kinds } = filter;
  if (ids) conditions.push({ weight: ids.length * idWeight, keys: () => ids.map((id) => `i${id}`) });
  if (authors) conditions.push({ weight: authors.length * authorWeight, keys: () => authors.map((key) => `a${key}`) });
  if (kinds) conditions.push({ weight: kinds.length * kindWeight, keys: () => kinds.map((kind) => `k${kind}`) });
  for (const [letter, values] of Object.entries(filter.tags ?? {})) {
    const weight = values.length * (tagWeights[letter] ?? otherTagWeight);
    conditions.push({ weight, keys: () => values.map((value) => tagKey(letter, value)) });
  }
  let narrowest = conditions[0];
  if (narrowest === undefined) return [everything];
  for (const condition of conditions) if (condition.weight < narrowest.weight) narrowest = condition;
  return narrowest.keys();
}

function tagKey(letter: string, value: string): string {
  const prefix = getGeohashPrefix(letter, value);
  return prefix === undefined ? `#${letter}${value}` : `g${prefix}`;
}

const geohashDigitsMax = 12;

function eventKeys(event: NostrEvent): Set<string> {
  const keys = new Set<string>([`i${event.id}`, `a${event.pubkey}`, `k${event.kind}`, everything]);
  for (const [name, value] of event.tags) {
    if (name === undefined || value === undefined || name.length !== 1) continue;
    keys.add(`#${name}${value}`);
    if (name !== 'g') continue;
    for (let digits = 1; digits <= Math.min(value.length, geohashDigitsMax); digits++)
      keys.add(`g${value.slice(0, digits)}`);
  }
  return keys;
}
