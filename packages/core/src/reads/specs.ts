import type { Database } from '@nostrata/database';
import { type Address, formatAddress, getAddress, getTagValues, Kind, type NostrEvent } from '@nostrata/protocol';
import type { Change } from '@nostrata/store';
import {
  type Engagement,
  type FollowList,
  getEngagement,
  getFollows,
  getInboxRelays,
  getLists,
  getMutes,
  getProfile,
  getRelayList,
  getRelaySets,
  type InboxRelays,
  type List,
  type MuteLists,
  type ProfileRow,
  type RelayList,
  type RelaySet,
} from '@nostrata/views';
import type { FreshnessClass } from '../contract.ts';
import type { Loader } from '../loading/loader.ts';
import { keyOf, wantAddress } from '../loading/wanted.ts';
import type { Lookups } from '../lookups.ts';
import type { ReadSpec } from './reader.ts';
import type { RowMemory } from './row-memory.ts';

/** A read that can also be watched. */
export interface WatchSpec<T> extends ReadSpec<T> {
  /** Says whether a change of the store may change the answer. */
  isTouched(change: Change): boolean;
}

/** What the specifications read from. */
export interface SpecParts {
  readonly views: Database;
  readonly lookups: Lookups;
  readonly loader: Loader;
  readonly memory: RowMemory;
  /** Where somebody writes will be asked next: it is looked up with what is looked up of the same person now. */
  readonly learnRelays: (pubkey: string) => void;
}

/** Kinds that say something about an event: replies, reposts, reactions, comments and zaps. */
const engagementKinds: readonly number[] = [
  Kind.note,
  Kind.repost,
  Kind.reaction,
  Kind.genericRepost,
  Kind.comment,
  Kind.zapReceipt,
];

/** Lists and sets of lists that bookmark something (NIP-51). */
const listKinds: readonly number[] = [Kind.bookmarks, Kind.genericSet, Kind.bookmarkSet];

/** Every typed read, by name. */
export type Specs = ReturnType<typeof createSpecs>;

/** Makes the specifications: where each answer is in the store, and what to ask relays for. */
export function createSpecs({ views, lookups, loader, memory, learnRelays }: SpecParts) {
  /** What a person has of some kinds, as a view gives it. */
  const authored = <T>(
    name: FreshnessClass,
    { pubkey, kinds }: { readonly pubkey: string; readonly kinds: readonly number[] },
    local: () => Promise<T | undefined>,
  ): WatchSpec<T> => ({
    class: name,
    key: keyOf({ type: 'authored', pubkey, kinds }),
    local,
    load: (_value, hints) => loader.load({ type: 'authored', pubkey, kinds }, hints),
    isTouched: (change) => {
      const { kind, pubkey: author } = change.type === 'stored' ? change.event : change;
      return author === pubkey && kinds.includes(kind);
    },
  });
  /**
   * Somebody of whom nothing is known is asked for where such things are collected: one request in place of finding out
   * where the author writes and asking there. Where the collectors have nothing the author's own relays are asked.
   */
  const fromLookup = <T>(spec: WatchSpec<T>, address: Address): WatchSpec<T> => ({
    ...spec,
    load: async (value, hints) => {
      const { kind, pubkey } = address;
      if (value !== undefined) return await spec.load(value, hints);
      learnRelays(pubkey);
      const found = await loader.load({ type: 'authored', pubkey, kinds: [kind], at: 'lookup' }, hints);
      const isThere = found.relays.length > 0 && (await lookups.getAddress(address)) !== undefined;
      return isThere ? found : await spec.load(value, hints);
    },
  });
  return {
    profile: (pubkey: string): WatchSpec<ProfileRow> =>
      fromLookup(
        authored('profile', { pubkey, kinds: [Kind.profile] }, () =>
          memory.read(Kind.profile, pubkey, () => getProfile(views, pubkey)),
        ),
        {
          kind: Kind.profile,
          pubkey,
          identifier: '',
        },
      ),
    follows: (pubkey: string): WatchSpec<FollowList> =>
      authored('follows', { pubkey, kinds: [Kind.follows] }, () => getFollows(views, pubkey)),
    relayList: (pubkey: string): WatchSpec<RelayList> =>
      authored('relayList', { pubkey, kinds: [Kind.relayList] }, () =>
        memory.read(Kind.relayList, pubkey, () => getRelayList(views, pubkey)),
      ),
    relaySets: (pubkey: string): WatchSpec<readonly RelaySet[]> =>
      authored('relaySets', { pubkey, kinds: [Kind.relaySet] }, async () =>
        orMissing(await getRelaySets(views, pubkey)),
      ),
    mutes: (pubkey: string): WatchSpec<MuteLists> =>
      authored('mutes', { pubkey, kinds: [Kind.mutes, Kind.blocks] }, () => getMutes(views, pubkey)),
    lists: (pubkey: string): WatchSpec<readonly List[]> =>
      authored('lists', { pubkey, kinds: listKinds }, async () => orMissing(await getLists(views, pubkey))),
    inboxRelays: (pubkey: string): WatchSpec<InboxRelays> =>
      authored('inboxRelays', { pubkey, kinds: [Kind.inboxRelays] }, () => getInboxRelays(views, pubkey)),
    engagement: (id: string): WatchSpec<Engagement> => ({
      class: 'engagement',
      key: keyOf({ type: 'references', id, kinds: engagementKinds }),
      isAlwaysThere: true,
      local: () => getEngagement(views, id),
      load: (_value, hints) => loader.load({ type: 'references', id, kinds: engagementKinds }, hints),
      isTouched: (change) =>
        change.type === 'stored' ? getTagValues(change.event, 'e').includes(id) : engagementKinds.includes(change.kind),
    }),
    event: (id: string): WatchSpec<NostrEvent> => ({
      class: 'event',
      key: keyOf({ type: 'event', id }),
      local: () => lookups.getEvent(id),
      // An event never changes: what is here can only have been deleted elsewhere.
      load: (event, hints) =>
        loader.load(event ? { type: 'deletion', id, author: event.pubkey } : { type: 'event', id }, hints),
      isTouched: (change) => (change.type === 'stored' ? change.event.id : change.id) === id,
    }),
    address: (address: Address): WatchSpec<NostrEvent> => ({
      class: 'address',
      key: keyOf(wantAddress(address)),
      local: () => lookups.getAddress(address),
      load: (_value, hints) => loader.load(wantAddress(address), hints),
      isTouched: (change) =>
        change.type === 'stored'
          ? getAddress(change.event) === formatAddress(address)
          : change.kind === address.kind && change.pubkey === address.pubkey,
    }),
  };
}

/** No list at all is nothing found, so that it is asked for again sooner. */
function orMissing<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}
