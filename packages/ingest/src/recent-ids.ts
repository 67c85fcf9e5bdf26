/** Ephemeral events that were handed on lately: their ids, and the signature that each was verified with. */
export interface RecentIds {
  /** The signature under which that id was verified, or undefined. */
  get(id: string): string | undefined;
  add(id: string, sig: string): void;
}

/** Remembers between half of `max` and `max` ids, the newest, in two generations. */
export function createRecentIds(max: number): RecentIds {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  return {
    get: (id) => young.get(id) ?? old.get(id),
    add(id, sig) {
      if (young.size >= max / 2) {
        old = young;
        young = new Map();
      }
      young.set(id, sig);
    },
  };
}
