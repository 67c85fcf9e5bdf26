import { reconcile } from '@nostrata/network';
import { type Address, Kind, type NostrEvent } from '@nostrata/protocol';
import type { RetentionPolicy } from '@nostrata/store';
import { providersKind } from '@nostrata/trust/assertions';
import { countFollowers, searchProfiles } from '@nostrata/views';
import type { Loaded, LoadOptions, PublishOptions } from './contract.ts';
import type { Core, CoreReads, Publish, ReadName, TemplateOptions } from './core.ts';
import type { Edit } from './edit.ts';
import type { CoreEvents } from './events.ts';
import { type FigureBook, type Figures, renderFigures } from './figures.ts';
import { importFrom } from './importing/import.ts';
import type { DirectMessages } from './messages/contract.ts';
import type { Outbox } from './outbox/contract.ts';
import { publish } from './publish.ts';
import { createReadPrivateProviders } from './reads/private-providers.ts';
import type { WatchSpec } from './reads/specs.ts';
import { readThread } from './reads/thread.ts';
import { loadTrustSpec, type TrustOfPerson, type TrustReadOptions, trustOfNobody } from './reads/trust.ts';
import { type WatchParts, watch } from './reads/watch.ts';
import type { Signing } from './signing.ts';
import type { CoreState } from './state.ts';
import { parseAddressTarget, parseEventId, parsePubkey, type Target } from './targets.ts';
import { openTimeline } from './timeline/timeline.ts';
import { keepWarm, warm } from './warming.ts';
import type { Wire } from './wire.ts';

/** The pieces of a core. */
export interface CorePieces {
  readonly state: CoreState;
  readonly wire: Wire;
  readonly outbox: Outbox;
  readonly edit: Edit;
  readonly messages: DirectMessages;
  readonly signing: Signing;
  readonly events: CoreEvents;
  readonly book: FigureBook;
  readonly nowSeconds: () => number;
  readonly stop: () => Promise<void>;
}

/** Events that are never removed to save room: who people are, whom they follow, their lists, and messages. */
const keptKinds: ReadonlySet<number> = new Set([
  Kind.profile,
  Kind.follows,
  Kind.encryptedDirectMessage,
  Kind.deletionRequest,
  Kind.vanishRequest,
  Kind.giftWrap,
  Kind.mutes,
  Kind.relayList,
  Kind.bookmarks,
  Kind.blocks,
  Kind.inboxRelays,
  Kind.genericSet,
  Kind.relaySet,
  Kind.bookmarkSet,
  providersKind,
]);

/** How the target of each read is written. Every read that is not named here is of a person. */
const parsers: Partial<Record<ReadName, (target: string) => Target<string | Address>>> = {
  event: parseEventId,
  engagement: parseEventId,
  address: parseAddressTarget,
};

/** Puts the pieces behind one door. */
export function assembleCore(pieces: CorePieces): Core {
  const { state, wire, outbox, edit, signing, events, nowSeconds } = pieces;
  const { reader, specs, pool } = wire;
  const { store } = state.storage;
  let isOnline = true;

  /** A profile is read to be shown. */
  const noteShown = (name: ReadName, value: string | Address): void => {
    if (name === 'profile' && typeof value === 'string') state.shown.note(value);
  };
  const resolve = (name: ReadName, target: string | Address, options: LoadOptions) => {
    const parse = (parsers[name] ?? parsePubkey) as (target: string | Address) => Target<string | Address>;
    const { value, hints } = parse(target);
    noteShown(name, value);
    const spec = (specs[name] as (value: string | Address) => WatchSpec<unknown>)(value);
    return { spec, options: { ...options, relays: [...hints, ...(options.relays ?? [])] } };
  };
  const read = async (name: ReadName, target: string | Address, options: LoadOptions = {}) => {
    const resolved = resolve(name, target, options);
    return await reader.read(resolved.spec, resolved.options);
  };
  const reads = Object.fromEntries(
    (Object.keys(specs) as ReadName[]).map((name) => [
      name,
      (target: string | Address, options?: LoadOptions) => read(name, target, options),
    ]),
  ) as CoreReads;
  const snapshot = (): Figures => takeFigures(pieces);
  const readPrivate = createReadPrivateProviders({ signing, lookups: state.lookups, clock: wire.clock });
  const trust: ResolveTrust = async (target, { observer, ...options }) => {
    const { value, hints } = parsePubkey(target);
    const from = observer === undefined ? await signing.getPubkey() : parsePubkey(observer).value;
    if (from === undefined) return undefined;
    const spec = await loadTrustSpec({ pubkey: value, observer: from }, { ...wire, store, readPrivate });
    return { spec, options: { ...options, relays: [...hints, ...(options.relays ?? [])] } };
  };

  return {
    ...reads,
    watch: ((name: ReadName | 'trust', target: string | Address, options: TrustReadOptions = {}) => {
      if (name === 'trust') return watchTrust(String(target), options, { resolve: trust, parts: wire.watchParts });
      const resolved = resolve(name, target, options);
      return watch(resolved.spec, resolved.options, wire.watchParts);
    }) as Core['watch'],
    timeline: async (filters, options = {}) =>
      await openTimeline([filters].flat(), options, { ...wire.timelineParts, isOnline: () => isOnline }),
    thread: async (target, options = {}) => {
      const { value, hints } = parseEventId(target);
      const relays = [...hints, ...(options.relays ?? [])];
      const parts = { ...wire, lookups: state.lookups, eventSpec: specs.event };
      return await readThread(value, { ...options, relays }, parts);
    },
    trust: async (target, options = {}) => {
      const resolved = await trust(target, options);
      return resolved ? await reader.read(resolved.spec, resolved.options) : trustOfNobody;
    },
    searchProfiles: async (query, limit) => await searchProfiles(state.viewsDatabase, query, { limit }),
    countFollowers: async (target) => await countFollowers(state.viewsDatabase, parsePubkey(target).value),
    list: async (filters) => await state.lookups.list([filters].flat()),
    // Only with `awaitSignature` a publication can be without its signature.
    publish: (async (input, options: TemplateOptions = {}) => {
      const publication = await publish(input, options, { signing, outbox, lookups: state.lookups, nowSeconds });
      await state.caughtUp();
      return publication;
    }) as Publish,
    edit,
    messages: pieces.messages,
    caughtUp: async () => await state.caughtUp(),
    importFrom: async (source) => {
      const publishOwn = (event: NostrEvent, options: PublishOptions) => outbox.publish(event, options);
      const report = await importFrom(source, { ingest: state.ingest, publish: publishOwn });
      await state.caughtUp();
      return report;
    },
    sync: (filter, options = {}) =>
      reconcile({ store, pool, clock: wire.clock }, filter, { relays: wire.relays, ...options }),
    pending: () => outbox.pending(),
    publications: async (limit = 100) => await outbox.recent(limit),
    warm: async (pubkeys, options = {}) =>
      await warm(
        pubkeys.map((pubkey) => parsePubkey(pubkey).value),
        options,
        pieces.wire.warmParts,
      ),
    keepWarm: (pubkeys, options = {}) =>
      keepWarm(
        pubkeys.map((pubkey) => parsePubkey(pubkey).value),
        options,
        { ...wire.warmParts, clock: wire.clock, isOnline: () => isOnline, onFailed: events.failed },
      ),
    retain: async (policy) => await retain(policy, pieces),
    figures: snapshot,
    metrics: () => renderFigures(snapshot()),
    relays: () => pool.statuses(),
    onEvent: events.listen,
    setOnline: (value) => {
      isOnline = value;
      reader.setOnline(value);
      pool.setOnline(value);
      outbox.setOnline(value);
    },
    setSigner: signing.set,
    pubkey: signing.getPubkey,
    store,
    isPersistent: state.storage.isPersistent ?? store.engine !== 'memory',
    notPersistentBecause: state.storage.reason,
    stop: pieces.stop,
    [Symbol.asyncDispose]: pieces.stop,
  };
}

/** What to read of somebody's trust; undefined where there is no observer. */
type ResolveTrust = (
  target: string,
  options: TrustReadOptions,
) => Promise<{ readonly spec: WatchSpec<TrustOfPerson>; readonly options: LoadOptions } | undefined>;

/** From the point of view of who is there when the watch begins. */
async function* watchTrust(
  target: string,
  options: TrustReadOptions,
  { resolve, parts }: { readonly resolve: ResolveTrust; readonly parts: WatchParts },
): AsyncGenerator<Loaded<TrustOfPerson>, void, undefined> {
  const resolved = await resolve(target, options);
  if (resolved) yield* watch(resolved.spec, resolved.options, parts);
  else yield trustOfNobody;
}

async function retain(
  policy: Pick<RetentionPolicy, 'maxAgeSeconds' | 'maxBytes' | 'dryRun'>,
  { state, outbox, signing }: CorePieces,
) {
  const own = await signing.getPubkey();
  const pending = outbox.pending().map(({ event }) => event.pubkey);
  const report = await state.storage.store.retain({
    ...policy,
    protectedKinds: keptKinds,
    protectedPubkeys: new Set([...(own === undefined ? [] : [own]), ...pending]),
  });
  // What was removed must be asked for again when somebody scrolls there.
  await state.caughtUp();
  return report;
}

function takeFigures({ state, wire, outbox, book }: CorePieces): Figures {
  const statuses = wire.pool.statuses();
  const sum = (pick: (status: (typeof statuses)[number]) => number): number =>
    statuses.reduce((total, status) => total + pick(status), 0);
  return book.snapshot({
    requestsSent: sum(({ requests }) => requests),
    bytesIn: sum(({ bytesIn }) => bytesIn),
    bytesOut: sum(({ bytesOut }) => bytesOut),
    outboxDepth: outbox.pending().length,
    verifiesPerSecond: state.ingest.verifier.verifiesPerSecond,
  });
}
