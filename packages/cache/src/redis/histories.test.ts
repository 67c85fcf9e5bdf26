import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fc, startRedis } from '@nostrata/testing';
import { createModel, histories, playOn } from '../conformance/histories.ts';
import { openRedisCache } from './engine.ts';

const server = await startRedis();
after(async () => {
  if (server.isAvailable) await server.stop();
});

test('any history gives the answers of the model, while no time is over', async (t) => {
  if (!server.isAvailable) return t.skip(server.reason);
  const { url } = server;
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(histories({ shortMs: 600_000, longMs: 900_000 }), async (steps) => {
      runs += 1;
      await using cache = await openRedisCache(url, { prefix: `history-${runs}` });
      // Redis has a clock of its own, which cannot be moved: the conformance suite shows what time does.
      const play = playOn(cache, () => {});
      const playModel = createModel();
      for (const step of steps.filter((each) => each.do !== 'wait')) {
        assert.deepEqual(await play(step), await playModel(step), JSON.stringify(step));
      }
    }),
    { numRuns: 100 },
  );
});
