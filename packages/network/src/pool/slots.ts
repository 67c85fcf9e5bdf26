/** The budget of connections: who has one, and who waits. */
export interface Slots {
  readonly used: number;
  /** True where there is room now; else the relay is remembered and `grant` called when there is. */
  take(relay: string): boolean;
  free(relay: string): void;
  /** Takes the relay out of the queue. */
  leave(relay: string): void;
  readonly hasQueue: boolean;
}

/** What slots are run with. */
export interface SlotsOptions {
  readonly connectionsMax: number;
  /** Closes the connection that was used least recently of those that nobody needs; false where all are needed. */
  evict(): boolean;
  /** There is room for this relay now: it takes it by `take`. */
  grant(relay: string): void;
}

/** Creates slots that are all free. First come, first served. */
export function createSlots({ connectionsMax, evict, grant }: SlotsOptions): Slots {
  const holders = new Set<string>();
  const queue = new Set<string>();
  return {
    get used() {
      return holders.size;
    },
    get hasQueue() {
      return queue.size > 0;
    },
    take(relay) {
      if (holders.has(relay)) return true;
      if (holders.size < connectionsMax) {
        queue.delete(relay);
        holders.add(relay);
        return true;
      }
      queue.add(relay);
      evict();
      return false;
    },
    free(relay) {
      if (!holders.delete(relay)) return;
      for (const next of [...queue]) {
        if (holders.size >= connectionsMax) return;
        queue.delete(next);
        grant(next);
      }
    },
    leave(relay) {
      queue.delete(relay);
    },
  };
}
