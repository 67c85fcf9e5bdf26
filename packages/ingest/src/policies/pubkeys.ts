import type { Policy } from '../contract.ts';

/** Whose events are taken: of the pubkeys allowed, or of all where none are named, without those denied. */
export interface PubkeyLists {
  readonly allowed?: Iterable<string> | undefined;
  readonly denied?: Iterable<string> | undefined;
}

/** Takes only some authors' events, whoever brings them, and our own. */
export function createPubkeysPolicy(lists: PubkeyLists): Policy {
  const allowed = new Set(lists.allowed);
  const denied = new Set(lists.denied);
  return {
    name: 'pubkeys',
    check({ pubkey }, { via }) {
      if (via === 'own') return null;
      if (denied.has(pubkey)) return { prefix: 'blocked', message: 'this author is blocked here', by: 'pubkeys' };
      if (allowed.size === 0 || allowed.has(pubkey)) return null;
      return { prefix: 'restricted', message: 'only some authors may publish here', by: 'pubkeys' };
    },
    information: allowed.size > 0 ? { limitation: { restricted_writes: true } } : undefined,
  };
}
