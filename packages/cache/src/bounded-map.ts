import { entryOverheadBytes, sweepPauseMs } from './limits.ts';

/** Texts with an end, at most so many and so large; the oldest-used goes first. */
export interface BoundedMap {
  /** What is there, now used last. */
  get(key: string): Entry | undefined;
  set(key: string, text: string, endMs: number): void;
  delete(key: string): void;
  /** Entries and bytes after what has run out was dropped. */
  usage(): { readonly entries: number; readonly bytes: number };
  clear(): void;
}

/** One text and the moment from which it is not there any more. */
export interface Entry {
  readonly text: string;
  readonly endMs: number;
  readonly bytes: number;
}

/** Bounds of a map, and its time. */
export interface BoundedMapOptions {
  readonly now: () => number;
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** What an entry counts for. */
export function entryBytes(key: string, text: string): number {
  return entryOverheadBytes + key.length + Buffer.byteLength(text);
}

/** Creates an empty map. Its `Map` is kept in the order of use, the oldest first. */
export function createBoundedMap({ now, entriesMax, bytesMax }: BoundedMapOptions): BoundedMap {
  const entries = new Map<string, Entry>();
  let bytes = 0;
  let sweptAtMs = Number.NEGATIVE_INFINITY;

  const drop = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    bytes -= entry.bytes;
  };
  const sweep = (): void => {
    sweptAtMs = now();
    for (const [key, { endMs }] of entries) if (endMs <= sweptAtMs) drop(key);
  };
  const isOver = (): boolean => entries.size > entriesMax || bytes > bytesMax;
  const makeRoom = (): void => {
    // A clock that was set back must not keep what has run out in place of what has not.
    if (isOver() && Math.abs(now() - sweptAtMs) >= sweepPauseMs) sweep();
    for (const key of entries.keys()) {
      if (!isOver()) return;
      drop(key);
    }
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.endMs <= now()) {
        drop(key);
        return undefined;
      }
      entries.delete(key);
      entries.set(key, entry);
      return entry;
    },
    set(key, text, endMs) {
      drop(key);
      const entry = { text, endMs, bytes: entryBytes(key, text) };
      entries.set(key, entry);
      bytes += entry.bytes;
      makeRoom();
    },
    delete: drop,
    usage() {
      sweep();
      return { entries: entries.size, bytes };
    },
    clear() {
      entries.clear();
      bytes = 0;
    },
  };
}
