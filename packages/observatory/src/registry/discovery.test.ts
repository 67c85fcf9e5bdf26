import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { createEventBuilder, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { createViews } from '@nostrata/views';
import { createEngines } from '../facts/test-engines.ts';
import { createHintsView } from './hints-view.ts';
import { registryLimits } from './limits.ts';
import { createMentionsView } from './mentions-view.ts';
import { createRegistry, type RegistryOptions } from './registry.ts';
import { createRelayReads } from './relay-reads.ts';
import { createTestClock, quietLogger } from './test-parts.ts';

const dayMs = 86_400_000;
const real = 'relays/relays.tsv.gz';

for (const engine of await createEngines()) {
  describe(`relays that strangers name, on ${engine.name}`, { skip: engine.skip }, () => {
    after(() => engine.stop());

    const setUp = async (own: Partial<RegistryOptions> = {}) => {
      const database = await engine.open();
      const clock = createTestClock();
      const store = createMemoryStore({ now: () => clock.now() });
      const views = await createViews({ store, database, views: [createMentionsView({}), createHintsView({})] });
      const registry = createRegistry({ database, clock, logger: quietLogger, seeds: [], ...own });
      await registry.start();
      const put = async (...events: readonly VerifiedEvent[]): Promise<void> => {
        for (const event of events) await store.put([{ event }]);
        await views.caughtUp();
      };
      const lists = (author: string, urls: readonly string[]) =>
        createEventBuilder(author).event({ kind: 10_002, tags: urls.map((url) => ['r', url]) });
      const candidates = async () => {
        const sql = 'SELECT url FROM registry_candidate WHERE refused_until_ms IS NULL ORDER BY url';
        return (await database.query<{ url: string }>(sql)).map(({ url }) => url);
      };
      const close = async (): Promise<void> => {
        await registry.stop();
        await views.stop();
        await store.stop();
        await database.close();
      };
      return { database, clock, store, views, registry, put, lists, candidates, close };
    };

    test('E2-12: no list adds a relay by itself, internal hosts are never taken up, and each author names few', async () => {
      const { registry, put, lists, candidates, database, close } = await setUp();
      const many = Array.from({ length: 500 }, (_, at) => `wss://r${at}.example${at}.com`);
      const internal = [
        'ws://127.0.0.1:6379',
        'ws://localhost:5432',
        'ws://10.0.0.8',
        'ws://192.168.1.1',
        'ws://169.254.169.254/latest/meta-data',
        'ws://[::1]:4848',
        'ws://[fd00::1]',
        'ws://[::ffff:10.0.0.1]',
        'ws://0x7f000001',
        'ws://2130706433',
        'ws://umbrel.local:4848',
        'ws://database.internal',
        'ws://2jsnlhfnelig5acq6iacydmzdbdmg7xwunm4xl6qwbvzacw4lwrjmlyd.onion',
      ];
      await put(lists('flooder', [...internal, ...many]));
      const { added } = await registry.discover();
      assert.equal(added, registryLimits.relaysByAuthorMax);
      assert.deepEqual(await candidates(), many.slice(0, registryLimits.relaysByAuthorMax).sort());
      assert.equal((await database.query('SELECT * FROM view_registry_mention')).length, 10);
      assert.equal(registry.relays().length, 0);
      const [first = ''] = registry.takeCandidates(1);
      await registry.settleCandidate(first, { ok: true, information: { name: 'First' } });
      assert.deepEqual(
        registry.relays().map(({ url, source }) => [url, source]),
        [[first, 'nip65']],
      );
      assert.ok(!(await candidates()).includes(first));
      await close();
    });

    test('the URLs that most authors name are tried first, each once, and what nobody names any more is forgotten', async () => {
      const { registry, put, lists, database, close } = await setUp();
      await put(
        lists('a', ['wss://one.example.com', 'wss://two.example.com']),
        lists('b', ['wss://two.example.com/', 'WSS://TWO.example.com:443']),
        lists('c', ['wss://three.example.com', 'wss://two.example.com']),
        lists('d', ['wss://three.example.com']),
      );
      await put(createEventBuilder('a').event({ kind: 10_002, tags: [], created_at: 1_800_000_000 }));
      const rows = await database.query('SELECT url, authors FROM view_registry_url ORDER BY authors DESC, url');
      assert.deepEqual(
        rows.map((row) => ({ ...row })),
        [
          { url: 'wss://three.example.com', authors: 2 },
          { url: 'wss://two.example.com', authors: 2 },
        ],
      );
      await registry.discover();
      const taken = registry.takeCandidates(10);
      assert.deepEqual(taken.toSorted(), ['wss://three.example.com', 'wss://two.example.com']);
      assert.deepEqual(registry.takeCandidates(10), []);
      await close();
    });

    test('a candidate that does not answer is refused for long, and then may be named again', async () => {
      const { registry, clock, put, lists, candidates, close } = await setUp();
      await put(lists('a', ['wss://gone.example.com']));
      await registry.discover();
      for (let tries = 0; tries < registryLimits.candidateFailuresMax; tries++) {
        const taken = registry.takeCandidates(10);
        assert.deepEqual(taken, ['wss://gone.example.com'], `try ${tries}`);
        await registry.settleCandidate('wss://gone.example.com', { ok: false, information: undefined });
        assert.deepEqual(registry.takeCandidates(10), []);
        clock.advance(3_600_000);
        await registry.discover();
      }
      assert.deepEqual(await candidates(), []);
      clock.advance(registryLimits.refusedMs - 4 * 3_600_000);
      await registry.discover();
      assert.deepEqual(await candidates(), []);
      clock.advance(4 * 3_600_000);
      await registry.discover();
      assert.deepEqual(await candidates(), ['wss://gone.example.com']);
      await close();
    });

    test('candidates, refused URLs, relays and relays of one domain have a maximum each', async () => {
      const limits = { candidatesMax: 5, refusedMax: 3, relaysMax: 3, relaysByDomainMax: 2, candidateFailuresMax: 1 };
      const { registry, database, clock, put, lists, close } = await setUp({ limits });
      for (let at = 0; at < 3; at++) {
        await put(
          lists(
            `author ${at}`,
            Array.from({ length: 10 }, (_, n) => `wss://r${at}${n}.domain${n % 3}.com`),
          ),
        );
      }
      const count = async (where: string): Promise<number> => {
        return (await database.query(`SELECT url FROM registry_candidate WHERE ${where}`)).length;
      };
      await registry.discover();
      assert.equal(await count('refused_until_ms IS NULL'), 5);
      for (let round = 0; round < 8; round++) {
        for (const url of registry.takeCandidates(100)) {
          await registry.settleCandidate(url, { ok: round > 1, information: undefined });
        }
        clock.advance(60_000);
        await registry.discover();
        assert.ok((await count('refused_until_ms IS NOT NULL')) <= 3 + 5);
      }
      assert.equal(registry.relays().length, 3);
      const domains = registry.relays().map(({ url }) => url.slice(-'domain0.com'.length));
      for (const domain of domains) assert.ok(domains.filter((other) => other === domain).length <= 2);
      await close();
    });

    test('a relay that is dead for long loses its place, keeps its id, and comes back when it answers', async () => {
      const url = 'wss://mortal.example.com';
      const { registry, database, clock, put, lists, candidates, close } = await setUp({ seeds: [{ url }] });
      assert.deepEqual(registry.wanted(), [{ relay: 1, url }]);
      let changes = 0;
      registry.onWanted(() => changes++);
      const stand = async (failures: number, okMs: number | null): Promise<void> => {
        await database.query('DELETE FROM probe_relay');
        await database.query(
          'INSERT INTO probe_relay (relay, recent, failures, last_probe_ms, last_ok_ms) VALUES (1, $1, $2, $3, $4)',
          ['[]', failures, clock.now(), okMs],
        );
        await registry.review();
      };
      await stand(30, clock.now() - 6 * dayMs);
      assert.equal(registry.relays()[0]?.deadMs, null);
      clock.advance(dayMs);
      await stand(30, clock.now() - 7 * dayMs);
      assert.equal(registry.relays()[0]?.deadMs, clock.now());
      assert.deepEqual(registry.wanted(), []);
      assert.equal(changes, 1);
      const reads = createRelayReads({ database, clock });
      assert.equal((await reads.relay(url, '24h'))?.state, 'dead');
      await put(lists('a', [url]), lists('b', [url]));
      await registry.discover();
      assert.deepEqual(await candidates(), []);
      await stand(0, clock.now());
      assert.equal(registry.relays()[0]?.deadMs, null);
      assert.deepEqual(registry.wanted(), [{ relay: 1, url }]);
      assert.equal(changes, 2);
      await close();
    });

    test('monitors are hints: one voice each, most win, a seed list goes before them', async () => {
      const seeds = [
        { url: 'wss://seeded.example.com', latitude: 46.9, longitude: 7.4 },
        { url: 'wss://hinted.example.com' },
      ];
      const findCountry = (latitude: number) => (latitude > 50 ? 'DE' : 'CH');
      const { registry, database, clock, put, close } = await setUp({ seeds, findCountry });
      const hint = (monitor: string, url: string, tags: readonly (readonly string[])[]) =>
        createEventBuilder(monitor).event({ kind: 30_166, tags: [['d', url], ...tags.map((tag) => [...tag])] });
      await put(
        // u33 is Berlin, 9q8 San Francisco.
        hint('m1', 'wss://hinted.example.com/', [
          ['g', 'u33'],
          ['g', 'u33dc0'],
          ['n', 'clearnet'],
          ['rtt-open', '234'],
        ]),
        hint('m2', 'wss://hinted.example.com', [
          ['g', 'u33db2'],
          ['rtt', '120', 'open'],
          ['rtt', 'read', '80'],
        ]),
        hint('m3', 'wss://hinted.example.com', [['g', '9q8yy']]),
        hint('m3', 'wss://seeded.example.com', [
          ['g', '9q8yy'],
          ['l', 'US', 'countryCode'],
        ]),
        hint('m1', 'wss://new.example.com', [
          ['N', '1'],
          ['N', '11'],
          ['R', '!payment'],
          ['T', 'PublicOutbox'],
        ]),
        hint('m1', 'ws://10.0.0.1', []),
        createEventBuilder('m1').event({
          kind: 10_166,
          tags: [
            ['frequency', '3600'],
            ['timeout', 'open', '5000'],
            ['timeout', '3000', 'read'],
            ['timeout', '9000'],
            ['c', 'open'],
          ],
        }),
      );
      const { added } = await registry.discover();
      assert.equal(added, 1);
      assert.deepEqual(registry.takeCandidates(5), ['wss://new.example.com']);
      const reads = createRelayReads({ database, clock });
      const hinted = await reads.relay('wss://hinted.example.com', 'all');
      assert.equal(hinted?.country, 'DE');
      assert.ok(Math.abs((hinted?.latitude ?? 0) - 52.5) < 0.2);
      const seeded = await reads.relay('wss://seeded.example.com', 'all');
      assert.equal(seeded?.country, 'CH');
      assert.equal(seeded?.latitude, 46.9);
      const rows = await database.query('SELECT url, open_ms, read_ms FROM view_registry_hint ORDER BY url, open_ms');
      assert.equal(rows.length, 5);
      assert.deepEqual(
        rows
          .filter(({ url, open_ms }) => url === 'wss://hinted.example.com' && open_ms !== null)
          .map((row) => ({ ...row })),
        [
          { url: 'wss://hinted.example.com', open_ms: 120, read_ms: 80 },
          { url: 'wss://hinted.example.com', open_ms: 234, read_ms: null },
        ],
      );
      const [monitor] = await database.query('SELECT frequency_seconds, timeouts FROM view_registry_monitor');
      assert.equal(monitor?.frequency_seconds, 3_600);
      assert.deepEqual(JSON.parse(String(monitor?.timeouts)), { open: 5_000, read: 3_000, '*': 9_000 });
      await close();
    });

    test('a rebuild gives the same rows', async () => {
      const { views, put, lists, close } = await setUp();
      for (let at = 0; at < 20; at++) {
        await put(lists(`author ${at % 7}`, [`wss://r${at % 5}.example.com`, 'wss://all.example.com']));
      }
      for (const name of ['registry-mentions', 'registry-hints']) {
        assert.deepEqual((await views.rebuild(name, { verify: true })).differences, []);
      }
      await close();
    });

    test('of 10,904 real URLs no private one gets in, by seed or by list', { skip: skipWithout(real) }, async () => {
      const rows = readText(requireSharedData(real)).trimEnd().split('\n').slice(1);
      const columns = rows.map((line) => line.split('\t'));
      const priv = columns.filter(([, network]) => network === 'private').map(([url = '']) => url);
      assert.equal(columns.length, 10_904);
      assert.equal(priv.length, 1_465);
      const { registry, put, lists, database, close } = await setUp({ seeds: columns.map(([url = '']) => ({ url })) });
      const known = new Set(registry.relays().map(({ url }) => url));
      assert.equal(priv.filter((url) => known.has(url)).length, 0);
      assert.ok(known.size > 7_000);
      const events: VerifiedEvent[] = [];
      for (let at = 0; at < priv.length; at += 100) events.push(lists(`author ${at}`, priv.slice(at, at + 100)));
      await put(...events);
      assert.equal((await database.query('SELECT url FROM view_registry_url')).length, 0);
      await close();
    });
  });
}
