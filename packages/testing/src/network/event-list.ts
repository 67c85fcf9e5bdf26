import {
  compileFilter,
  type Filter,
  getAddress,
  getIndexedTags,
  getTagValues,
  isEphemeralKind,
  isExpired,
  Kind,
  type NostrEvent,
} from '@nostrata/protocol';
import { compareEvents } from '../naive.ts';

/** What became of an event that a test relay was given. */
export type ListOutcome = 'stored' | 'duplicate' | 'superseded' | 'deleted' | 'ephemeral' | 'expired';

/** Which versions of a replaceable event a relay answers with: the newest, as it should, the oldest, or all. */
export type Versions = 'newest' | 'oldest' | 'all';

/** How a test relay looks at its list. */
export interface ListView {
  readonly versions: Versions;
  /** Answers with deleted events too. */
  readonly ignoresDeletions: boolean;
}

/** The events of a test relay: everything it ever took, of which a view shows a part (NIP-01, 09, 40). */
export interface EventList {
  add(event: NostrEvent): ListOutcome;
  /** Says whether the event was ever taken. */
  has(id: string): boolean;
  /** What the filters find among the events that are held, each cut at its own limit, newest first. */
  query(filters: readonly Filter[], view?: ListView, holds?: (event: NostrEvent) => boolean): NostrEvent[];
}

const honestView: ListView = { versions: 'newest', ignoresDeletions: false };

/** Creates an empty list; `nowSeconds` decides what has expired. */
export function createEventList(nowSeconds: () => number): EventList {
  const eventById = new Map<string, NostrEvent>();
  const index = createIndex();
  const versions = createVersions();
  const deletions = createDeletions();

  const isVisible = (event: NostrEvent, view: ListView): boolean =>
    !isExpired(event, nowSeconds()) &&
    (view.ignoresDeletions || !deletions.cover(event)) &&
    versions.shows(event, view.versions);

  const find = (filter: Filter, shows: (event: NostrEvent) => boolean): NostrEvent[] => {
    const matches = compileFilter(filter);
    const candidates = filter.ids ? pick(filter.ids, eventById) : (index.candidates(filter) ?? eventById.values());
    const found: NostrEvent[] = [];
    for (const event of candidates) if (matches(event) && shows(event)) found.push(event);
    return found.sort(compareEvents).slice(0, filter.limit);
  };

  return {
    add(event) {
      if (isEphemeralKind(event.kind)) return 'ephemeral';
      if (eventById.has(event.id)) return 'duplicate';
      if (isExpired(event, nowSeconds())) return 'expired';
      if (deletions.cover(event)) return 'deleted';
      eventById.set(event.id, event);
      index.add(event);
      versions.add(event);
      if (event.kind === Kind.deletionRequest) deletions.add(event);
      return versions.shows(event, 'newest') ? 'stored' : 'superseded';
    },
    has: (id) => eventById.has(id),
    query(filters, view = honestView, holds = () => true) {
      const shows = (event: NostrEvent): boolean => holds(event) && isVisible(event, view);
      const found = new Set(filters.flatMap((filter) => find(filter, shows)));
      return filters.length === 1 ? [...found] : [...found].sort(compareEvents);
    },
  };
}

function pick(ids: readonly string[], eventById: ReadonlyMap<string, NostrEvent>): NostrEvent[] {
  return [...new Set(ids)].flatMap((id) => eventById.get(id) ?? []);
}

/** Events by author, kind and tag value: the shortest list that fits a filter. */
function createIndex() {
  const eventsByKey = new Map<string, NostrEvent[]>();
  const put = (key: string, event: NostrEvent): void => {
    const events = eventsByKey.get(key);
    if (events) events.push(event);
    else eventsByKey.set(key, [event]);
  };
  const candidates = (filter: Filter): NostrEvent[] | undefined => {
    const choices: string[][] = [];
    if (filter.authors) choices.push(filter.authors.map((pubkey) => `p${pubkey}`));
    if (filter.kinds) choices.push(filter.kinds.map((kind) => `k${kind}`));
    for (const [name, values] of Object.entries(filter.tags ?? {})) {
      // Geohashes may be asked for by prefix.
      if (name !== 'g') choices.push(values.map((value) => `t${name}:${value}`));
    }
    let best: NostrEvent[][] | undefined;
    let bestLength = Number.POSITIVE_INFINITY;
    for (const keys of choices) {
      const lists = [...new Set(keys)].flatMap((key) => [eventsByKey.get(key) ?? []]);
      const length = lists.reduce((sum, list) => sum + list.length, 0);
      if (length >= bestLength) continue;
      best = lists;
      bestLength = length;
    }
    return best && [...new Set(best.flat())];
  };
  return {
    candidates,
    add(event: NostrEvent): void {
      put(`p${event.pubkey}`, event);
      put(`k${event.kind}`, event);
      for (const [name, value] of getIndexedTags(event)) put(`t${name}:${value}`, event);
    },
  };
}

function createVersions() {
  const versionsByAddress = new Map<string, NostrEvent[]>();
  return {
    add(event: NostrEvent): void {
      const address = getAddress(event);
      if (address === undefined) return;
      const versions = [...(versionsByAddress.get(address) ?? []), event].sort(compareEvents);
      versionsByAddress.set(address, versions);
    },
    shows(event: NostrEvent, wanted: Versions): boolean {
      const address = wanted === 'all' ? undefined : getAddress(event);
      if (address === undefined) return true;
      return versionsByAddress.get(address)?.at(wanted === 'newest' ? 0 : -1)?.id === event.id;
    },
  };
}

/** What the authors took back: ids, and addresses up to a second. */
function createDeletions() {
  const untilByTarget = new Map<string, number>();
  return {
    add(request: NostrEvent): void {
      for (const id of getTagValues(request, 'e')) untilByTarget.set(`${request.pubkey} ${id}`, Infinity);
      for (const address of getTagValues(request, 'a')) {
        const key = `${request.pubkey} ${address.replace(/:$/, '')}`;
        untilByTarget.set(key, Math.max(untilByTarget.get(key) ?? 0, request.created_at));
      }
    },
    cover(event: NostrEvent): boolean {
      if (event.kind === Kind.deletionRequest) return false;
      if (untilByTarget.has(`${event.pubkey} ${event.id}`)) return true;
      const address = getAddress(event)?.replace(/:$/, '');
      return address !== undefined && event.created_at <= (untilByTarget.get(`${event.pubkey} ${address}`) ?? -1);
    },
  };
}
