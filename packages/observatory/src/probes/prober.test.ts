import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { waitUntil } from '@nostrata/testing';
import { createEngines } from '../facts/test-engines.ts';
import { createRegistry } from '../registry/registry.ts';
import { createRelayReads } from '../registry/relay-reads.ts';
import { quietLogger } from '../registry/test-parts.ts';
import type { ProbeLimits } from './limits.ts';
import { createProber } from './prober.ts';
import { findClosedPort, startRelay } from './test-relay.ts';

const realClock = {
  now: () => Date.now(),
  after(milliseconds: number, callback: () => void) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
const limits: Partial<ProbeLimits> = {
  phaseMs: 500,
  everyMs: 400,
  firstSpreadMs: 100,
  roundMs: 100,
  roundProbesMin: 4,
  deadEveryMs: 1_000,
};

for (const engine of await createEngines()) {
  describe(`a prober on ${engine.name}`, { skip: engine.skip }, () => {
    after(() => engine.stop());

    const setUp = async (urls: readonly string[], own: Partial<Parameters<typeof createProber>[0]> = {}) => {
      const database = await engine.open();
      const seeds = urls.map((url) => ({ url }));
      const registry = createRegistry({ database, seeds, clock: realClock, logger: quietLogger, allowLocal: true });
      await registry.start();
      const parts = {
        database,
        registry,
        clock: realClock,
        logger: quietLogger,
        random: Math.random,
        allowLocal: true,
      };
      const prober = createProber({ ...parts, monotonicMs: () => performance.now(), limits, ...own });
      const reads = createRelayReads({ database, clock: realClock });
      const close = async (): Promise<void> => {
        await prober.stop();
        await registry.stop();
        await database.close();
      };
      return { database, registry, prober, reads, close };
    };

    test('finds out by itself who is online, who is not and what they are', async () => {
      const http = { 'x-frame-options': 'none' };
      await using one = await startRelay({
        http: (_, response) =>
          response.writeHead(200, http).end(
            JSON.stringify({
              name: 'One',
              software: 'git+https://github.com/Cameri/nostream.git',
              version: '2.0.0',
              supported_nips: [11, 1, '42'],
              limitation: { payment_required: true },
              relay_countries: ['CH'],
            }),
          ),
      });
      await using two = await startRelay({ http: (_, response) => response.writeHead(404).end() });
      const dead = `ws://127.0.0.1:${await findClosedPort()}`;
      const { reads, prober, close } = await setUp([one.url, two.url, dead]);
      await prober.start();
      const stateOf = async (url: string) => (await reads.relay(url, '24h'))?.state;
      await waitUntil(async () => (await stateOf(dead)) === 'outage' && (await stateOf(two.url)) === 'online', {
        what: 'the states',
      });
      const details = await reads.relay(one.url, '24h');
      assert.equal(details?.state, 'online');
      assert.equal(details?.name, 'One');
      assert.equal(details?.software, 'nostream');
      assert.deepEqual(details?.nips, [1, 11, 42]);
      assert.equal(details?.paymentRequired, true);
      assert.equal(details?.country, 'CH');
      assert.equal(details?.informationHistory.length, 1);
      const found = await reads.relays({ range: '24h', nip: 42, software: 'Nostream', country: 'ch', state: 'online' });
      assert.deepEqual(
        found.relays.map(({ url }) => url),
        [one.url],
      );
      assert.equal((await reads.relays({ range: '24h', nip: 4 })).total, 0);
      assert.match((await reads.relay(dead, '24h'))?.lastFailure ?? '', /^tcp: ECONNREFUSED/);
      await close();
    });

    test('has no more probes under way than it may, and stops with everything written', async () => {
      let open = 0;
      let most = 0;
      await using slow = await startRelay({
        greet: (socket) => {
          most = Math.max(most, ++open);
          socket.on('close', () => open--);
        },
        answer: ([verb, subId], socket) => {
          if (verb === 'REQ') setTimeout(() => socket.send(JSON.stringify(['EOSE', subId])), 30);
        },
      });
      const urls = Array.from({ length: 12 }, (_, at) => `${slow.url}/${at}`);
      const own = { limits: { ...limits, concurrencyMax: 3, everyMs: 60_000 } };
      const { database, prober, close } = await setUp(urls, own);
      await prober.start();
      await waitUntil(() => slow.connections() >= 24, { what: 'all probes' });
      await prober.stop();
      assert.ok(most <= 3, `${most} at once`);
      const [row] = await database.query(
        'SELECT CAST(sum(probes) AS BIGINT) AS probes, count(*) AS hours FROM probe_hour',
      );
      assert.equal(row?.probes, 12);
      await close();
    });
  });
}
