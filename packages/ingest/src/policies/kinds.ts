import type { Policy } from '../contract.ts';

/** Which kinds are taken: those allowed, or all where none are named, without those denied. */
export interface KindLists {
  readonly allowed?: Iterable<number> | undefined;
  readonly denied?: Iterable<number> | undefined;
}

/** Takes only some kinds, from everybody but ourselves. */
export function createKindsPolicy(lists: KindLists): Policy {
  const allowed = new Set(lists.allowed);
  const denied = new Set(lists.denied);
  return {
    name: 'kinds',
    check({ kind }, { via }) {
      if (via === 'own') return null;
      if (!denied.has(kind) && (allowed.size === 0 || allowed.has(kind))) return null;
      return { prefix: 'blocked', message: `events of kind ${kind} are not taken here`, by: 'kinds' };
    },
    information: allowed.size > 0 ? { limitation: { restricted_writes: true } } : undefined,
  };
}
