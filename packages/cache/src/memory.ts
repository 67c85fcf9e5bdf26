import { type BoundedMap, createBoundedMap, entryBytes } from './bounded-map.ts';
import { type Channels, createChannels, type OnProblem } from './channels.ts';
import type { Cache } from './contract.ts';
import type { Engine } from './engine.ts';
import { CacheError } from './errors.ts';
import { createFront } from './front.ts';
import { memoryBytesMax, memoryEntriesMax, memoryLeasesMax } from './limits.ts';

/** Options of a cache in memory. */
export interface MemoryCacheOptions {
  /** Milliseconds; what has run out by it is not there any more. */
  readonly clock: { now(): number };
  /** Values and counters at most; 200,000 unless told. The oldest-used goes first. */
  readonly entriesMax?: number | undefined;
  /** Bytes of values and counters at most; 64 MiB unless told. The oldest-used goes first. */
  readonly bytesMax?: number | undefined;
  /** Is told of listeners that threw. */
  readonly onProblem?: OnProblem | undefined;
}

/** Creates a cache in the memory of this process: for installations of one process, and for tests. */
export function createMemoryCache(options: MemoryCacheOptions): Cache {
  const { clock, entriesMax = memoryEntriesMax, bytesMax = memoryBytesMax } = options;
  const now = () => clock.now();
  const map = createBoundedMap({ now, entriesMax, bytesMax });
  const channels = createChannels(options.onProblem);
  const leases = createLeases(now);
  return createFront({
    name: 'memory',
    ...createTable({ map, now, bytesMax }),
    ...leases,
    ...createPosts(channels),
    ping: () => true,
    usage: () => map.usage(),
    close() {
      map.clear();
      leases.clear();
      channels.clear();
    },
  });
}

/** Values and counters share the map under two first letters, so that one bound holds both. */
function createTable({ map, now, bytesMax }: { map: BoundedMap; now: () => number; bytesMax: number }) {
  const write = (key: string, value: string, ttlMs: number): void => {
    const bytes = entryBytes(`v${key}`, value);
    if (bytes > bytesMax) {
      throw new CacheError('full', `a value of ${bytes} bytes does not fit into a memory cache of ${bytesMax}`);
    }
    map.set(`v${key}`, value, now() + ttlMs);
  };
  return {
    read: (keys) => keys.map((key) => map.get(`v${key}`)?.text),
    write,
    writeAbsent: (keys, value, ttlMs) =>
      keys.map((key) => {
        if (map.get(`v${key}`)) return false;
        write(key, value, ttlMs);
        return true;
      }),
    remove(key) {
      map.delete(`v${key}`);
      map.delete(`c${key}`);
    },
    count(key, windowMs, by) {
      const open = map.get(`c${key}`);
      const endMs = open?.endMs ?? now() + windowMs;
      const count = Number(open?.text ?? 0) + by;
      map.set(`c${key}`, String(count), endMs);
      return { count, resetMs: endMs - now() };
    },
  } satisfies Partial<Engine>;
}

/** Leases lie apart: evicting one would give it to two. */
function createLeases(now: () => number) {
  const leaseByName = new Map<string, { readonly token: string; readonly endMs: number }>();
  let taken = 0;
  const held = (name: string): string | undefined => {
    const lease = leaseByName.get(name);
    if (lease && lease.endMs > now()) return lease.token;
    leaseByName.delete(name);
    return undefined;
  };
  return {
    take(name, ttlMs) {
      if (held(name) !== undefined) return undefined;
      if (leaseByName.size >= memoryLeasesMax) for (const other of leaseByName.keys()) held(other);
      if (leaseByName.size >= memoryLeasesMax) {
        throw new CacheError('full', `${memoryLeasesMax} leases are held, no more fit into memory`);
      }
      taken += 1;
      const token = String(taken);
      leaseByName.set(name, { token, endMs: now() + ttlMs });
      return token;
    },
    prolong({ name, token }, ttlMs) {
      if (held(name) !== token) return false;
      leaseByName.set(name, { token, endMs: now() + ttlMs });
      return true;
    },
    giveBack({ name, token }) {
      if (held(name) === token) leaseByName.delete(name);
    },
    clear: () => leaseByName.clear(),
  } satisfies Partial<Engine> & { clear(): void };
}

function createPosts(channels: Channels) {
  return {
    // Not within the call, as with any other engine: a listener that publishes must not grow the stack.
    publish: (channel, message) => queueMicrotask(() => channels.deliver(channel, message)),
    subscribe(channel, onMessage) {
      const remove = channels.add(channel, onMessage);
      return () => {
        remove();
      };
    },
  } satisfies Partial<Engine>;
}
