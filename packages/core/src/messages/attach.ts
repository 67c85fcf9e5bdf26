import { migrate } from '@nostrata/database';
import { Kind } from '@nostrata/protocol';
import type { CoreEvents } from '../events.ts';
import { settledKeptMax } from '../limits.ts';
import type { Outbox } from '../outbox/contract.ts';
import type { Signing } from '../signing.ts';
import type { CoreState } from '../state.ts';
import type { Wire } from '../wire.ts';
import type { DirectMessages } from './contract.ts';
import { openMessages } from './messages.ts';
import { messageMigrations } from './schema.ts';

/** The pieces of a core that direct messages need. */
export interface MessagePieces {
  readonly state: CoreState;
  readonly wire: Wire;
  readonly outbox: Outbox;
  readonly signing: Signing;
  readonly events: CoreEvents;
  readonly nowSeconds: () => number;
}

/** Opens the direct messages of a core. Inbox relays that messages go to may ask who is writing (NIP-59). */
export async function attachMessages(pieces: MessagePieces): Promise<DirectMessages> {
  const { state, wire, outbox, signing, events, nowSeconds } = pieces;
  const { database, store } = state.storage;
  await migrate(database, messageMigrations);
  for (const { event, targets } of outbox.pending()) {
    if (event.kind === Kind.giftWrap) for (const { relay } of targets) signing.showTo(relay);
  }
  const loadInboxRelays = async (pubkey: string): Promise<readonly string[]> => {
    const { value } = await wire.reader.read(wire.specs.inboxRelays(pubkey));
    return value?.relays ?? [];
  };
  return await openMessages({
    ...{ database, store, nowSeconds, onFailed: events.failed },
    pool: wire.pool,
    getSigner: signing.get,
    onSignerChange: signing.onChange,
    loadInboxRelays: async (pubkey) => {
      const relays = await loadInboxRelays(pubkey);
      if (pubkey === (await signing.getPubkey())) for (const relay of relays) signing.showTo(relay);
      return relays;
    },
    isPublished: async (id) => (await outbox.recent(settledKeptMax)).some((publication) => publication.id === id),
    publish: async (event, options) => {
      for (const relay of options.relays ?? []) signing.showTo(relay);
      return await outbox.publish(event, options);
    },
  });
}
