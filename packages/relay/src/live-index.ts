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
  return Math.max(1, chooseCondition(filter).values.length);
}

type Value = string | number;
type Bucket<Owner> = LiveFilter<Owner> | Set<LiveFilter<Owner>>;

/** Creates an empty index. */
export function createLiveIndex<Owner extends object>(): LiveIndex<Owner> {
  const fields = new Map<string, Map<Value, Bucket<Owner>>>();
  let entries = 0;
  let visited = new Set<Owner>();

  const getField = (name: string): Map<Value, Bucket<Owner>> => {
    const field = fields.get(name) ?? new Map<Value, Bucket<Owner>>();
    fields.set(name, field);
    return field;
  };
  const visitBucket = (bucket: Bucket<Owner> | undefined, event: NostrEvent, visit: (owner: Owner) => void) => {
    if (bucket === undefined) return;
    if (bucket instanceof Set) for (const live of bucket) tryFilter(live, event, visit);
    else tryFilter(bucket, event, visit);
  };
  const tryFilter = (live: LiveFilter<Owner>, event: NostrEvent, visit: (owner: Owner) => void) => {
    if (visited.has(live.owner) || !live.matches(event)) return;
    visited.add(live.owner);
    visit(live.owner);
  };

  return {
    add(filter) {
      eachPlace(filter.filter, (name, value) => {
        entries += 1;
        const field = getField(name);
        const bucket = field.get(value);
        if (bucket === undefined) field.set(value, filter);
        else if (bucket instanceof Set) bucket.add(filter);
        else field.set(value, new Set([bucket, filter]));
      });
    },
    remove(filter) {
      eachPlace(filter.filter, (name, value) => {
        const field = getField(name);
        const bucket = field.get(value);
        if (bucket === filter) field.delete(value);
        else if (!(bucket instanceof Set) || !bucket.delete(filter)) return;
        else if (bucket.size === 0) field.delete(value);
        entries -= 1;
      });
    },
    match(event, visit) {
      eachValue(event, (name, value) => visitBucket(fields.get(name)?.get(value), event, visit));
      if (visited.size > 0) visited = new Set();
    },
    get entries() {
      return entries;
    },
  };
}

/** A condition of a filter: the field of the index and the values there. */
interface Condition {
  readonly field: string;
  readonly values: readonly Value[];
}

// Filters without any condition stand under one value.
const everything: Condition = { field: '*', values: [0] };
const geohashPrefixes = 'g*';

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

function chooseCondition({ ids, authors, kinds, tags }: Filter): Condition {
  let narrowest = everything;
  let lowest = Number.POSITIVE_INFINITY;
  const offer = (field: string, values: readonly Value[], weight: number) => {
    if (values.length * weight >= lowest) return;
    lowest = values.length * weight;
    narrowest = { field, values };
  };
  if (ids) offer('ids', ids, idWeight);
  if (authors) offer('authors', authors, authorWeight);
  if (kinds) offer('kinds', kinds, kindWeight);
  for (const letter in tags) offer(letter, tags[letter] ?? [], tagWeights[letter] ?? otherTagWeight);
  return narrowest;
}

/** Calls for every place in which the filter is filed; for none where it can match nothing. */
function eachPlace(filter: Filter, call: (field: string, value: Value) => void): void {
  const { field, values } = chooseCondition(filter);
  for (const value of values) {
    const prefix = typeof value === 'string' ? getGeohashPrefix(field, value) : undefined;
    if (prefix === undefined) call(field, value);
    else call(geohashPrefixes, prefix);
  }
}

const geohashDigitsMax = 12;
// With more tags than this, those that stand twice are looked for: an event may repeat one tag thousands of times.
const plainTagsMax = 16;

/** Calls for every place under which a filter may be filed that the event fulfils. */
function eachValue(event: NostrEvent, call: (field: string, value: Value) => void): void {
  call('ids', event.id);
  call('authors', event.pubkey);
  const seen = event.tags.length > plainTagsMax ? new Set<string>() : undefined;
  for (const [name, value] of event.tags) {
    if (name === undefined || value === undefined || name.length !== 1) continue;
    if (seen?.has(name + value)) continue;
    seen?.add(name + value);
    call(name, value);
    if (name !== 'g') continue;
    for (let digits = 1; digits <= Math.min(value.length, geohashDigitsMax); digits++) {
      call(geohashPrefixes, value.slice(0, digits));
    }
  }
  call('kinds', event.kind);
  call(everything.field, 0);
}
