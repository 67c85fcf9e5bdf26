import type { Cache } from '@nostrata/cache';
import { type Context, Hono } from 'hono';
import type {
  Clock,
  LiveReads,
  ObservatoryLogger,
  ObservatoryMetrics,
  RelayReads,
  StatisticsReads,
} from '../contract.ts';
import { type Answering, createAnswering } from './answering.ts';
import { type Bodies, createBodies } from './bodies.ts';
import { createCacheReads } from './cache-reads.ts';
import { createDocsRoutes } from './docs-routes.ts';
import { createExporting } from './exporting.ts';
import { commonHeaders, optionsHeaders, strictTransport } from './headers.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { createLiveStream } from './live-stream.ts';
import { createFindRoute, type Found, splitUrl } from './paths.ts';
import { Problem } from './problem.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import { sendAnswer, sendProblem } from './sending.ts';
import type { ApiSettings } from './settings.ts';
import { createSnapshots } from './snapshots.ts';
import { createExportRoute, createLiveRoute, type SpecialRoute } from './special-routes.ts';

/** What the server passes along with each request. */
export interface ApiBindings {
  readonly origin: { readonly ip: string; readonly isSecure: boolean };
}

/** What the API reads from and how it behaves. */
export interface ApiOptions {
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

/** The application as the server mounts it at `/`. */
export type Api = Hono<{ Bindings: ApiBindings }>;

type ApiContext = Context<{ Bindings: ApiBindings }>;

interface Parts {
  readonly options: ApiOptions;
  readonly answering: Answering;
  readonly bodies: Bodies;
  readonly limiter: Limiter | undefined;
  findRoute(path: string): Found<Route> | undefined;
  findSpecial(path: string): Found<SpecialRoute> | undefined;
}

/** Creates the HTTP API of the observatory: all paths below `/api/`. */
export function createApi(options: ApiOptions): Api {
  const { cache, clock, metrics, settings } = options;
  const cacheReads = createCacheReads(cache, clock, metrics);
  const bodies = createBodies();
  const answering = createAnswering({
    sources: { statistics: options.statistics, relays: options.relays },
    snapshots: createSnapshots({ cache: cacheReads, statistics: options.statistics, clock, metrics }),
    cache: cacheReads,
    bodies,
    clock,
    logger: options.logger,
    metrics,
    version: settings.version,
  });
  const limiter = settings.requestsMax > 0 ? createLimiter({ ...settings, cache, clock, metrics }) : undefined;
  const [findRoute, findSpecial] = [createFindRoute(routes), createFindRoute(createSpecialRoutes(options))];
  const parts: Parts = { options, answering, bodies, limiter, findRoute, findSpecial };
  const app: Api = new Hono();
  app.all('/api/*', (c) => serve(c, parts));
  return app;
}

function createSpecialRoutes(options: ApiOptions): SpecialRoute[] {
  const { live, clock, settings, statistics, relays, metrics, logger } = options;
  const onFailure = (error: unknown) => {
    metrics.failed?.('api.read');
    logger.error({ error: error instanceof Error ? error.message : String(error) }, 'an export could not be read');
  };
  return [
    createLiveRoute(live && createLiveStream({ live, clock, settings })),
    createExportRoute(createExporting({ sources: { statistics, relays }, clock, onFailure })),
    ...createDocsRoutes({ routes, settings, nowMs: clock.now() }),
  ];
}

/** Serves one request; whatever goes wrong becomes one error of the API. */
async function serve(c: ApiContext, parts: Parts): Promise<Response> {
  const { clock, metrics, logger } = parts.options;
  const startMs = clock.now();
  const headers: Record<string, string> = { ...commonHeaders, ...(c.env.origin.isSecure ? strictTransport : {}) };
  const seen = { route: 'none' };
  let response: Response;
  try {
    response = await dispatch(c, parts, { headers, seen });
  } catch (error) {
    if (!(error instanceof Problem)) {
      metrics.failed?.('api');
      logger.error(
        { route: seen.route, error: error instanceof Error ? error.stack : String(error) },
        'a request failed',
      );
    }
    const problem = error instanceof Problem ? error : new Problem(500, 'failed', 'this request failed inside');
    response = sendProblem(problem, headers);
  }
  metrics.request?.(seen.route, response.status, (clock.now() - startMs) / 1_000);
  return response;
}

interface Serving {
  /** Of the answer, whatever it will be. */
  readonly headers: Record<string, string>;
  readonly seen: { route: string };
}

async function dispatch(c: ApiContext, parts: Parts, { headers, seen }: Serving): Promise<Response> {
  if (c.req.method === 'OPTIONS') {
    seen.route = 'options';
    return new Response(null, { status: 204, headers: { ...headers, ...optionsHeaders } });
  }
  const { spelling, path, query } = splitUrl(c.req.url);
  const special = parts.findSpecial(path);
  if (special?.route.isCounted !== false) await countRequest(c, parts, headers);
  const found = parts.findRoute(path);
  seen.route = special?.route.path ?? found?.route.path ?? 'none';
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD' && seen.route !== 'none') {
    throw new Problem(405, 'method-not-allowed', 'the API only reads: GET, HEAD and OPTIONS are understood');
  }
  const header = (name: string) => c.req.header(name);
  if (special !== undefined) {
    const isHead = c.req.method === 'HEAD';
    const asked = { isHead, address: c.env.origin.ip, path: special.path, query: new URLSearchParams(query) };
    return special.route.serve({ ...asked, header, headers });
  }
  if (found === undefined) throw new Problem(404, 'not-found', notFoundMessage(path));
  const answered = await answerSpelling(spelling, { ...found, query }, parts);
  return sendAnswer(found.route, answered, {
    acceptEncoding: header('accept-encoding'),
    ifNoneMatch: header('if-none-match'),
    nowMs: parts.options.clock.now(),
    headers,
  });
}

/** A spelling that was seen before leads to its body without being parsed. */
async function answerSpelling(spelling: string, asked: Found<Route> & { readonly query: string }, parts: Parts) {
  const known = parts.bodies.keyOf(spelling);
  const kept = known === undefined ? undefined : parts.bodies.get(known);
  if (known !== undefined && kept !== undefined && kept.freshUntilMs > parts.options.clock.now()) {
    parts.options.metrics.cacheLookup?.(true);
    return { key: known, ...kept, staleSeconds: undefined };
  }
  const answered = await parts.answering.answer({ ...asked, query: new URLSearchParams(asked.query) });
  parts.bodies.learn(spelling, answered.key);
  return answered;
}

async function countRequest(c: ApiContext, parts: Parts, headers: Record<string, string>): Promise<void> {
  if (parts.limiter === undefined) return;
  const allowance = await parts.limiter.count(c.env.origin.ip);
  Object.assign(headers, allowance.headers);
  if (allowance.isAllowed) return;
  const { requestsMax, windowMs } = parts.options.settings;
  const message = `more than ${requestsMax} requests in ${Math.round(windowMs / 1_000)} seconds: Retry-After says when to ask again`;
  throw new Problem(429, 'rate-limited', message);
}

function notFoundMessage(path: string): string {
  const hint = path.startsWith('/api/v1/stats/relays/') ? '; the URL of a relay must be percent-encoded' : '';
  return `there is nothing at ${path.slice(0, 200)}; /api/v1/docs lists all routes${hint}`;
}
