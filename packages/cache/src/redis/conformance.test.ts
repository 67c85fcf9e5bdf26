import { after } from 'node:test';
import { startRedis, waitUntil } from '@nostrata/testing';
import { runConformance } from '../conformance/run.ts';
import { openRedisCache } from './engine.ts';

const server = await startRedis();
after(async () => {
  if (server.isAvailable) await server.stop();
});
let opened = 0;

runConformance({
  name: 'redis',
  skip: server.isAvailable ? false : server.reason,
  async open() {
    if (!server.isAvailable) throw new Error(server.reason);
    opened += 1;
    const prefix = `test-${opened}`;
    return {
      cache: await openRedisCache(server.url, { prefix }),
      other: await openRedisCache(server.url, { prefix }),
      until: (condition) => waitUntil(condition),
    };
  },
});
