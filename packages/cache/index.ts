export type { OnProblem } from './src/channels.ts';
export type { Cache, CacheFigures, Lease, OnMessage, WindowCount } from './src/contract.ts';
export { CacheError, type CacheFault } from './src/errors.ts';
export { createMemoryCache, type MemoryCacheOptions } from './src/memory.ts';
export { type CacheOptions, openCache } from './src/open.ts';
export { openRedisCache, type RedisCacheOptions } from './src/redis/engine.ts';
