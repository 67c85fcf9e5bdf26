import { join } from 'node:path';
import { openRedisCache } from '@nostrata/cache';
import { openSqlite } from '@nostrata/database';
import { collectFrom, openPieces } from './test-collection.ts';

/** A process that collects from relays into a folder that it shares with others, until it is told to stop or killed. */
const [folder = '', redisUrl = '', urls = ''] = process.argv.slice(2);
const database = openSqlite(join(folder, 'statistics.db'));
const pieces = await openPieces(folder, database, await openRedisCache(redisUrl, { commandTimeoutMs: 1_000 }));
const collector = collectFrom(pieces, {
  relays: async () => urls.split(',').map((url, index) => ({ relay: index + 1, url })),
  limits: { leaseMs: 1_500, leaseRoundMs: 300, shards: 8, flushMs: 50 },
});
process.once('SIGTERM', async () => {
  await collector.stop();
  await pieces.close();
});
await collector.start();
console.log('collecting');
