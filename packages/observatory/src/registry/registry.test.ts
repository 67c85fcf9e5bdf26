import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { createEngines } from '../facts/test-engines.ts';
import { createRegistry } from './registry.ts';
import { createRelayReads } from './relay-reads.ts';
import { createTestClock, quietLogger } from './test-parts.ts';

const online = 'relays/online-2026-07.txt';

for (const engine of await createEngines()) {
  describe(`the relay registry on ${engine.name}`, { skip: engine.skip }, () => {
    after(() => engine.stop());
    const seeds = [
      { url: 'wss://One.example.com/', latitude: 52.5, longitude: 13.4 },
      { url: 'wss://two.example.com' },
      { url: 'ws://192.168.1.4:7777' },
      { url: 'wss://abc.onion' },
      { url: 'no relay' },
    ];

    test('a seed has one id for ever, and only what may be dialled is a seed', async () => {
      await using database = await engine.open();
      const clock = createTestClock();
      const parts = { database, clock, logger: quietLogger };
      await using registry = createRegistry({ ...parts, seeds, findCountry: () => 'DE' });
      await registry.start();
      assert.deepEqual(
        registry.relays().map(({ relay, url }) => [relay, url]),
        [
          [1, 'wss://one.example.com'],
          [2, 'wss://two.example.com'],
        ],
      );
      await using again = createRegistry({ ...parts, seeds: [{ url: 'wss://three.example.com' }, ...seeds] });
      await again.start();
      assert.equal(again.idOf('wss://two.example.com'), 2);
      assert.equal(again.idOf('wss://three.example.com'), 3);
      assert.equal(await again.ensure({ url: 'wss://four.example.com', source: 'operator' }), 4);
      const reads = createRelayReads({ database, clock });
      const { relays, total } = await reads.relays({ range: '24h', sort: 'url' });
      assert.equal(total, 4);
      assert.deepEqual(
        relays.map(({ url }) => url).sort(),
        again
          .relays()
          .map(({ url }) => url)
          .sort(),
      );
      const details = await reads.relay('wss://one.example.com', 'all');
      assert.equal(details?.country, 'DE');
      assert.equal(details?.latitude, 52.5);
      assert.equal(details?.state, 'unknown');
      assert.equal(details?.source, 'seed');
      assert.equal(await reads.relay('wss://nobody.example.com', '24h'), undefined);
    });

    test('two processes that start at once give the same ids', async () => {
      await using database = await engine.open();
      const parts = { database, clock: createTestClock(), logger: quietLogger, seeds };
      const registries = [createRegistry(parts), createRegistry(parts)];
      await Promise.all(registries.map((registry) => registry.start()));
      assert.deepEqual(registries[0]?.relays(), registries[1]?.relays());
      assert.equal(registries[0]?.relays().length, 2);
    });

    test('pages, filters and searches of the list agree with its total', async () => {
      await using database = await engine.open();
      const many = Array.from({ length: 30 }, (_, at) => ({ url: `wss://r${at}.example.com` }));
      await using registry = createRegistry({ database, clock: createTestClock(), logger: quietLogger, seeds: many });
      await registry.start();
      const reads = createRelayReads({ database, clock: createTestClock() });
      const page = await reads.relays({ range: '7d', sort: 'url', limit: 7, offset: 7 });
      assert.equal(page.total, 30);
      assert.equal(page.relays.length, 7);
      assert.equal((await reads.relays({ range: '7d', search: 'R1' })).total, 11);
      assert.equal((await reads.relays({ range: '7d', search: '%' })).total, 0);
      assert.equal((await reads.relays({ range: '7d', state: 'online' })).total, 0);
      assert.equal((await reads.relays({ range: '7d', nip: 11, software: 'strfry', country: 'de' })).total, 0);
      assert.equal((await reads.relays({ range: '7d', limit: 2 })).total, 30);
    });

    test('the relays that were online in July 2026 are all known', { skip: skipWithout(online) }, async () => {
      await using database = await engine.open();
      const urls = readText(requireSharedData(online)).trim().split('\n');
      const parts = { database, clock: createTestClock(), logger: quietLogger };
      await using registry = createRegistry({ ...parts, seeds: urls.map((url) => ({ url })) });
      await registry.start();
      assert.equal(registry.relays().length, 326);
    });
  });
}
