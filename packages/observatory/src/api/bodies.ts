import type { Body } from '@nostrata/http';
import { bodiesMax, bodyBytesMax, spellingsMax } from './limits.ts';

/** A body in memory and until when it is fresh. */
export interface Kept {
  readonly body: Body;
  readonly freshUntilMs: number;
  readonly loadedAtMs: number;
}

/** The bodies of this process, the least lately used leave first; old ones stay as the last good copies. */
export interface Bodies {
  get(key: string): Kept | undefined;
  set(key: string, kept: Kept): void;
  /** The key that a spelling of a request leads to. */
  keyOf(spelling: string): string | undefined;
  learn(spelling: string, key: string): void;
  readonly bytes: number;
}

/** Creates an empty store of bodies. */
export function createBodies(): Bodies {
  const kept = new Map<string, Kept>();
  const keys = new Map<string, string>();
  let bytes = 0;
  // The compressed variants together come to less than the text.
  const sizeOf = ({ body }: Kept) => body.text.length * 2;
  const drop = (key: string) => {
    const old = kept.get(key);
    if (old === undefined) return;
    kept.delete(key);
    bytes -= sizeOf(old);
  };
  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found;
    },
    set(key, entry) {
      drop(key);
      kept.set(key, entry);
      bytes += sizeOf(entry);
      for (const oldest of kept.keys()) {
        if (kept.size <= bodiesMax && bytes <= bodyBytesMax) break;
        drop(oldest);
      }
    },
    keyOf: (spelling) => keys.get(spelling),
    learn(spelling, key) {
      for (const oldest of keys.keys()) {
        if (keys.size < spellingsMax) break;
        keys.delete(oldest);
      }
      keys.set(spelling, key);
    },
    get bytes() {
      return bytes;
    },
  };
}
