import { createHash } from 'node:crypto';
import { type Body, createBody, Problem, readParameters, within } from '@nostrata/http';
import type { Clock, ObservatoryLogger, ObservatoryMetrics } from '../contract.ts';
import type { Bodies, Kept } from './bodies.ts';
import type { CacheReads } from './cache-reads.ts';
import { type CsvWriter, createCsvWriter } from './csv.ts';
import { createFlights } from './flights.ts';
import { secondsByFreshness } from './freshness.ts';
import { flightsMax, readMsMax, sharedCharactersMax, snapshotLookMs } from './limits.ts';
import { codeByName } from './parameters.ts';
import type { Loaded, Route, Sources } from './route.ts';
import type { Snapshots } from './snapshots.ts';

/** A request of a route. */
export interface AskedRoute {
  readonly route: Route;
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

/** A body that can be sent, or the last good copy where nothing newer could be had. */
export interface Answered {
  readonly key: string;
  readonly body: Body;
  readonly loadedAtMs: number;
  /** Seconds since the figures were computed, in the last good copy alone. */
  readonly staleSeconds: number | undefined;
}

/** Finds the body of a request: in this process, in the cache, or from the reads. */
export interface Answering {
  /** @throws Problem */
  answer(asked: AskedRoute): Promise<Answered>;
}

/** What bodies are made from. */
export interface AnsweringOptions {
  readonly sources: Omit<Sources, 'nowMs' | 'snapshot'>;
  readonly snapshots: Snapshots;
  readonly cache: CacheReads;
  readonly bodies: Bodies;
  readonly clock: Clock;
  readonly logger: ObservatoryLogger;
  readonly metrics: ObservatoryMetrics;
  /** Other versions may write other answers: theirs are not taken from the cache. */
  readonly version: string;
}

interface Request {
  readonly route: Route;
  readonly key: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Creates it; requests for the same thing are worked out once, however many wait. */
export function createAnswering(options: AnsweringOptions): Answering {
  const { bodies, clock, logger, metrics } = options;
  const flights = createFlights<Kept>(clock, flightsMax);
  return {
    async answer(asked) {
      const request = readRequest(asked);
      const { key } = request;
      const kept = bodies.get(key);
      if (kept !== undefined && kept.freshUntilMs > clock.now()) {
        metrics.cacheLookup?.(true);
        return { key, ...kept, staleSeconds: undefined };
      }
      try {
        const { body, loadedAtMs } = await within(
          clock,
          readMsMax,
          flights.join(key, () => loadKept(request, options)),
        );
        return { key, body, loadedAtMs, staleSeconds: undefined };
      } catch (error) {
        if (error instanceof Problem && error.status !== 503) throw error;
        const isExpected = error instanceof Problem;
        if (!isExpected) {
          metrics.failed?.('api.read');
          logger.error({ route: request.route.path, error: toMessage(error) }, 'an answer could not be worked out');
        }
        const body = await lastGoodBody(request, options);
        if (body === undefined) throw isExpected ? error : unavailable;
        const staleSeconds = Math.max(0, Math.floor((clock.now() - body.asOfMs) / 1_000));
        return { key, body: toStale(body, staleSeconds), loadedAtMs: clock.now(), staleSeconds };
      }
    },
  };
}

const unavailable = new Problem(
  503,
  'unavailable',
  'neither the cache nor the database can answer, and there is no copy',
);

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readRequest({ route, path, query }: AskedRoute): Request {
  const parameters = readParameters(route.parameters, { path, query }, codeByName);
  const names = Object.keys(parameters).sort();
  const key = `${route.path}?${JSON.stringify(names.map((name) => [name, parameters[name]]))}`;
  return { route, key, parameters };
}

async function loadKept(request: Request, options: AnsweringOptions): Promise<Kept> {
  const { bodies, cache, clock } = options;
  const { route, key } = request;
  const goodMs = secondsByFreshness[route.freshness][0] * 1_000;
  // What comes of a snapshot is as new as the snapshot; looking for a newer one costs little.
  const isOfSnapshot = route.isOfSnapshot(request.parameters);
  const keptMs = isOfSnapshot ? Math.min(goodMs, snapshotLookMs) : goodMs;
  const sharedKey = `api:${options.version}:${createHash('sha256').update(key).digest('base64url')}`;
  const shared = isOfSnapshot ? undefined : readShared(await cache.get(sharedKey), request);
  if (shared !== undefined && shared.freshUntilMs > clock.now()) {
    bodies.set(key, shared);
    return shared;
  }
  const loadedAtMs = clock.now();
  const snapshot = (range: Parameters<Snapshots['load']>[0]) => options.snapshots.load(range);
  const body = await loadBody(request, { ...options.sources, nowMs: loadedAtMs, snapshot }, bodies.get(key)?.body);
  const kept = { body, loadedAtMs, freshUntilMs: loadedAtMs + keptMs };
  bodies.set(key, kept);
  if (!isOfSnapshot && body.text.length <= sharedCharactersMax) {
    cache.set(sharedKey, `${loadedAtMs} ${kept.freshUntilMs} ${body.asOfMs}\n${body.text}`, goodMs);
  }
  return kept;
}

function readShared(value: string | undefined, { parameters }: Request): Kept | undefined {
  const [, loadedAt, freshUntil, asOf] = /^(\d+) (\d+) (\d+)\n/.exec(value ?? '') ?? [];
  if (value === undefined || asOf === undefined) return undefined;
  const text = value.slice(value.indexOf('\n') + 1);
  const body = createBody({ text, contentType: typeOf(parameters), asOfMs: Number(asOf), version: undefined });
  return { body, loadedAtMs: Number(loadedAt), freshUntilMs: Number(freshUntil) };
}

async function loadBody({ route, parameters }: Request, sources: Sources, old: Body | undefined): Promise<Body> {
  const loaded = await route.load(parameters, sources);
  const version = route.isOfSnapshot(parameters) ? loaded.asOf : undefined;
  if (version !== undefined && old?.version === version) return old;
  const writer = parameters.format === 'csv' ? createTableWriter(route) : undefined;
  const text = writer === undefined ? toJson(loaded) : writer(loaded.figures);
  return createBody({ text, contentType: typeOf(parameters), asOfMs: Date.parse(loaded.asOf), version });
}

function typeOf({ format }: Readonly<Record<string, unknown>>): string {
  return format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8';
}

function createTableWriter({ table }: Route): (figures: unknown) => string {
  if (table === undefined) throw new Problem(400, 'bad-format', 'this route has no CSV: format must be json');
  const writer: CsvWriter = createCsvWriter(table.row);
  return (figures) => writer.heading + writer.lines(table.rows(figures));
}

const freshEnd = ',"stale":false}';

/** `stale` stands last, so that the last good copy is the same text with another end. */
function toJson({ figures, asOf, range, method, coverage, partial, total }: Loaded<unknown>): string {
  const text = JSON.stringify({ data: figures, asOf, range, total, method, coverage, partial });
  return text.slice(0, -1) + freshEnd;
}

function toStale(body: Body, ageSeconds: number): Body {
  const { text } = body;
  if (!text.endsWith(freshEnd)) return body;
  const staleText = `${text.slice(0, -freshEnd.length)},"stale":true,"ageSeconds":${ageSeconds}}`;
  return createBody({ ...body, text: staleText, version: undefined });
}

/** The copy that was sent last, or what the last good snapshot gives. */
async function lastGoodBody(request: Request, options: AnsweringOptions): Promise<Body | undefined> {
  const kept = options.bodies.get(request.key);
  if (kept !== undefined || !request.route.isOfSnapshot(request.parameters)) return kept?.body;
  const snapshot = async (range: Parameters<Snapshots['last']>[0]) => {
    const last = options.snapshots.last(range);
    if (last === undefined) throw unavailable;
    return last;
  };
  try {
    return await loadBody(request, { ...options.sources, nowMs: options.clock.now(), snapshot }, undefined);
  } catch {
    // Then there is no copy; why the figures could not be had was written down before.
    return undefined;
  }
}
