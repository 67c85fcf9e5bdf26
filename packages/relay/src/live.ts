import type { Ingest } from '@nostrata/ingest';
import { type Filter, getExpiration, Kind, type NostrEvent } from '@nostrata/protocol';
import type { Change, EventStore, Seq } from '@nostrata/store';
import { canRead } from './access.ts';
import { createBacklog } from './backlog.ts';
import type { Connection, Subscription } from './connection.ts';
import type { LiveEvent } from './contract.ts';
import type { RelayLimits } from './limits.ts';
import { countEntries, createLiveIndex, type LiveFilter } from './live-index.ts';
import { createMatcher } from './matcher.ts';

/** The subscriptions of all connections. */
export interface Live {
  /** Opens a subscription that holds new events back until `release`. */
  open(connection: Connection, id: string, filters: readonly Filter[]): Subscription;
  /** Notes that the stored part has sent the event at that position. */
  noteSent(subscription: Subscription, seq: Seq): void;
  /** Sends what was held back; from here on new events go out as they come. */
  release(subscription: Subscription): void;
  /** Takes the subscription away and ends its query. */
  close(subscription: Subscription): void;
  readonly size: number;
  stop(): void;
}

/** What the live part is made of. */
export interface LiveOptions {
  readonly store: EventStore;
  readonly ingest: Ingest;
  readonly now: () => number;
  readonly limits: Pick<RelayLimits, 'heldEventsPerSubscriptionMax' | 'liveBacklogEventsMax' | 'turnMillisecondsMax'>;
  /** A subscription got more new events than it may hold while its stored ones are sent. */
  readonly onOverflow: (subscription: Subscription) => void;
  /** How many subscriptions are open now. */
  readonly onSize: (subscriptions: number) => void;
}

/** An event that has come in and waits for its fan-out. */
interface NewEvent {
  readonly event: NostrEvent;
  readonly json: string;
  readonly seq: Seq | undefined;
}

/** Creates the live part; it listens to commits and to ephemeral events until it is stopped. */
export function createLive(options: LiveOptions): Live {
  const { store, ingest, now, limits, onOverflow, onSize } = options;
  const { heldEventsPerSubscriptionMax, liveBacklogEventsMax, turnMillisecondsMax } = limits;
  const index = createLiveIndex<Subscription>();
  let size = 0;

  const deliver = (subscription: Subscription, live: LiveEvent) => {
    const { seq } = live;
    if (seq !== undefined && isSentAlready(subscription, seq)) return;
    if (!canRead(live.event, subscription.connection.authenticated)) return;
    if (subscription.held === undefined) {
      subscription.connection.outbox.sendShared(subscription.prefix, live.tail);
    } else if (subscription.held.length < heldEventsPerSubscriptionMax) {
      subscription.held.push(live);
    } else {
      onOverflow(subscription);
    }
  };

  const publish = (event: NostrEvent, json: string, seq: Seq | undefined) => {
    if (size === 0 || event.kind === Kind.authentication) return;
    const expiration = getExpiration(event);
    if (expiration !== undefined && expiration * 1_000 <= now()) return;
    let live: LiveEvent | undefined;
    index.match(event, (subscription) => {
      live ??= { event, seq, tail: Buffer.from(`${json}]`) };
      deliver(subscription, live);
    });
  };

  // A commit of thousands of events must not hold up the answers to everything else.
  const backlog = createBacklog<NewEvent>({
    handle: ({ event, json, seq }) => publish(event, json, seq),
    now,
    turnMillisecondsMax,
    waitingMax: liveBacklogEventsMax,
  });
  const unfollow = store.follow((changes: readonly Change[]) => {
    if (size > 0) backlog.push(changes.filter((change) => change.type === 'stored'));
  });
  const endEphemeral = ingest.onEphemeral((event, json) => {
    if (size > 0) backlog.push([{ event, json, seq: undefined }]);
  });

  return {
    open(connection, id, filters) {
      const subscription = createSubscription(connection, id, { filters, position: store.lastSeq() });
      for (const filter of subscription.filters) index.add(filter);
      connection.subscriptions.set(id, subscription);
      connection.liveEntries += subscription.entries;
      size += 1;
      onSize(size);
      return subscription;
    },
    noteSent(subscription, seq) {
      if (seq <= subscription.position) return;
      subscription.sentAhead ??= new Set();
      subscription.sentAhead.add(seq);
      subscription.sentAheadMax = Math.max(subscription.sentAheadMax, seq);
    },
    release(subscription) {
      const held = subscription.held ?? [];
      subscription.held = undefined;
      for (const live of held) deliver(subscription, live);
    },
    close(subscription) {
      const { connection } = subscription;
      if (connection.subscriptions.get(subscription.id) !== subscription) return;
      connection.subscriptions.delete(subscription.id);
      connection.liveEntries -= subscription.entries;
      for (const filter of subscription.filters) index.remove(filter);
      size -= 1;
      onSize(size);
      subscription.endQuery?.();
      subscription.endQuery = undefined;
    },
    get size() {
      return size;
    },
    stop() {
      unfollow();
      endEphemeral();
      backlog.drain();
    },
  };
}

function isSentAlready(subscription: Subscription, seq: number): boolean {
  if (seq <= subscription.position) return true;
  const { sentAhead } = subscription;
  if (sentAhead === undefined) return false;
  // While events are held back the stored part may still send them: both are compared on release.
  if (subscription.held === undefined && seq > subscription.sentAheadMax) subscription.sentAhead = undefined;
  return sentAhead.has(seq);
}

function createSubscription(
  connection: Connection,
  id: string,
  { filters, position }: { readonly filters: readonly Filter[]; readonly position: Seq },
): Subscription {
  const idJson = JSON.stringify(id);
  const live: LiveFilter<Subscription>[] = [];
  const subscription: Subscription = {
    id,
    connection,
    prefix: Buffer.from(`["EVENT",${idJson},`),
    idJson,
    position,
    held: [],
    sentAhead: undefined,
    sentAheadMax: 0,
    endQuery: undefined,
    filters: live,
    entries: filters.reduce((sum, filter) => sum + countEntries(filter), 0),
  };
  for (const filter of filters) live.push({ filter, matches: createMatcher(filter), owner: subscription });
  return subscription;
}
