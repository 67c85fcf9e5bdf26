import { randomUUID } from 'node:crypto';
import type { Cache } from '@nostrata/cache';
import { type Database, DatabaseError, openSqlite } from '@nostrata/database';
import type { ApiSection } from '@nostrata/http';
import type { Ingest } from '@nostrata/ingest';
import { createPool } from '@nostrata/network';
import {
  type Collector,
  createCollector,
  createFacts,
  createLoadRelayFigures,
  createObservatorySection,
  createRegistry,
  createRelayReads,
  createStatistician,
  createStoreLive,
  defaultApiSettings,
  isSchedule,
  type LiveReads,
  loadAnchored,
  loadObservatoryHealth,
  markTouched,
  migrateCollector,
  type ObservatoryHealth,
  type ObservatoryMetrics,
  type ObservatorySectionOptions,
  openSharedLive,
  publishLive,
  type Registry,
} from '@nostrata/observatory';
import type { EventStore } from '@nostrata/store';
import { createViews } from '@nostrata/views';
import type { Logger } from 'pino';
import { composeStatisticsDatabase, composeViews } from './compose-views.ts';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';
import { parseKinds } from './config/values.ts';
import { anchorsEveryMs } from './limits.ts';
import { createMonitor } from './monitor.ts';
import { leadProbes, type RelayWork, refreshRelays } from './relay-work.ts';
import { loadCountryFinder, loadSeeds } from './seeds.ts';
import { afterTimeout } from './timers.ts';
import { version } from './version.ts';

/** What a process can do; several processes of one installation share the work. */
export type Role = 'relay' | 'api' | 'collector' | 'jobs';

/** The pieces of other rooms that the observatory works with. */
export interface ObservatoryParts {
  readonly store: EventStore;
  readonly ingest: Ingest;
  readonly cache: Cache;
  readonly settings: Settings;
  readonly roles: ReadonlySet<Role>;
  readonly logger: Logger;
  readonly metrics: ObservatoryMetrics;
  readonly measure: (database: Database) => Database;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The observatory as far as this process has a part in it. */
export interface Observatory extends AsyncDisposable {
  /** Undefined where this process does not answer for it. */
  readonly section: ApiSection | undefined;
  health(): Promise<ObservatoryHealth>;
  /** Resolves when the roll-ups of this process have read what is stored. */
  caughtUp(): Promise<void>;
}

/**
 * Starts the observatory in the roles of this process. On a disk that is full it counts in memory until the next start:
 * the relay goes on, and the log gives all figures again.
 * @throws ConfigError or DatabaseError with one line
 */
export async function composeObservatory(parts: ObservatoryParts): Promise<Observatory> {
  try {
    return await compose(parts, () => composeStatisticsDatabase(parts.settings));
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.fault !== 'full') throw error;
    parts.logger.warn('the disk is full: statistics are kept in memory until the program is started with room');
    return await compose(parts, async () => openSqlite(':memory:'));
  }
}

/** What was started is stopped again where a later step fails. */
async function compose(parts: ObservatoryParts, open: () => Promise<Database>): Promise<Observatory> {
  const { cache, settings, roles, metrics, now } = parts;
  const logger = parts.logger.child({ room: 'observatory' });
  const clock = { now, after: afterTimeout };
  await using started = new AsyncDisposableStack();
  const database = started.use(parts.measure(await open()));
  const views = await composeViews('statistics.db', database, settings);
  await migrateCollector(database);
  const registry = started.use(await composeRegistry(parts, { database, clock, logger }));
  const collector = roles.has('collector')
    ? started.use(composeCollector(parts, { database, registry, clock, logger }))
    : undefined;
  const connected = collector && (() => listConnected(collector));
  const relays = createRelayReads({ database, clock, connected });
  const runner = roles.has('jobs')
    ? started.use(
        await createViews({ store: parts.store, database, views, now, onFailed: toOnFailed(logger, metrics) }),
      )
    : undefined;
  const caughtUp = () => runner?.caughtUp() ?? Promise.resolve();
  const statistician = started.use(
    await createStatistician({
      database,
      cache,
      clock,
      elapsed: () => performance.now(),
      logger,
      metrics,
      loadRelays: createLoadRelayFigures({ database, relays, now, synthetic: settings.synthetic }),
      loadTrusted: createLoadTrusted(parts),
      caughtUp,
      schedule: runner ? parseSchedule(settings.snapshotSchedule) : null,
    }),
  );
  if (runner) started.use(refreshRelays({ ...parts, database, registry, clock, logger }));
  await collector?.start();
  if (collector && settings.probeEvery > 0) {
    const monitor = started.use(await createMonitor({ ...parts, clock }));
    started.use(leadProbes({ ...parts, database, registry, clock, logger, monitor }));
  }
  // The first figures are there at once, and not only at the next full five minutes.
  if (runner)
    void statistician.compute().catch((error: unknown) => logger.warn({ error: String(error) }, 'no snapshot yet'));
  const live = await composeLive(parts, { collector, clock, started });
  const reads = { statistics: statistician.reads, relays, live, clock };
  const stack = started.move();
  return {
    section: roles.has('api') ? composeSection(parts, reads) : undefined,
    caughtUp,
    health: () => loadObservatoryHealth({ statistics: statistician.reads, live: collector, cache, clock }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

type Shared = Omit<RelayWork, 'settings' | 'cache' | 'metrics' | 'registry'>;

async function composeRegistry(
  { settings, metrics, roles }: ObservatoryParts,
  { database, clock, logger }: Shared,
): Promise<Registry> {
  const registry = createRegistry({
    database,
    clock,
    logger,
    metrics,
    seeds: await loadSeeds(settings.collectRelays),
    slots: settings.collectConnections,
    discovers: settings.discoverRelays && roles.has('collector'),
    allowLocal: settings.allowLocalRelays,
    findCountry: roles.has('collector') ? await loadCountryFinder() : undefined,
  });
  await registry.start();
  return registry;
}

function composeCollector(
  { settings, store, ingest, cache, metrics }: ObservatoryParts,
  { database, registry, clock, logger }: Shared & { readonly registry: Registry },
): Collector {
  const facts = createFacts({ database, touched: markTouched });
  return createCollector({
    createPool: (door) =>
      createPool({
        ...door,
        clock,
        random: Math.random,
        allowLocal: settings.allowLocalRelays,
      }),
    ingest,
    database,
    cache,
    clock,
    random: Math.random,
    logger,
    metrics,
    relays: async () => registry.wanted(),
    onRelays: registry.onWanted,
    kinds: parseCollectKinds(settings.collectKinds),
    observe: async (events) => void (await facts.observe(events)),
    store,
    connectionsMax: settings.collectConnections,
    limits: { flushMs: settings.collectFlush * 1_000, lookBackSeconds: settings.collectPast },
  });
}

/** @throws ConfigError */
function parseSchedule(pattern: string): string {
  if (isSchedule(pattern)) return pattern;
  throw new ConfigError(`snapshotSchedule: ${JSON.stringify(pattern)} is no cron pattern, such as */5 * * * *`);
}

/** @throws ConfigError */
function parseCollectKinds(text: string): readonly number[] | 'all' {
  if (text.trim() === '*') return 'all';
  try {
    return parseKinds(text);
  } catch (error) {
    throw new ConfigError(`collectKinds: ${error instanceof Error ? error.message : String(error)}, or *`, {
      cause: error,
    });
  }
}

interface LiveParts {
  readonly collector: Collector | undefined;
  readonly clock: Shared['clock'];
  readonly started: AsyncDisposableStack;
}

/**
 * What happens now: of the collector of this process, over Redis of all collectors, or else of the store itself.
 * @throws CacheError where Redis has just gone
 */
async function composeLive(
  { store, cache, roles, metrics }: ObservatoryParts,
  { collector, clock, started }: LiveParts,
): Promise<LiveReads | undefined> {
  if (cache.engine === 'memory') return collector ?? started.use(createStoreLive({ store, clock }));
  const onFailed = () => metrics.failed?.('live');
  if (collector) started.defer(publishLive(collector, { cache, source: randomUUID(), onFailed }));
  return roles.has('api') ? started.use(await openSharedLive({ cache, clock })) : collector;
}

function composeSection(
  { cache, logger, metrics }: ObservatoryParts,
  reads: Pick<ObservatorySectionOptions, 'statistics' | 'relays' | 'live' | 'clock'>,
): ApiSection {
  return createObservatorySection({
    ...reads,
    cache,
    metrics,
    logger: logger.child({ room: 'api' }),
    settings: { ...defaultApiSettings, version },
  });
}

function listConnected(collector: Collector): ReadonlySet<string> {
  return new Set(
    collector
      .statuses()
      .filter(({ isConnected }) => isConnected)
      .map(({ url }) => url),
  );
}

/** Who counts as trusted; read again after a while, as it takes some hundred follow lists. */
function createLoadTrusted({ store, settings, now }: ObservatoryParts): () => Promise<ReadonlySet<string> | undefined> {
  let known: { readonly atMs: number; readonly pubkeys: ReadonlySet<string> } | undefined;
  return async () => {
    if (settings.trustAnchors.length === 0) return undefined;
    if (!known || now() - known.atMs > anchorsEveryMs) {
      known = { atMs: now(), pubkeys: await loadAnchored(store, settings.trustAnchors) };
    }
    return known.pubkeys;
  };
}

function toOnFailed(logger: Logger, metrics: ObservatoryMetrics) {
  return (view: string, error: unknown): void => {
    metrics.failed?.(`view-${view}`);
    logger.error({ view, error: String(error) }, 'a roll-up failed and will be tried again');
  };
}
