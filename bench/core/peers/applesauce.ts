/**
 * applesauce as its documentation builds an app: one EventStore fed by loaders, the relay pool, timelines by the outbox
 * model, actions for edits, and nostr-idb as the cache (over fake-indexeddb, which outlives the app within the
 * process). Its loaders wait 100 ms for more of the same, not the 1,000 ms that they wait unless told.
 */
import type { NostrEvent } from '@nostrata/protocol';
import { nameIn, signWith, within } from '../adapters/signing.ts';
import type { App, AppOptions } from '../contract.ts';

interface Subscription {
  unsubscribe(): void;
}
interface Observable<T> {
  subscribe(observer: { next?(value: T): void; complete?(): void; error?(error: unknown): void }): Subscription;
}
interface Pointer {
  readonly pubkey: string;
  readonly relays?: readonly string[];
}
interface Store {
  verifyEvent: unknown;
  add(event: NostrEvent): NostrEvent | null;
  getReplaceable(kind: number, pubkey: string): NostrEvent | undefined;
  getTimeline(filter: object): NostrEvent[];
  replaceable(pointer: { kind: number; pubkey: string }): Observable<NostrEvent | undefined>;
  dispose(): void;
}
interface Pool {
  publish(relays: readonly string[], event: NostrEvent): Promise<{ readonly ok: boolean }[]>;
  readonly relays: Map<string, { close(): void }>;
}
type Load<T> = (what: T) => Observable<NostrEvent>;

const peer = async <T>(name: string): Promise<T> => (await import(name)) as T;
await peer('fake-indexeddb/auto');
const { EventStore } = await peer<{ EventStore: new () => Store }>('applesauce-core');
const helpers = await peer<{
  persistEventsToCache(store: Store, write: (events: NostrEvent[]) => Promise<unknown>, options: object): () => void;
  selectOptimalRelays(users: Pointer[], options: object): Pointer[];
  setFallbackRelays(users: Pointer[], relays: readonly string[]): Pointer[];
  createOutboxMap(users: Pointer[]): object;
  getOutboxes(event: NostrEvent): string[];
}>('applesauce-core/helpers');
const { verifyEvent } = await peer<{ verifyEvent: unknown }>('nostr-tools/pure');
const loaders = await peer<{
  createEventLoaderForStore(store: Store, pool: Pool, options: object): unknown;
  createOutboxTimelineLoader(pool: Pool, map: object, filter: object, options: object): () => Observable<NostrEvent>;
  createTagValueLoader(pool: Pool, tag: string, options: object): Load<{ value: string; relays?: readonly string[] }>;
}>('applesauce-loaders/loaders');
const { RelayPool } = await peer<{ RelayPool: new () => Pool }>('applesauce-relay');
const { ActionRunner } = await peer<{
  ActionRunner: new (
    store: Store,
    signer: unknown,
    publish: (event: NostrEvent, relays?: readonly string[]) => Promise<void>,
  ) => { run(action: unknown, ...args: unknown[]): Promise<void> };
}>('applesauce-actions');
const actions = await peer<{ FollowUser: unknown; UpdateProfile: unknown }>('applesauce-actions/actions');
const { PrivateKeySigner } = await peer<{ PrivateKeySigner: { fromKey(key: string): unknown } }>('applesauce-signers');
const { NostrIDB, openDB } = await peer<{
  NostrIDB: new (
    database: unknown,
  ) => {
    add(event: NostrEvent): Promise<boolean>;
    query(filters: object[]): Promise<NostrEvent[]>;
    stop(): Promise<void>;
  };
  openDB(name: string): Promise<unknown>;
}>('nostr-idb');

const bufferTime = 100;

/** Opens the app. */
export async function openApp(options: AppOptions): Promise<App> {
  const { secretHex, relays, lookupRelay, patienceMs } = options;
  const database = new NostrIDB(await openDB('bench'));
  const store = new EventStore();
  store.verifyEvent = verifyEvent;
  const pool = new RelayPool();
  const cacheRequest = (filters: object[]): Promise<NostrEvent[]> => database.query(filters);
  const persist = (events: NostrEvent[]): Promise<unknown> => Promise.all(events.map((event) => database.add(event)));
  const stopPersisting = helpers.persistEventsToCache(store, persist, { batchTime: 200 });
  const common = { eventStore: store, cacheRequest, bufferTime };
  const lookup = { lookupRelays: [lookupRelay], extraRelays: relays };
  loaders.createEventLoaderForStore(store, pool, { cacheRequest, bufferTime, ...lookup });
  const sign = signWith(secretHex);
  const publish = async (event: NostrEvent, to: readonly string[] = relays): Promise<void> => {
    // It answers when the last relay has: until then the event is on its way.
    const answers = await within(patienceMs, pool.publish(to, event));
    if (answers && !answers.some(({ ok }) => ok)) throw new Error('no relay has accepted it');
  };
  const runner = new ActionRunner(store, PrivateKeySigner.fromKey(secretHex), publish);

  const replaceable = (kind: number, pubkey: string): Promise<NostrEvent | undefined> =>
    within(patienceMs, firstOf(store.replaceable({ kind, pubkey })));
  const timelineOf = (authors: readonly string[], limit: number): NostrEvent[] =>
    store.getTimeline({ kinds: [1], authors }).slice(0, limit);
  const threads = loaders.createTagValueLoader(pool, 'e', { ...common, kinds: [1], extraRelays: relays });
  return {
    async notes(authors, limit) {
      const lists = await Promise.all(authors.map((pubkey) => replaceable(10002, pubkey)));
      const users = authors.map((pubkey, index) => {
        const list = lists[index];
        return { pubkey, relays: list ? helpers.getOutboxes(list) : [] };
      });
      const selected = helpers.selectOptimalRelays(helpers.setFallbackRelays(users, relays), {
        maxConnections: 20,
        maxRelaysPerUser: 3,
      });
      const map = helpers.createOutboxMap(selected);
      const timeline = { eventStore: store, cache: cacheRequest, limit };
      await within(patienceMs, endOf(loaders.createOutboxTimelineLoader(pool, map, { kinds: [1] }, timeline)()));
      return timelineOf(authors, limit);
    },
    profile: async (pubkey) => nameIn((await replaceable(0, pubkey))?.content),
    async thread(root) {
      const list = await replaceable(10002, root.pubkey);
      await within(patienceMs, endOf(threads({ value: root.id, relays: list ? helpers.getOutboxes(list) : [] })));
      return store.getTimeline({ kinds: [1], '#e': [root.id] });
    },
    async publish(content, created_at) {
      const event = sign.event({ kind: 1, content, created_at });
      store.add(event);
      await publish(event);
      return event;
    },
    follow: (pubkey) => runner.run(actions.FollowUser, pubkey),
    editAbout: (about) => runner.run(actions.UpdateProfile, { about }),
    cachedProfile: (pubkey) => nameIn(store.getReplaceable(0, pubkey)?.content),
    cachedNotes: timelineOf,
    async close() {
      // What the store has not handed to its cache yet is lost with the app: it gets its 200 ms.
      await new Promise((resolve) => setTimeout(resolve, 300));
      stopPersisting();
      await database.stop();
      store.dispose();
      for (const relay of pool.relays.values()) relay.close();
    },
  };
}

function firstOf<T>(source: Observable<T | undefined>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let subscription: Subscription | undefined;
    subscription = source.subscribe({
      next(value) {
        if (value === undefined) return;
        resolve(value);
        queueMicrotask(() => subscription?.unsubscribe());
      },
      error: reject,
    });
  });
}

function endOf(source: Observable<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    source.subscribe({ next: () => undefined, complete: resolve, error: reject });
  });
}
