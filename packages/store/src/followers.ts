import type { Change, Follower } from './contract.ts';

/** The followers of one store, told in log order. */
export interface Followers {
  /** Adds a follower; the returned function takes it away. */
  add(follower: Follower): () => void;
  /** Tells everybody. A call from within a follower waits until all have been told what came before. */
  tell(changes: readonly Change[]): void;
}

/** Creates an empty list of followers. A follower that throws does not keep the others from being told. */
export function createFollowers(): Followers {
  const entries = new Set<{ readonly follower: Follower }>();
  const waiting: (readonly Change[])[] = [];
  let isTelling = false;
  return {
    add(follower) {
      const entry = { follower };
      entries.add(entry);
      return () => entries.delete(entry);
    },
    tell(changes) {
      if (changes.length > 0) waiting.push(changes);
      if (isTelling) return;
      isTelling = true;
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        for (const entry of [...entries]) if (entries.has(entry)) tellOne(entry.follower, next);
      }
      isTelling = false;
    },
  };
}

function tellOne(follower: Follower, changes: readonly Change[]): void {
  try {
    follower(changes);
  } catch (error) {
    // A bug of the follower's: it ends the process as any uncaught error does, but not this commit.
    queueMicrotask(() => {
      throw error;
    });
  }
}
