import { Kind } from '@nostrata/protocol';
import { getMutes } from '@nostrata/views';
import type { Signing } from '../signing.ts';
import type { CoreState } from '../state.ts';

/** The relays that the signer's owner never wants to be connected to (kind 10006). */
export interface BlockedRelays {
  get(): ReadonlySet<string>;
  stop(): void;
}

/** Follows the owner's own list; routes ask for it at every plan, so it stands in memory. */
export function createBlockedRelays({ storage, caughtUp, viewsDatabase }: CoreState, signing: Signing): BlockedRelays {
  let blocked: ReadonlySet<string> = new Set();
  let isStopped = false;
  const load = async (): Promise<void> => {
    const pubkey = await signing.getPubkey();
    if (pubkey === undefined || isStopped) return;
    await caughtUp();
    blocked = new Set((await getMutes(viewsDatabase, pubkey))?.blockedRelays);
  };
  // A signer that does not say who it is, and a core that is closing, have no list to follow.
  const loadQuietly = (): void => void load().catch(() => undefined);
  const unfollow = storage.store.follow((changes) => {
    const isTouched = changes.some((change) => (change.type === 'stored' ? change.event : change).kind === Kind.blocks);
    if (isTouched) loadQuietly();
  });
  loadQuietly();
  return {
    get: () => blocked,
    stop: () => {
      isStopped = true;
      unfollow();
    },
  };
}
