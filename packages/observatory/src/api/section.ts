import type { Cache } from '@nostrata/cache';
import type { ApiSection, HttpRequest, HttpRoute } from '@nostrata/http';
import type {
  Clock,
  LiveReads,
  ObservatoryLogger,
  ObservatoryMetrics,
  RelayReads,
  StatisticsReads,
} from '../contract.ts';
import { type Answered, type Answering, createAnswering } from './answering.ts';
import { type Bodies, createBodies } from './bodies.ts';
import { createCacheReads } from './cache-reads.ts';
import { createComponents } from './components.ts';
import { createExporting } from './exporting.ts';
import { createLiveStream } from './live-stream.ts';
import { operationOf } from './operations.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import { sendAnswer } from './sending.ts';
import type { ApiSettings } from './settings.ts';
import { createSnapshots } from './snapshots.ts';
import { createExportRoute, createLiveRoute, openToAll } from './special-routes.ts';

/** What the routes of the observatory read from and how they behave. */
export interface ObservatorySectionOptions {
  readonly statistics: StatisticsReads;
  readonly relays: RelayReads;
  /** Left out where this process does not collect: then there is no live stream. */
  readonly live?: LiveReads | undefined;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly logger: ObservatoryLogger;
  readonly metrics: ObservatoryMetrics;
  readonly settings: ApiSettings;
}

/** Creates what the observatory adds to the HTTP API: figures, the live stream and exports, for anyone to read. */
export function createObservatorySection(options: ObservatorySectionOptions): ApiSection {
  return {
    routes: createObservatoryRoutes(options),
    groups,
    schemas: createComponents(routes),
    introduction: introduce(options.settings),
  };
}

const groups: Readonly<Record<string, string>> = {
  Network: 'The whole network, and what was not seen of it.',
  Events: 'Events by kind, time and client.',
  Users: 'Who publishes, who is new, who comes back.',
  Zaps: 'Payments, from validated receipts.',
  Relays: 'Relays: what they deliver, how fast and how available they are.',
  History: 'Whole histories as CSV.',
};

function introduce({ listenersMax, listenersPerAddressMax }: ApiSettings): readonly string[] {
  return [
    'The Nostr network measured: relays, events, users, clients and zaps. These figures are public and need no key.',
    'Every answer of figures says when they were computed, how they are counted (`method`) and what they can have ' +
      'missed (`coverage`). Times are UTC; `since` is inclusive, `until` exclusive.',
    'Where neither the cache nor the database can answer, the last good copy comes with status 503, `stale: true` and ' +
      'its `Age`.',
    `The live stream has room for ${listenersMax} listeners, ${listenersPerAddressMax} of one address. Lists come as CSV ` +
      'with `format=csv`. Answers have an `ETag`: ask with `If-None-Match` and save the body.',
  ];
}

interface Parts {
  readonly answering: Answering;
  readonly bodies: Bodies;
  readonly clock: Clock;
  readonly metrics: ObservatoryMetrics;
}

function createObservatoryRoutes(options: ObservatorySectionOptions): HttpRoute[] {
  const { statistics, relays, cache, live, clock, settings, metrics, logger } = options;
  const cacheReads = createCacheReads(cache, clock, metrics);
  const bodies = createBodies();
  const answering = createAnswering({
    sources: { statistics, relays },
    snapshots: createSnapshots({ cache: cacheReads, statistics, clock, metrics }),
    cache: cacheReads,
    bodies,
    clock,
    logger,
    metrics,
    version: settings.version,
  });
  const onFailure = (error: unknown) => {
    metrics.failed?.('api.read');
    logger.error({ error: error instanceof Error ? error.message : String(error) }, 'an export could not be read');
  };
  const parts: Parts = { answering, bodies, clock, metrics };
  return [
    ...routes.map((route) => toHttpRoute(route, parts)),
    createLiveRoute(live && createLiveStream({ live, clock, settings })),
    createExportRoute(createExporting({ sources: { statistics, relays }, clock, onFailure })),
  ];
}

function toHttpRoute(route: Route, parts: Parts): HttpRoute {
  return {
    ...openToAll,
    path: route.path,
    operation: operationOf(route),
    async serve(request) {
      const known = findKnown(request.target, parts);
      return sendAnswer(route, known ?? (await answer(route, request, parts)), {
        acceptEncoding: request.header('accept-encoding'),
        ifNoneMatch: request.header('if-none-match'),
        nowMs: parts.clock.now(),
        headers: request.headers,
      });
    },
  };
}

/** A spelling that was seen before leads to its body without being parsed. */
function findKnown(spelling: string, { bodies, clock, metrics }: Parts): Answered | undefined {
  const key = bodies.keyOf(spelling);
  const kept = key === undefined ? undefined : bodies.get(key);
  if (key === undefined || kept === undefined || kept.freshUntilMs <= clock.now()) return undefined;
  metrics.cacheLookup?.(true);
  return { key, ...kept, staleSeconds: undefined };
}

async function answer(route: Route, request: HttpRequest, { answering, bodies }: Parts): Promise<Answered> {
  const { path, query } = request;
  const answered = await answering.answer({ route, path, query });
  bodies.learn(request.target, answered.key);
  return answered;
}
