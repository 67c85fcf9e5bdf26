import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type NostrEvent, verifyEvent } from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { createEventBuilder, createKeys, signEvent, waitUntil } from '@nostrata/testing';
import { createViews } from '@nostrata/views';
import { createEngines } from '../facts/test-engines.ts';
import { createMentionsView } from '../registry/mentions-view.ts';
import { parseMonitor, parseRelayHint } from '../registry/monitor-events.ts';
import { createRegistry } from '../registry/registry.ts';
import { createRelayReads } from '../registry/relay-reads.ts';
import { quietLogger } from '../registry/test-parts.ts';
import type { ProbeLimits } from './limits.ts';
import { createProber, type ProberOptions } from './prober.ts';
import { findClosedPort, startRelay } from './test-relay.ts';

const realClock = {
  now: () => Date.now(),
  after(milliseconds: number, callback: () => void) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};
const limits: Partial<ProbeLimits> = {
  everyMs: 400,
  tickMs: 40,
  firstSpreadMs: 100,
  roundMs: 100,
  roundProbesMin: 4,
  deadEveryMs: 1_000,
};

for (const engine of await createEngines()) {
  describe(`a prober on ${engine.name}`, { skip: engine.skip }, () => {
    after(() => engine.stop());

    const setUp = async (urls: readonly string[], own: Partial<ProberOptions> = {}) => {
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
        timeoutMs: 20_000,
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

    test('tries what relay lists name, and what answers becomes a relay that is wanted', async () => {
      const document = '{"name":"Found","software":"strfry"}';
      await using found = await startRelay({ http: (_, response) => response.end(document) });
      await using page = await startRelay({ upgradeStatus: 404 });
      const gone = `ws://127.0.0.1:${await findClosedPort()}`;
      const { database, registry, prober, reads, close } = await setUp([]);
      const store = createMemoryStore({ now: () => Date.now() });
      const views = await createViews({ store, database, views: [createMentionsView({ allowLocal: true })] });
      const tags = [gone, page.url, found.url].map((url) => ['r', url]);
      await store.put([{ event: createEventBuilder('author').event({ kind: 10_002, tags }) }]);
      await views.caughtUp();
      assert.equal((await registry.discover()).added, 3);
      await prober.start();
      await waitUntil(() => registry.relays().length === 1, { what: 'the relay', timeoutMs: 20_000 });
      await registry.review();
      assert.deepEqual(registry.wanted(), [{ relay: 1, url: found.url }]);
      const details = await reads.relay(found.url, '24h');
      assert.equal(details?.name, 'Found');
      assert.equal(details?.source, 'nip65');
      await waitUntil(async () => (await reads.relay(found.url, '24h'))?.state === 'online', {
        what: 'its first probe',
      });
      const failed = await database.query('SELECT url FROM registry_candidate WHERE failures = 1 ORDER BY url');
      assert.deepEqual(
        failed.map(({ url }) => url),
        [gone, page.url].sort(),
      );
      await views.stop();
      await store.stop();
      await close();
    });

    test('publishes what it found where it is told to, and other monitors can read it', async () => {
      await using relay = await startRelay({
        http: (_, response) =>
          response.end('{"name":"One","supported_nips":[1,42],"limitation":{"auth_required":true}}'),
      });
      const dead = `ws://127.0.0.1:${await findClosedPort()}`;
      const keys = createKeys('monitor');
      const published: NostrEvent[] = [];
      const announce: NonNullable<ProberOptions['announce']> = {
        sign: async (event) => signEvent({ ...event, pubkey: keys.pubkey }, keys.secret),
        publish: async (event) => void published.push(event),
        geohash: 'u33',
      };
      const { prober, close } = await setUp([relay.url, dead], { announce });
      await prober.start();
      await waitUntil(() => published.some(({ kind }) => kind === 30_166), {
        what: 'the event of a relay',
        timeoutMs: 20_000,
      });
      const connections = relay.connections();
      await waitUntil(() => relay.connections() > connections + 2, { what: 'more probes', timeoutMs: 20_000 });
      await close();
      assert.deepEqual(published.map(({ kind }) => kind).sort(), [10_166, 30_166], 'each once, and no dead relay');
      assert.ok(published.every(verifyEvent));
      const about = published.find(({ kind }) => kind === 30_166);
      const hint = about && parseRelayHint(about);
      assert.equal(hint?.url, relay.url);
      assert.deepEqual(hint?.nips, [1, 42]);
      assert.deepEqual(hint?.requirements, ['auth', '!payment']);
      assert.ok((hint?.openMs ?? 0) > 0 && (hint?.readMs ?? 0) > 0);
      assert.equal(hint?.writeMs, null);
      assert.equal(JSON.parse(about?.content ?? '').name, 'One');
      const own = published.find(({ kind }) => kind === 10_166);
      const monitor = own && parseMonitor(own);
      assert.deepEqual(monitor, {
        frequencySeconds: 3_600,
        checks: ['open', 'read', 'nip11', 'dns'],
        geohash: 'u33',
        timeouts: { open: 5_000, read: 5_000, nip11: 5_000, dns: 2_000 },
      });
    });

    test('goes on after a restart: an outage that lasts is one, and ends when the relay answers', async () => {
      const port = await findClosedPort();
      const url = `ws://127.0.0.1:${port}`;
      await using other = await startRelay();
      const { database, registry, prober, reads, close } = await setUp([url, other.url]);
      const parts = {
        database,
        registry,
        clock: realClock,
        logger: quietLogger,
        random: Math.random,
        allowLocal: true,
      };
      const stateOf = async () => (await reads.relay(url, '24h'))?.state;
      const probes = async (): Promise<number> =>
        Number((await database.query('SELECT probes FROM probe_day WHERE relay = 1'))[0]?.probes ?? 0);
      await prober.start();
      await waitUntil(async () => (await stateOf()) === 'outage', { what: 'the outage', timeoutMs: 20_000 });
      await prober.stop();
      const before = await probes();
      await using second = createProber({ ...parts, monotonicMs: () => performance.now(), limits });
      await second.start();
      await waitUntil(async () => (await probes()) > before, { what: 'more probes', timeoutMs: 20_000 });
      assert.equal((await database.query('SELECT * FROM probe_outage')).length, 1);
      await using back = await startRelay({ port });
      await waitUntil(async () => (await stateOf()) === 'online', { what: 'the end of the outage', timeoutMs: 20_000 });
      const [outage] = await database.query<{ from_ms: number; to_ms: number }>('SELECT * FROM probe_outage');
      assert.ok((outage?.to_ms ?? 0) > (outage?.from_ms ?? 0));
      assert.ok(back.connections() > 0);
      await second.stop();
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
      await waitUntil(() => slow.connections() >= 24, { what: 'all probes', timeoutMs: 20_000 });
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
