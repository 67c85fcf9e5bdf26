import type { OnMessage, WindowCount } from './contract.ts';

/** What a call gives: at once in memory, later from elsewhere. */
export type Soon<T> = T | Promise<T>;

/**
 * What an engine brings; `createFront` makes a `Cache` of it and has checked every argument before. Values, counters,
 * leases and channels are four spaces of names.
 */
export interface Engine {
  readonly name: 'memory' | 'redis';
  read(keys: readonly string[]): Soon<readonly (string | undefined)[]>;
  write(key: string, value: string, ttlMs: number): Soon<void>;
  /** Writes what is not there; a key that is named twice is written once. */
  writeAbsent(keys: readonly string[], value: string, ttlMs: number): Soon<readonly boolean[]>;
  /** Drops the value and the counter of this name. */
  remove(key: string): Soon<void>;
  count(key: string, windowMs: number, by: number): Soon<WindowCount>;
  /** The token of a lease that nobody held. */
  take(name: string, ttlMs: number): Soon<string | undefined>;
  prolong(held: HeldLease, ttlMs: number): Soon<boolean>;
  giveBack(held: HeldLease): Soon<void>;
  publish(channel: string, message: string): Soon<void>;
  subscribe(channel: string, onMessage: OnMessage): Soon<() => Soon<void>>;
  ping(): Soon<boolean>;
  usage(): Soon<Usage>;
  close(): Soon<void>;
}

/** A lease and the token that only its holder knows. */
export interface HeldLease {
  readonly name: string;
  readonly token: string;
}

/** What an engine holds. */
export interface Usage {
  readonly entries: number;
  readonly bytes?: number | undefined;
}
