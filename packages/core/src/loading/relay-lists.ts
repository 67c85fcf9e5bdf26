import type { Database } from '@nostrata/database';
import type { ListedRelay } from '@nostrata/protocol';
import { getRelayLists, type InboxRelays, type RelayList } from '@nostrata/views';
import { relayListDeadlineMs } from '../limits.ts';
import type { Reader, ReadSpec } from '../reads/reader.ts';

/** What looking up relay lists is made of. */
export interface RelayListParts {
  readonly views: Database;
  readonly reader: Reader;
  readonly specOf: (pubkey: string) => ReadSpec<RelayList>;
}

/** The relays of people, as far as they can be had in short time. */
export type LoadRelayLists = (pubkeys: readonly string[]) => Promise<ReadonlyMap<string, readonly ListedRelay[]>>;

/**
 * Relay lists from the store; those that are old are refreshed behind the caller's back, and those that were never
 * looked for are waited for, for a moment: without them the first question would go to the wrong relays.
 */
export function createRelayLists({ views, reader, specOf }: RelayListParts): LoadRelayLists {
  return async (pubkeys) => {
    const known = await getRelayLists(views, pubkeys);
    const lists = new Map([...known].map(([pubkey, { relays }]) => [pubkey, relays]));
    await Promise.all(
      pubkeys.map(async (pubkey) => {
        const policy = lists.has(pubkey) ? 'stale-while-revalidate' : 'cache-first';
        const loaded = await reader.read(specOf(pubkey), { policy, deadlineMs: relayListDeadlineMs, isInternal: true });
        if (loaded.value) lists.set(pubkey, loaded.value.relays);
      }),
    );
    return lists;
  };
}

/** The relays for direct messages of people, as far as they can be had in short time. */
export type LoadInboxRelays = (pubkeys: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>;

/** Inbox relays (kind 10050), which a message waits for where they were never looked for. */
export function createInboxRelays({
  reader,
  specOf,
}: {
  readonly reader: Reader;
  readonly specOf: (pubkey: string) => ReadSpec<InboxRelays>;
}): LoadInboxRelays {
  return async (pubkeys) => {
    const lists = new Map<string, readonly string[]>();
    await Promise.all(
      pubkeys.map(async (pubkey) => {
        const options = { policy: 'cache-first', deadlineMs: relayListDeadlineMs, isInternal: true } as const;
        const { value } = await reader.read(specOf(pubkey), options);
        if (value) lists.set(pubkey, value.relays);
      }),
    );
    return lists;
  };
}
