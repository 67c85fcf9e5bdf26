import type { Cache, Lease } from '@nostrata/cache';
import type { Clock } from '../contract.ts';
import type { CollectorLimits } from './limits.ts';

/** What dividing the relays works with. */
export interface SharesOptions {
  readonly cache: Pick<Cache, 'acquire' | 'getAll' | 'set' | 'setIfAbsent' | 'delete'>;
  /** The name of this collector. */
  readonly name: string;
  readonly clock: Clock;
  readonly limits: Pick<CollectorLimits, 'leaseMs' | 'leaseRoundMs' | 'shards' | 'members'>;
  /** What is held has changed; what is given back is given back when this has resolved. */
  readonly changed: () => Promise<void>;
  readonly failed: (error: unknown) => void;
}

/**
 * The share of the relays that this collector holds. Relays fall into shards by their number, and each shard is a lease
 * in the cache. While the cache is away everybody goes on with what he has: who has taken over what is found in the
 * books, and what both count is only written for one.
 */
export interface Shares {
  holds(relay: number): boolean;
  /** Others own a relay of these: its shard is theirs. */
  lose(relays: Iterable<number>): void;
  /** Takes what is free and begins to renew it. */
  start(): Promise<void>;
  /** Ends the rounds. What is held stays so until `release`. */
  pause(): void;
  /** Gives everything back. */
  release(): Promise<void>;
}

/** Creates shares of nothing. */
export function createShares(options: SharesOptions): Shares {
  return new LeasedShares(options);
}

class LeasedShares implements Shares {
  readonly #options: SharesOptions;
  readonly #leases = new Map<number, Lease>();
  #place: number | undefined;
  #cancel = (): void => undefined;
  #isRunning = false;
  /** What is held has changed, and that has not been acted on yet. */
  #hasChanged = false;
  #round: Promise<void> = Promise.resolve();

  constructor(options: SharesOptions) {
    this.#options = options;
  }

  holds(relay: number): boolean {
    return this.#leases.has(relay % this.#options.limits.shards);
  }

  lose(relays: Iterable<number>): void {
    for (const relay of relays) this.#leases.delete(relay % this.#options.limits.shards);
  }

  async start(): Promise<void> {
    this.#isRunning = true;
    await this.#turn();
  }

  pause(): void {
    this.#isRunning = false;
    this.#cancel();
  }

  async release(): Promise<void> {
    this.pause();
    await this.#round;
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    await this.#attempt(async () => {
      await Promise.all(leases.map((lease) => lease.release()));
      if (this.#place !== undefined) await this.#options.cache.delete(memberKey(this.#place));
    });
  }

  async #turn(): Promise<void> {
    this.#round = this.#attempt(() => this.#divide());
    await this.#round;
    const { clock, limits } = this.#options;
    if (this.#isRunning) this.#cancel = clock.after(limits.leaseRoundMs, () => void this.#turn());
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.failed(error);
    }
  }

  /** Renews what is held, gives back what is too much, and takes what is free up to a fair part. */
  async #divide(): Promise<void> {
    const { limits, changed } = this.#options;
    const members = await this.#attend();
    const isLess = await this.#renew();
    const fair = Math.ceil(limits.shards / members);
    const surplus = [...this.#leases].slice(fair);
    for (const [shard] of surplus) this.#leases.delete(shard);
    const isMore = await this.#acquire(fair - this.#leases.size, surplus.length > 0);
    this.#hasChanged ||= isLess || isMore || surplus.length > 0;
    if (this.#hasChanged) await changed();
    this.#hasChanged = false;
    // Only now nothing of it is collected here any more.
    await Promise.all(surplus.map(([, lease]) => lease.release()));
  }

  /** Says that this collector is there; returns how many are. */
  async #attend(): Promise<number> {
    const { cache, name, limits } = this.#options;
    const keys = Array.from({ length: limits.members }, (_, place) => memberKey(place));
    const names = await cache.getAll(keys);
    if (this.#place !== undefined && names[this.#place] !== undefined && names[this.#place] !== name) {
      this.#place = undefined;
    }
    if (this.#place !== undefined) await cache.set(memberKey(this.#place), name, limits.leaseMs);
    for (let place = 0; this.#place === undefined && place < keys.length; place++) {
      if (names[place] !== undefined) continue;
      if (await cache.setIfAbsent(memberKey(place), name, limits.leaseMs)) this.#place = place;
    }
    return new Set([...names.filter((member) => member !== undefined), name]).size;
  }

  /** True where something was lost. */
  async #renew(): Promise<boolean> {
    const { cache, limits } = this.#options;
    let isLess = false;
    const renew = async ([shard, lease]: [number, Lease]): Promise<void> => {
      if (await lease.renew(limits.leaseMs)) return;
      // It ran out, as where the cache was away; where nobody took it, it goes on as if nothing had been.
      const again = await cache.acquire(shardName(shard), limits.leaseMs);
      if (!this.#leases.has(shard)) return void (await again?.release());
      if (again !== undefined) this.#leases.set(shard, again);
      else {
        this.#leases.delete(shard);
        isLess = true;
      }
    };
    await Promise.all([...this.#leases].map(renew));
    return isLess;
  }

  /** Takes at most so many; true where there was one. */
  async #acquire(wanted: number, isGivingBack: boolean): Promise<boolean> {
    if (wanted <= 0 || isGivingBack) return false;
    const { cache, limits } = this.#options;
    const first = Math.floor(((this.#place ?? 0) * limits.shards) / limits.members);
    const free = Array.from({ length: limits.shards }, (_, index) => (first + index) % limits.shards).filter(
      (shard) => !this.#leases.has(shard),
    );
    let taken = 0;
    for (let next = 0; next < free.length && taken < wanted; ) {
      const part = free.slice(next, next + wanted - taken);
      next += part.length;
      const leases = await Promise.all(part.map((shard) => cache.acquire(shardName(shard), limits.leaseMs)));
      for (const [index, shard] of part.entries()) {
        const lease = leases[index];
        if (lease === undefined) continue;
        this.#leases.set(shard, lease);
        taken++;
      }
    }
    return taken > 0;
  }
}

function memberKey(place: number): string {
  return `collector:member:${place}`;
}

function shardName(shard: number): string {
  return `collector:shard:${shard}`;
}
