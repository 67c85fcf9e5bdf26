import { type Cache, createMemoryCache } from '@nostrata/cache';
import { createDocsRoutes, createHttpApi, defaultHttpSettings, type HttpApi } from '@nostrata/http';
import { createFakeClock, type FakeClock } from '@nostrata/testing';
import type { RelayDetails, Snapshot } from '../answers.ts';
import type { Clock, LiveFigures, LiveReads, RelayReads, StatisticsReads } from '../contract.ts';
import { ranges } from '../spans.ts';
import { createObservatorySection } from './section.ts';
import { type ApiSettings, defaultApiSettings } from './settings.ts';
import { createSnapshot, quantiles, relayRow, startMs, summary, tiers, timelinePoint, urls } from './test-figures.ts';

/** What the fake database does and was asked. */
export interface FakeDatabase {
  /** What reads reject with while it is set. */
  failure: Error | undefined;
  /** What reads wait for while it is set. */
  gate: Promise<void> | undefined;
  snapshots: Map<Snapshot['range'], Snapshot>;
  readonly calls: { readonly read: string; readonly query: unknown }[];
}

function createReads(database: FakeDatabase, clock: FakeClock) {
  const read = async <Result>(name: string, query: unknown, result: () => Result): Promise<Result> => {
    database.calls.push({ read: name, query });
    await database.gate;
    if (database.failure !== undefined) throw database.failure;
    return result();
  };
  const at = () => new Date(clock.now()).toISOString();
  const share = (key: string) => [{ key, name: key, relays: 3, share: 1 }];
  const statistics: StatisticsReads = {
    snapshot: (range) => read('snapshot', range, () => database.snapshots.get(range)),
    timeline: (query) => read('timeline', query, () => [timelinePoint(clock.now())]),
    throughput: (query) =>
      read('throughput', query, () => [{ at: at(), received: 9, unique: 5, invalid: 1, bytes: 900 }]),
    estimateUsers: async () => ({ from: '2026-11-20T12:00:00.000Z', to: '2026-11-21T12:00:00.000Z', users: 1_234 }),
    activeUsers: (query) => read('activeUsers', query, () => [{ at: at(), ...tiers, newUsers: 3, open: true }]),
    retention: (period, periods) =>
      read('retention', { period, periods }, () => [{ from: '2026-11-16', users: 9, active: [1], lastOpen: true }]),
    hours: (query) => read('hours', query, () => [{ weekday: 5, hour: 12, events: 7 }]),
    kinds: (query) => read('kinds', query, () => createSnapshot('all').kinds),
    kind: (kind, query) => read('kind', { kind, query }, () => (kind < 10 ? [{ at: at(), events: kind }] : [])),
    zaps: (query) => read('zaps', query, () => [{ at: at(), count: 2, msat: 42_000 }]),
    methods: () => createSnapshot('24h').method,
  };
  const known = (url: string) => urls.includes(url);
  const details = (url: string): RelayDetails => ({
    ...relayRow(url),
    description: 'A relay',
    pubkey: null,
    contact: null,
    source: 'seed',
    firstSeen: at(),
    lastProbe: at(),
    lastFailure: null,
    information: { name: 'x' },
    informationHistory: [{ at: at(), information: { name: 'x' } }],
  });
  const latency = {
    dnsMs: quantiles,
    tcpMs: quantiles,
    tlsMs: quantiles,
    openMs: quantiles,
    informationMs: quantiles,
    readMs: quantiles,
    eoseMs: quantiles,
    writeMs: quantiles,
  };
  const relays: RelayReads = {
    relays: (query) =>
      read('relays', query, () => {
        const { offset = 0, limit = 100 } = query;
        return { relays: urls.map(relayRow).slice(offset, offset + limit), total: urls.length };
      }),
    relay: (url) => read('relay', url, () => (known(url) ? details(url) : undefined)),
    summary: () => read('summary', undefined, () => summary),
    latency: (url, query) => read('latency', query, () => (known(url) ? [{ at: at(), ...latency }] : [])),
    uptime: (url, query) =>
      read('uptime', query, () => (known(url) ? [{ at: at(), probes: 3, failures: 1, outage: false }] : [])),
    events: (url, query) =>
      read('events', query, () => (known(url) ? [{ at: at(), events: 3, novel: 1, repeats: 0, invalid: 0 }] : [])),
    software: () => read('software', undefined, () => share('strfry')),
    nips: () => read('nips', undefined, () => share('1')),
    countries: () => read('countries', undefined, () => share('DE')),
  };
  return { statistics, relays };
}

/** A live stream that a test speaks into. */
export interface FakeLive extends LiveReads {
  say(figures: LiveFigures): void;
  readonly listeners: number;
}

function createFakeLive(): FakeLive {
  const listeners = new Set<(figures: LiveFigures) => void>();
  const said: LiveFigures[] = [];
  return {
    recent: () => said,
    onFigures(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    say(figures) {
      said.push(figures);
      for (const listener of listeners) listener(figures);
    },
    get listeners() {
      return listeners.size;
    },
  };
}

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

/** The fake clock with timers. */
function createTimers(fake: FakeClock): Clock & { advance(milliseconds: number): void } {
  const timers = new Set<Timer>();
  return {
    now: fake.now,
    after(milliseconds, callback) {
      const timer = { atMs: fake.now() + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(milliseconds) {
      fake.advance(milliseconds);
      for (const timer of [...timers].sort((a, b) => a.atMs - b.atMs)) {
        if (timer.atMs > fake.now() || !timers.delete(timer)) continue;
        timer.callback();
      }
    },
  };
}

/** What a request may carry. */
export interface Ask {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly ip?: string | undefined;
  readonly isSecure?: boolean | undefined;
}

/** What the API is set up with. */
export interface WorldSettings extends ApiSettings {
  readonly requestsMax: number;
  readonly windowMs: number;
  readonly notes: readonly string[];
}

/** The API over fake reads and a real cache in memory. */
export interface World {
  readonly api: HttpApi;
  readonly cache: Cache;
  readonly database: FakeDatabase;
  readonly live: FakeLive;
  readonly clock: Clock & { advance(milliseconds: number): void };
  readonly failed: string[];
  readonly requests: { readonly route: string; readonly status: number }[];
  ask(path: string, asked?: Ask): Promise<Response>;
}

/** Creates one; `cache` wraps the cache where it is to fail. */
export function createWorld(
  settings: Partial<WorldSettings> = {},
  wrap: (cache: Cache) => Cache = (cache) => cache,
): World {
  const fake = createFakeClock(startMs);
  const clock = createTimers(fake);
  const cache = wrap(createMemoryCache({ clock }));
  const database: FakeDatabase = {
    failure: undefined,
    gate: undefined,
    snapshots: new Map(ranges.map((range) => [range, createSnapshot(range)])),
    calls: [],
  };
  const live = createFakeLive();
  const failed: string[] = [];
  const requests: { route: string; status: number }[] = [];
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const metrics = {
    failed: (where: string) => void failed.push(where),
    request: (route: string, status: number) => void requests.push({ route, status }),
  };
  const section = createObservatorySection({
    ...createReads(database, fake),
    live,
    cache,
    clock,
    logger: quiet,
    metrics,
    settings: { ...defaultApiSettings, ...settings },
  });
  const { requestsMax = 0, windowMs = 900_000, version = '0.1.0', notes = [] } = settings;
  const httpSettings = { ...defaultHttpSettings, anonymous: { name: 'default', requestsMax, windowMs } };
  const docs = { title: 'Nostrata', version, notes, settings: httpSettings };
  const api = createHttpApi({
    routes: [...section.routes, ...createDocsRoutes({ ...docs, sections: [section], nowMs: clock.now() })],
    cache,
    clock,
    logger: quiet,
    metrics,
    settings: httpSettings,
  });
  const ask = async (path: string, { method = 'GET', headers = {}, ip = '192.0.2.1', isSecure = false }: Ask = {}) =>
    api.fetch(new Request(`http://api.example.com${path}`, { method, headers }), {
      origin: { ip, isSecure, host: 'api.example.com' },
    });
  return { api, cache, database, live, clock, failed, requests, ask };
}
