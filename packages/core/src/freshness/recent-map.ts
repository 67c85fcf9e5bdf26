/** A map of bounded size that forgets what was not used for longest. */
export interface RecentMap<V> {
  get(key: string): V | undefined;
  has(key: string): boolean;
  set(key: string, value: V): void;
  delete(key: string): void;
  /** The keys that are there now; a snapshot. */
  keys(): readonly string[];
  readonly size: number;
}

/** `mayForget` spares entries that something still needs; they then stand beyond the bound. */
export function createRecentMap<V>(entriesMax: number, mayForget: (key: string) => boolean = () => true): RecentMap<V> {
  const entries = new Map<string, V>();
  const forget = (): void => {
    for (const key of entries.keys()) {
      if (entries.size <= entriesMax) return;
      if (mayForget(key)) entries.delete(key);
    }
  };
  return {
    get: (key) => {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    has: (key) => entries.has(key),
    set: (key, value) => {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size > entriesMax) forget();
    },
    delete: (key) => {
      entries.delete(key);
    },
    keys: () => [...entries.keys()],
    get size() {
      return entries.size;
    },
  };
}
