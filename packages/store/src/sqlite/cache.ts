import type { Entry } from './entry.ts';
import { cacheEntryOverheadBytes } from './limits.ts';

/**
 * Events in memory, by position. A position is never used twice and an event never changes, so nothing here can be
 * wrong; that an event has left is seen in the indexes, which are always asked first.
 */
export interface EntryCache {
  get(seq: number): Entry | undefined;
  add(entry: Entry): void;
  /** Lets nothing be dropped while the work runs. */
  hold(work: () => void): void;
}

/** Makes a cache of at most so many bytes: two generations, the older one is dropped as a whole. */
export function createEntryCache(bytesMax: number): EntryCache {
  let young = new Map<number, Entry>();
  let old = new Map<number, Entry>();
  let youngBytes = 0;
  let held = false;

  const turn = (): void => {
    if (held || youngBytes < bytesMax / 2) return;
    old = young;
    young = new Map();
    youngBytes = 0;
  };
  const add = (entry: Entry): void => {
    young.set(entry.seq, entry);
    youngBytes += entry.json.length + cacheEntryOverheadBytes;
    turn();
  };
  return {
    get: (seq) => {
      const entry = young.get(seq);
      if (entry) return entry;
      const older = old.get(seq);
      if (older) add(older);
      return older;
    },
    add,
    hold: (work) => {
      held = true;
      try {
        work();
      } finally {
        held = false;
      }
    },
  };
}
