import { checkKeys, checkName, checkSpan, checkStep, checkText } from './checks.ts';
import type { Cache, CacheFigures, Lease } from './contract.ts';
import type { Engine } from './engine.ts';
import { CacheError } from './errors.ts';

/** Makes a cache of an engine: arguments are checked, hits counted, and nothing is done after the stop. */
export function createFront(engine: Engine): Cache {
  const lookups = { hits: 0, misses: 0 };
  let stopping: Promise<void> | undefined;

  const ready = (): Engine => {
    if (stopping) throw new CacheError('stopped', 'the cache was stopped');
    return engine;
  };
  const read = async (keys: readonly string[]): Promise<readonly (string | undefined)[]> => {
    checkKeys(keys);
    const values = keys.length === 0 ? [] : await ready().read(keys);
    for (const value of values) lookups[value === undefined ? 'misses' : 'hits'] += 1;
    return values;
  };
  const writeAbsent = async (keys: readonly string[], value: string, ttlMs: number): Promise<readonly boolean[]> => {
    checkKeys(keys);
    checkText(value, 'value');
    checkSpan(ttlMs);
    return keys.length === 0 ? [] : await ready().writeAbsent(keys, value, ttlMs);
  };
  const isReachable = async (): Promise<boolean> => {
    if (stopping) return false;
    try {
      return await engine.ping();
    } catch {
      // Not to be reached is the answer to the question.
      return false;
    }
  };
  const figures = async (): Promise<CacheFigures> => {
    try {
      return { ...(await ready().usage()), ...lookups };
    } catch {
      // What the engine holds cannot be known now; what this process saw can.
      return { entries: 0, ...lookups };
    }
  };
  const stop = (): Promise<void> => {
    stopping ??= (async () => await engine.close())();
    return stopping;
  };
  return {
    engine: engine.name,
    get: async (key) => (await read([key]))[0],
    getAll: read,
    async set(key, value, ttlMs) {
      checkName(key, 'key');
      checkText(value, 'value');
      checkSpan(ttlMs);
      await ready().write(key, value, ttlMs);
    },
    setIfAbsent: async (key, value, ttlMs) => (await writeAbsent([key], value, ttlMs))[0] === true,
    setAllIfAbsent: writeAbsent,
    async delete(key) {
      checkName(key, 'key');
      await ready().remove(key);
    },
    async increment(key, windowMs, by = 1) {
      checkName(key, 'key');
      checkSpan(windowMs);
      checkStep(by);
      return await ready().count(key, windowMs, by);
    },
    async acquire(name, ttlMs) {
      checkName(name, 'lease');
      checkSpan(ttlMs);
      const token = await ready().take(name, ttlMs);
      return token === undefined ? undefined : createLease(ready, { name, token });
    },
    async publish(channel, message) {
      checkName(channel, 'channel');
      checkText(message, 'message');
      await ready().publish(channel, message);
    },
    async subscribe(channel, onMessage) {
      checkName(channel, 'channel');
      const end = await ready().subscribe(channel, onMessage);
      return async () => await end();
    },
    isReachable,
    figures,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function createLease(ready: () => Engine, held: { readonly name: string; readonly token: string }): Lease {
  return {
    name: held.name,
    async renew(ttlMs) {
      checkSpan(ttlMs);
      return await ready().prolong(held, ttlMs);
    },
    async release() {
      await ready().giveBack(held);
    },
  };
}
