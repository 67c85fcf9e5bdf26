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

/** An entry in the ring of all, between one that was used before and one that was used after. */
interface Node extends Entry {
  readonly key: string;
  readonly bytes: number;
  older: Node;
  newer: Node;
}

/**
 * Creates an empty map. The order of use is a ring through the entries: a `Map` that is read from its old end and
 * deleted from there walks over all it has deleted before.
 */
export function createBoundedMap({ now, entriesMax, bytesMax }: BoundedMapOptions): BoundedMap {
  const nodeByKey = new Map<string, Node>();
  const ring = createRing();
  let bytes = 0;
  let sweptAtMs = Number.NEGATIVE_INFINITY;

  const drop = (node: Node): void => {
    nodeByKey.delete(node.key);
    ring.remove(node);
    bytes -= node.bytes;
  };
  const sweep = (): void => {
    sweptAtMs = now();
    for (const node of nodeByKey.values()) if (node.endMs <= sweptAtMs) drop(node);
  };
  const isOver = (): boolean => nodeByKey.size > entriesMax || bytes > bytesMax;
  const makeRoom = (): void => {
    // A clock that was set back must not keep what has run out in place of what has not.
    if (isOver() && Math.abs(now() - sweptAtMs) >= sweepPauseMs) sweep();
    for (let oldest = ring.oldest(); oldest && isOver(); oldest = ring.oldest()) drop(oldest);
  };
  return {
    get(key) {
      const node = nodeByKey.get(key);
      if (node === undefined) return undefined;
      if (node.endMs <= now()) {
        drop(node);
        return undefined;
      }
      ring.remove(node);
      ring.add(node);
      return node;
    },
    set(key, text, endMs) {
      const before = nodeByKey.get(key);
      if (before) {
        // Its place in the `Map` is taken over, so that a counter leaves no trail of deleted places.
        ring.remove(before);
        bytes -= before.bytes;
      }
      const node = ring.create({ key, text, endMs, bytes: entryBytes(key, text) });
      nodeByKey.set(key, node);
      bytes += node.bytes;
      makeRoom();
    },
    delete(key) {
      const node = nodeByKey.get(key);
      if (node) drop(node);
    },
    usage() {
      sweep();
      return { entries: nodeByKey.size, bytes };
    },
    clear() {
      nodeByKey.clear();
      ring.clear();
      bytes = 0;
    },
  };
}

/** The entries in the order of their use; each knows its neighbours, and a node without a key is between both ends. */
function createRing() {
  const ends = { key: '', text: '', endMs: 0, bytes: 0 } as Node;
  const clear = (): void => {
    ends.older = ends;
    ends.newer = ends;
  };
  const add = (node: Node): void => {
    node.older = ends.older;
    node.newer = ends;
    node.older.newer = node;
    ends.older = node;
  };
  clear();
  return {
    clear,
    add,
    create(parts: Omit<Node, 'older' | 'newer'>): Node {
      const node = { ...parts, older: ends, newer: ends };
      add(node);
      return node;
    },
    remove({ older, newer }: Node): void {
      older.newer = newer;
      newer.older = older;
    },
    oldest: (): Node | undefined => (ends.newer === ends ? undefined : ends.newer),
  };
}
