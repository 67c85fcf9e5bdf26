/** A message that another member of this cache sent on a channel. */
export type OnMessage = (message: string) => void;

/** A lease that this process holds. */
export interface Lease {
  readonly name: string;
  /** Prolongs it; false where it has run out and belongs to nobody or somebody else: what it guarded must stop. */
  renew(ttlMs: number): Promise<boolean>;
  /** Gives it back where it is still held. */
  release(): Promise<void>;
}

/** What a window of counting came to. */
export interface WindowCount {
  readonly count: number;
  /** Milliseconds until the window ends and counting begins anew. */
  readonly resetMs: number;
}

/**
 * Short-lived state that the processes of one installation share: memory where there is one process, Redis where there
 * are several. Nothing in it is the truth: whoever reads it can do without. Keys and values are text; a key has at most
 * 512 characters, a value at most 16 MiB. Failures are thrown as `CacheError`.
 */
export interface Cache extends AsyncDisposable {
  readonly engine: 'memory' | 'redis';
  get(key: string): Promise<string | undefined>;
  /** The values in the order of the keys. */
  getAll(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** Sets what is not there and says whether it did: exactly one of several callers hears true. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** The same for many keys in one round trip. */
  setAllIfAbsent(keys: readonly string[], value: string, ttlMs: number): Promise<readonly boolean[]>;
  delete(key: string): Promise<void>;
  /** Counts in a window that begins with its first count and ends `windowMs` later, however often it is counted in. */
  increment(key: string, windowMs: number, by?: number): Promise<WindowCount>;
  /** Takes a lease that nobody holds; undefined where somebody does. */
  acquire(name: string, ttlMs: number): Promise<Lease | undefined>;
  publish(channel: string, message: string): Promise<void>;
  /** Listens to a channel, the own messages included; the returned function ends it. */
  subscribe(channel: string, onMessage: OnMessage): Promise<() => Promise<void>>;
  /** Whether the engine answers now. Never rejects. */
  isReachable(): Promise<boolean>;
  /** Entries, hits and misses of this process so far, and the bytes that the engine says it uses. Never rejects. */
  figures(): Promise<CacheFigures>;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** What a cache can say of itself. */
export interface CacheFigures {
  readonly entries: number;
  readonly hits: number;
  readonly misses: number;
  readonly bytes?: number | undefined;
}
