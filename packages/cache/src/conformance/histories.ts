import { fc } from '@nostrata/testing';
import type { Cache, Lease } from '../contract.ts';

/** One step of a random history. `slot` names a lease that an earlier step may have taken. */
export type Step =
  | { readonly do: 'set' | 'setIfAbsent'; readonly key: string; readonly value: string; readonly ttlMs: number }
  | { readonly do: 'setAll'; readonly keys: readonly string[]; readonly value: string; readonly ttlMs: number }
  | { readonly do: 'get' | 'delete'; readonly key: string }
  | { readonly do: 'getAll'; readonly keys: readonly string[] }
  | { readonly do: 'increment'; readonly key: string; readonly windowMs: number; readonly by: number }
  | { readonly do: 'acquire' | 'renew'; readonly key: string; readonly slot: number; readonly ttlMs: number }
  | { readonly do: 'release'; readonly slot: number }
  | { readonly do: 'wait'; readonly milliseconds: number };

/** Random histories over few keys, so that steps meet. Times are `shortMs` to `longMs`. */
export function histories(spans: { readonly shortMs: number; readonly longMs: number }): fc.Arbitrary<Step[]> {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const keys = fc.array(key, { maxLength: 6 });
  const value = fc.oneof(fc.constant(''), fc.string({ unit: 'grapheme', maxLength: 5 }));
  const ttlMs = fc.integer({ min: spans.shortMs, max: spans.longMs });
  const slot = fc.nat({ max: 2 });
  const step = fc.oneof(
    fc.record({ do: fc.constantFrom('set' as const, 'setIfAbsent' as const), key, value, ttlMs }),
    fc.record({ do: fc.constant('setAll' as const), keys, value, ttlMs }),
    fc.record({ do: fc.constantFrom('get' as const, 'delete' as const), key }),
    fc.record({ do: fc.constant('getAll' as const), keys }),
    fc.record({ do: fc.constant('increment' as const), key, windowMs: ttlMs, by: fc.nat({ max: 5 }) }),
    fc.record({ do: fc.constantFrom('acquire' as const, 'renew' as const), key, slot, ttlMs }),
    fc.record({ do: fc.constant('release' as const), slot }),
    fc.record({ do: fc.constant('wait' as const), milliseconds: fc.nat({ max: spans.shortMs * 2 }) }),
  );
  return fc.array(step, { maxLength: 60 });
}

/** What does steps and says what each came to, as plain values. */
export type Player = (step: Step) => Promise<unknown>;

/** Plays on a cache; `wait` is what a wait does to its clock. Of a count's window only the count is told. */
export function playOn(cache: Cache, wait: (milliseconds: number) => void): Player {
  const leaseBySlot = new Map<number, Lease>();
  return async (step) => {
    switch (step.do) {
      case 'set':
        return await cache.set(step.key, step.value, step.ttlMs);
      case 'setIfAbsent':
        return await cache.setIfAbsent(step.key, step.value, step.ttlMs);
      case 'setAll':
        return await cache.setAllIfAbsent(step.keys, step.value, step.ttlMs);
      case 'get':
        return await cache.get(step.key);
      case 'getAll':
        return await cache.getAll(step.keys);
      case 'delete':
        return await cache.delete(step.key);
      case 'increment':
        return (await cache.increment(step.key, step.windowMs, step.by)).count;
      case 'acquire': {
        const lease = await cache.acquire(step.key, step.ttlMs);
        if (lease) leaseBySlot.set(step.slot, lease);
        return lease !== undefined;
      }
      case 'renew':
        return await leaseBySlot.get(step.slot)?.renew(step.ttlMs);
      case 'release':
        return await leaseBySlot.get(step.slot)?.release();
      case 'wait':
        return wait(step.milliseconds);
    }
  };
}

interface Kept<T> {
  readonly value: T;
  readonly endMs: number;
}

/** The rules in their simplest form, one map for each kind of thing. */
export function createModel(): Player {
  let now = 0;
  const values = new Map<string, Kept<string>>();
  const counts = new Map<string, Kept<number>>();
  const leases = new Map<string, Kept<object>>();
  const slots = new Map<number, { readonly name: string; readonly token: object }>();
  const live = <T>(map: Map<string, Kept<T>>, key: string): T | undefined => {
    const kept = map.get(key);
    return kept && now < kept.endMs ? kept.value : undefined;
  };
  const setIfAbsent = (key: string, value: string, ttlMs: number): boolean => {
    if (live(values, key) !== undefined) return false;
    values.set(key, { value, endMs: now + ttlMs });
    return true;
  };
  const renew = (slot: number, ttlMs: number): boolean | undefined => {
    const held = slots.get(slot);
    if (!held) return undefined;
    if (live(leases, held.name) !== held.token) return false;
    leases.set(held.name, { value: held.token, endMs: now + ttlMs });
    return true;
  };
  const acquire = (slot: number, name: string, ttlMs: number): boolean => {
    if (live(leases, name)) return false;
    const token = {};
    leases.set(name, { value: token, endMs: now + ttlMs });
    slots.set(slot, { name, token });
    return true;
  };
  return async (step) => {
    switch (step.do) {
      case 'set':
        return void values.set(step.key, { value: step.value, endMs: now + step.ttlMs });
      case 'setIfAbsent':
        return setIfAbsent(step.key, step.value, step.ttlMs);
      case 'setAll':
        return step.keys.map((key) => setIfAbsent(key, step.value, step.ttlMs));
      case 'get':
        return live(values, step.key);
      case 'getAll':
        return step.keys.map((key) => live(values, key));
      case 'delete':
        values.delete(step.key);
        return void counts.delete(step.key);
      case 'increment': {
        const open = live(counts, step.key);
        const endMs = open === undefined ? now + step.windowMs : (counts.get(step.key)?.endMs ?? 0);
        counts.set(step.key, { value: (open ?? 0) + step.by, endMs });
        return (open ?? 0) + step.by;
      }
      case 'acquire':
        return acquire(step.slot, step.key, step.ttlMs);
      case 'renew':
        return renew(step.slot, step.ttlMs);
      case 'release': {
        const held = slots.get(step.slot);
        if (held && live(leases, held.name) === held.token) leases.delete(held.name);
        return undefined;
      }
      case 'wait':
        now += step.milliseconds;
        return undefined;
    }
  };
}
