import { type Clock, createPool, createRoutes, type RelayAnswer, type RelayPool, type Routes } from '@nostrata/network';
import { profileView, relayListView } from '@nostrata/views';
import type { CoreOptions, Freshness, FreshnessClass } from './contract.ts';
import { createDeliver } from './door.ts';
import type { CoreEvents } from './events.ts';
import type { FigureBook } from './figures.ts';
import { backgroundBytesPerHour } from './limits.ts';
import { createBlockedRelays } from './loading/blocked-relays.ts';
import { createLoader, type Loader } from './loading/loader.ts';
import { createLookupRoutes } from './loading/lookup.ts';
import { createRangeLoader } from './loading/range-loader.ts';
import {
  createInboxRelays,
  createRelayLists,
  type LoadInboxRelays,
  type LoadRelayLists,
} from './loading/relay-lists.ts';
import { createReader, type Reader } from './reads/reader.ts';
import { createRowMemory } from './reads/row-memory.ts';
import { createSpecs, type Specs } from './reads/specs.ts';
import type { WatchParts } from './reads/watch.ts';
import { createAuthenticate, type Signing } from './signing.ts';
import type { CoreState } from './state.ts';
import { createTimelineProfiles } from './timeline/profiles.ts';
import type { TimelineParts } from './timeline/timeline.ts';
import { createByteBudget, type WarmParts } from './warming.ts';

/** The views whose rows are kept in memory. */
const rememberedViews: ReadonlySet<string> = new Set([profileView.name, relayListView.name]);

/** What the network side is made of. */
export interface WireOptions {
  readonly options: CoreOptions;
  readonly state: CoreState;
  readonly signing: Signing;
  readonly events: CoreEvents;
  readonly book: FigureBook;
  readonly clock: Clock;
  readonly random: () => number;
  readonly freshness: Readonly<Record<FreshnessClass, Freshness>>;
  /** Relays of the application, and those that are asked who is where; normalised. */
  readonly relays: readonly string[];
  readonly lookupRelays: readonly string[];
}

/** Everything between the store and the relays. */
export interface Wire {
  readonly clock: Clock;
  /** The application's own relays. */
  readonly relays: readonly string[];
  readonly pool: RelayPool;
  readonly routes: Routes;
  readonly loader: Loader;
  readonly reader: Reader;
  readonly specs: Specs;
  readonly relayLists: LoadRelayLists;
  readonly inboxRelays: LoadInboxRelays;
  readonly watchParts: WatchParts;
  readonly timelineParts: Omit<TimelineParts, 'isOnline'>;
  readonly warmParts: WarmParts;
}

/** Makes the network side; its connections are closed with the stack. */
export function createWire(given: WireOptions, stack: AsyncDisposableStack): Wire {
  const { options, state, signing, events, book, clock, freshness, relays, lookupRelays } = given;
  const { caughtUp, viewsDatabase, lookups, ledger, coverage } = state;
  // Refreshes under way end when the pool has ended, and are waited for before what they write to is closed.
  stack.defer(() => reader.stop());
  const pool: RelayPool = stack.use(openPool(given, (pubkeys) => relayLists(pubkeys)));
  const onAnswer = (answer: RelayAnswer): void => {
    book.received(answer);
    routes.observe(answer);
    events.tell({ type: 'answer', answer });
  };
  const blocked = createBlockedRelays(state, signing);
  stack.defer(blocked.stop);
  const routes = createRoutes({
    relayListOf: (pubkeys) => relayLists(pubkeys),
    inboxRelaysOf: (pubkeys) => inboxRelays(pubkeys),
    defaults: relays,
    lookupRelays,
    scores: state.scores,
    random: given.random,
    blockedRelays: blocked.get,
    connectionsMax: options.budget?.connectionsMax,
    relaysPerAuthorMax: options.budget?.relaysPerAuthorMax,
  });
  const readRoutes = createLookupRoutes(routes, lookupRelays);
  const loader = createLoader({ pool, routes: readRoutes, clock, onFailed: events.failed, onAnswer });
  const ranges = createRangeLoader({ pool, routes: readRoutes, coverage, clock, onAnswer });
  const bytesIn = (): number => pool.statuses().reduce((sum, status) => sum + status.bytesIn, 0);
  const allowed = options.budget?.backgroundBytesPerHour ?? backgroundBytesPerHour;
  const { mayRefresh } = createByteBudget(allowed, clock, bytesIn);
  const reader = createReader({ ledger, clock, freshness, book, mayRefresh, caughtUp });
  const { store } = state.storage;
  const memory = createRowMemory({
    follow: (follower) => store.follow(follower),
    caughtUp,
    isCaughtUp: () => state.views.statuses().every((view) => view.isCaughtUp || !rememberedViews.has(view.name)),
  });
  stack.defer(memory.stop);
  const learnRelays = (pubkey: string): void =>
    void relayLists([pubkey]).catch((error: unknown) => events.failed('relay lists', error));
  const specs = createSpecs({ views: viewsDatabase, lookups, loader, memory, learnRelays });
  const relayLists = createRelayLists({ views: viewsDatabase, reader, specOf: specs.relayList });
  const inboxRelays = createInboxRelays({ reader, specOf: specs.inboxRelays });
  return {
    clock,
    relays,
    pool,
    routes,
    loader,
    reader,
    specs,
    relayLists,
    inboxRelays,
    watchParts: { reader, clock, freshness, onChanges: onChangesOf(state), onFailed: events.failed },
    timelineParts: {
      store,
      ranges,
      clock,
      book,
      profiles: createTimelineProfiles({
        ...state,
        clock,
        freshness: freshness.profile,
        getOwner: signing.getPubkey,
        listShown: state.shown.list,
      }),
      freshForMs: freshness.timeline.freshForMs,
      onFailed: events.failed,
    },
    warmParts: { reader, specs, mayRefresh },
  };
}

function openPool(
  { options, state, signing, events, book, clock, random, relays }: WireOptions,
  relayLists: LoadRelayLists,
): RelayPool {
  const nowSeconds = (): number => Math.floor(clock.now() / 1_000);
  const mayKnow = async (relay: string): Promise<boolean> => {
    const pubkey = await signing.getPubkey();
    if (relays.includes(relay) || pubkey === undefined) return relays.includes(relay);
    return ((await relayLists([pubkey])).get(pubkey) ?? []).some(({ url }) => url === relay);
  };
  const pool = createPool({
    deliver: createDeliver(state.ingest, book, events.failed),
    clock,
    random,
    authenticate: createAuthenticate(signing, mayKnow, nowSeconds),
    connectionsMax: options.budget?.connectionsMax,
    allowLocal: options.allowLocalRelays,
  });
  pool.onState((status) => events.tell({ type: 'relay', status }));
  return pool;
}

/** Changes once reads show them: after all views have applied them. */
function onChangesOf({ storage, caughtUp }: CoreState): WatchParts['onChanges'] {
  return (listener) =>
    storage.store.follow((changes) => {
      void caughtUp(changes.at(-1)?.seq).then(() => listener(changes));
    });
}
