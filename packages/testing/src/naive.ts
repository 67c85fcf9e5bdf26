import {
  type Filter,
  getAddress,
  getExpiration,
  getTagValues,
  isEphemeralKind,
  Kind,
  matchFilter,
  type NostrEvent,
} from '@nostrata/protocol';

/** What became of an event, in the words of the store contract. */
export type NaiveOutcome =
  | 'stored'
  | 'duplicate'
  | 'superseded'
  | 'deleted'
  | 'expired'
  | 'vanished'
  | 'ephemeral'
  | 'invalid';

/** A store that is too simple to be wrong and too slow to be used: the oracle of differential tests. */
export interface NaiveStore {
  put(event: NostrEvent): NaiveOutcome;
  /** What is visible now: newest first, then lowest id. */
  events(): NostrEvent[];
  query(filters: readonly Filter[]): NostrEvent[];
  count(filters: readonly Filter[]): number;
}

/** What the rules depend on beside the events. */
export interface NaiveStoreOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** Whether a `relay` tag of a vanish request means this relay; `ALL_RELAYS` always does. */
  readonly isOwnRelay?: (url: string) => boolean;
}

/** Newest first, then lowest id (NIP-01). */
export function compareEvents(a: NostrEvent, b: NostrEvent): number {
  return b.created_at - a.created_at || (a.id < b.id ? -1 : Number(a.id > b.id));
}

/** The events that one of the filters asks for, each filter cut at its own limit; `search` is not looked at. */
export function naiveQuery(events: readonly NostrEvent[], filters: readonly Filter[]): NostrEvent[] {
  const sorted = [...events].sort(compareEvents);
  const found = new Set<NostrEvent>();
  for (const filter of filters) {
    const matches = sorted.filter((event) => matchFilter(filter, event));
    for (const event of matches.slice(0, filter.limit)) found.add(event);
  }
  return sorted.filter((event) => found.has(event));
}

/**
 * Creates a store that remembers every event it ever took and decides from scratch, each time it is asked, which of
 * them are visible (NIP-01, 09, 40, 59, 62).
 */
export function createNaiveStore(options: NaiveStoreOptions): NaiveStore {
  const { now, isOwnRelay = () => false } = options;
  /** Events that were stored, even if they left since. */
  const taken: NostrEvent[] = [];
  /** Events that replace older versions, even where they were refused as deleted or expired. */
  const versions: NostrEvent[] = [];
  /** Deletion requests, even where they were refused as vanished: what they delete may be younger. */
  const deletions: NostrEvent[] = [];

  const isRequest = ({ kind }: NostrEvent) => kind === Kind.deletionRequest || kind === Kind.vanishRequest;
  /** Who may remove the event: its author and, for gift wraps, whom it is for. */
  const owners = (event: NostrEvent) => [
    event.pubkey,
    ...(event.kind === Kind.giftWrap ? getTagValues(event, 'p') : []),
  ];
  const counts = (request: NostrEvent) =>
    request.kind === Kind.vanishRequest &&
    getTagValues(request, 'relay').some((url) => url === 'ALL_RELAYS' || isOwnRelay(url));
  const isVanished = (event: NostrEvent) =>
    taken.some(
      (request) =>
        counts(request) &&
        // Requests of one second leave one another alone.
        request.created_at >= event.created_at + Number(counts(event)) &&
        owners(event).includes(request.pubkey),
    );
  const namesAddress = (request: NostrEvent, event: NostrEvent) =>
    request.pubkey === event.pubkey &&
    request.created_at >= event.created_at &&
    getTagValues(request, 'a').some((address) => {
      const own = getAddress(event);
      return own !== undefined && (address === own || `${address}:` === own);
    });
  const isDeleted = (event: NostrEvent) =>
    !isRequest(event) &&
    deletions.some(
      (request) =>
        (owners(event).includes(request.pubkey) && getTagValues(request, 'e').includes(event.id)) ||
        namesAddress(request, event),
    );
  const isSuperseded = (event: NostrEvent) =>
    getAddress(event) !== undefined &&
    versions.some((other) => getAddress(other) === getAddress(event) && compareEvents(other, event) < 0);
  const isExpired = (event: NostrEvent) => (getExpiration(event) ?? Number.POSITIVE_INFINITY) <= now() / 1000;
  const isGone = (event: NostrEvent) => isVanished(event) || isDeleted(event) || isSuperseded(event);
  const events = () => taken.filter((event) => !isGone(event) && !isExpired(event)).sort(compareEvents);

  return {
    put(event) {
      if (isEphemeralKind(event.kind)) return 'ephemeral';
      if (taken.some(({ id }) => id === event.id) && !isGone(event)) return 'duplicate';
      if (event.kind === Kind.vanishRequest && getTagValues(event, 'relay').length === 0) return 'invalid';
      if (isVanished(event)) {
        if (event.kind === Kind.deletionRequest) deletions.push(event);
        return 'vanished';
      }
      versions.push(event);
      if (isDeleted(event)) return 'deleted';
      if (isExpired(event)) return 'expired';
      if (isSuperseded(event)) return 'superseded';
      taken.push(event);
      if (event.kind === Kind.deletionRequest) deletions.push(event);
      return 'stored';
    },
    events,
    query: (filters) => naiveQuery(events(), filters),
    count: (filters) =>
      naiveQuery(
        events(),
        filters.map(({ limit: _, ...rest }) => rest),
      ).length,
  };
}
