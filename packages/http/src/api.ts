import type { Cache } from '@nostrata/cache';
import { checkAccess } from './access.ts';
import type {
  Authenticate,
  Caller,
  Clock,
  Credentials,
  HttpLogger,
  HttpMetrics,
  HttpRequest,
  HttpRoute,
  Origin,
  RateTier,
} from './contract.ts';
import { createFailureCount, type FailureCount } from './failures.ts';
import { closeToOthers, commonHeaders, optionsHeaders, strictTransport } from './headers.ts';
import { type Allowance, addressToCount, createLimiter, type Limiter } from './limiter.ts';
import { bodyBytesOverlooked, usersOfAddress } from './limits.ts';
import { createFindPath, type FoundPath, splitUrl } from './paths.ts';
import { Problem } from './problem.ts';
import { createReadBody } from './reading.ts';
import { sendProblem } from './sending.ts';
import type { HttpSettings } from './settings.ts';

/** What the API is made of. */
export interface HttpApiOptions {
  /** Of all rooms. */
  readonly routes: readonly HttpRoute[];
  /** Left out where nobody can be known. */
  readonly authenticate?: Authenticate | undefined;
  readonly cache: Pick<Cache, 'increment'>;
  readonly clock: Clock;
  readonly logger: HttpLogger;
  readonly metrics: HttpMetrics;
  readonly settings: HttpSettings;
  /** What a failure of the world means to who asked, such as a database that is away; undefined: it failed inside. */
  readonly explain?: ((error: unknown) => Problem | undefined) | undefined;
  /** Is told of each answer of a route, refusals included, so that keys can count their use. */
  readonly onAnswered?: ((caller: Caller | undefined, route: string, status: number) => void) | undefined;
}

/** One application for all routes; the server mounts it where they are. */
export interface HttpApi {
  /** Never rejects: whatever goes wrong is an answer. */
  fetch(request: Request, bindings: { readonly origin: Origin }): Promise<Response>;
}

interface Parts {
  readonly options: HttpApiOptions;
  readonly limiter: Limiter;
  readonly failures: FailureCount;
  findPath(path: string): FoundPath | undefined;
}

/** What is known of a request so far, for its answer and for those who count. */
interface Seen {
  route: HttpRoute | undefined;
  name: string;
  caller: Caller | undefined;
  readonly headers: Record<string, string>;
}

/** Creates the application; two routes of one method and path are a bug. */
export function createHttpApi(options: HttpApiOptions): HttpApi {
  const limiter = createLimiter(options);
  const failures = createFailureCount(limiter, options.clock, options.settings.failures);
  const parts: Parts = { options, limiter, failures, findPath: createFindPath(options.routes) };
  return { fetch: (request, { origin }) => answer(request, origin, parts) };
}

/** Answers one request; whatever goes wrong becomes one error of the API. */
async function answer(request: Request, origin: Origin, parts: Parts): Promise<Response> {
  const { clock, metrics } = parts.options;
  const startMs = clock.now();
  const headers: Record<string, string> = { ...commonHeaders, ...(origin.isSecure ? strictTransport : {}) };
  const seen: Seen = { route: undefined, name: 'none', caller: undefined, headers };
  let response: Response;
  try {
    response = await dispatch(request, origin, { parts, seen });
  } catch (error) {
    response = sendProblem(toProblem(error, seen, parts.options), headers);
  }
  if (request.method === 'HEAD' && response.body !== null) {
    await response.body.cancel();
    response = new Response(null, { status: response.status, headers: response.headers });
  }
  metrics.request?.(seen.name, response.status, (clock.now() - startMs) / 1_000);
  if (seen.route !== undefined) tell(seen, response.status, parts.options);
  return response;
}

/** Who counts must not take an answer away. */
function tell({ caller, name }: Seen, status: number, { onAnswered, metrics, logger }: HttpApiOptions): void {
  try {
    onAnswered?.(caller, name, status);
  } catch (error) {
    metrics.failed?.('api.answered');
    logger.error({ route: name, error: String(error) }, 'an answer could not be counted');
  }
}

function toProblem(error: unknown, { name, route }: Seen, { metrics, logger, explain }: HttpApiOptions): Problem {
  if (error instanceof Problem) return error;
  const problem = explain?.(error);
  metrics.failed?.('api');
  const text = error instanceof Error ? error.stack : String(error);
  logger.error({ route: name, operation: route?.operation?.operationId, error: text }, 'a request failed');
  return problem ?? new Problem(500, 'failed', 'this request failed inside');
}

interface Progress {
  readonly parts: Parts;
  readonly seen: Seen;
}

async function dispatch(request: Request, origin: Origin, progress: Progress): Promise<Response> {
  const { parts, seen } = progress;
  const { method } = request;
  const { target, path, query } = splitUrl(request.url);
  const found = parts.findPath(path);
  if (method === 'OPTIONS') {
    seen.name = 'options';
    return new Response(null, { status: 204, headers: { ...seen.headers, ...optionsHeaders(allowOf(found)) } });
  }
  const address = addressToCount(origin.ip);
  const route = found?.entry.routeByMethod.get(method);
  if (found === undefined || route === undefined) return refuse(address, path, { found, progress });
  seen.route = route;
  seen.name = nameOf(route);
  const credentials: Credentials = {
    method,
    target,
    address,
    isSecure: origin.isSecure,
    header: (name) => request.headers.get(name) ?? undefined,
    readBody: createReadBody(request, {
      bytesMax: route.bodyBytesMax || bodyBytesOverlooked,
      clock: parts.options.clock,
    }),
  };
  seen.caller = await findCaller(route, credentials, progress);
  if (seen.caller !== undefined && !isMeant(credentials) && isOfCaller(route)) closeToOthers(seen.headers);
  if (route.isCounted) await countRequest(address, progress);
  checkAccess(route.access, seen.caller);
  const asked = { path: found.piecesOf(route), host: origin.host.toLowerCase(), headers: seen.headers };
  const response = await route.serve(toRequest(credentials, { ...asked, caller: seen.caller, query }));
  if (seen.caller !== undefined) keepFromOthers(response.headers);
  return response;
}

/** Takes from an answer that caches which people share may keep it: its headers tell of the limit of one of them. */
function keepFromOthers(headers: Headers): void {
  const kept = headers.get('cache-control');
  if (kept !== null) headers.set('Cache-Control', kept.replace(/\bpublic\b/, 'private'));
}

/** Whose answers are made for who asks; others may be read by everybody, who knows them anyway. */
function isOfCaller({ access, method }: HttpRoute): boolean {
  return access.kind !== 'anyone' || method !== 'GET';
}

function allowOf(found: FoundPath | undefined): string {
  return found?.entry.allow ?? 'GET, HEAD, OPTIONS';
}

/** The name of a route in figures and logs. */
function nameOf({ method, path }: HttpRoute): string {
  return method === 'GET' ? path : `${method} ${path}`;
}

interface Refusing {
  readonly found: FoundPath | undefined;
  readonly progress: Progress;
}

/** Requests that fit no route count as everybody's do. */
async function refuse(address: string, path: string, { found, progress }: Refusing): Promise<never> {
  const [some] = found?.entry.routeByMethod.values() ?? [];
  if (some !== undefined) progress.seen.name = some.path;
  if (some?.isCounted !== false) await countRequest(address, progress);
  if (found === undefined) throw new Problem(404, 'not-found', notFoundMessage(path));
  const allow = allowOf(found);
  const message = `this path understands ${allow}`;
  throw new Problem(405, 'method-not-allowed', { message, headers: { Allow: allow } });
}

function notFoundMessage(path: string): string {
  const hint = path.includes('://') ? '; a URL in a path must be percent-encoded' : '';
  return `there is nothing at ${path.slice(0, 200)}; /api/v1/docs lists all routes${hint}`;
}

/**
 * Finds out who asks. Wrong credentials are counted by address, so that nobody can try many. A cookie travels by itself:
 * one that has run out neither hides what is public nor bars the way to a new one, and counts as any other request.
 */
async function findCaller(route: HttpRoute, credentials: Credentials, progress: Progress): Promise<Caller | undefined> {
  const { failures, options } = progress.parts;
  if (options.authenticate === undefined) return undefined;
  const { address } = credentials;
  const wasMeant = isMeant(credentials);
  if (wasMeant) failures.check(address);
  if (isSigned(credentials)) await countSigned(address, progress);
  try {
    return await options.authenticate(credentials);
  } catch (error) {
    if (!(error instanceof Problem) || (error.status !== 401 && error.status !== 403)) throw error;
    if (!wasMeant && route.access.kind === 'anyone') return undefined;
    await (wasMeant ? failures.count(address) : countRequest(address, progress));
    throw error;
  }
}

/** Whether credentials were sent on purpose, and not by a browser that sends its cookies with everything. */
function isMeant({ header }: Credentials): boolean {
  return header('authorization') !== undefined || header('x-api-key') !== undefined;
}

/** Whether a request says that it is signed (NIP-98): then anybody may be its author. */
function isSigned({ header }: Credentials): boolean {
  return /^nostr\s/i.test(header('authorization') ?? '');
}

/** Counts what an address signs, by however many keys: each signature is work, and each key that is new makes a user. */
async function countSigned(address: string, { parts }: Progress): Promise<void> {
  const tier = togetherOf({ ...parts.options.settings.anonymous, name: 'signed' });
  refuseAbove(tier, await parts.limiter.count(`signed:${address}`, tier));
}

/**
 * Counts a request: of who is not known by address, of a user by everything that the user has, however many keys or
 * sessions. Users that cost nothing can be made without end, so those of one address are counted together as well.
 */
async function countRequest(address: string, { parts, seen }: Progress): Promise<void> {
  const { caller, headers } = seen;
  const tier: RateTier = caller?.rate ?? parts.options.settings.anonymous;
  const allowance = await parts.limiter.count(caller === undefined ? address : `user:${caller.userId}`, tier);
  Object.assign(headers, allowance.headers);
  refuseAbove(tier, allowance);
  if (caller === undefined || tier.isFree !== true) return;
  const together = togetherOf(tier);
  refuseAbove(together, await parts.limiter.count(`free:${tier.name}:${address}`, together));
}

/** What many users of one address have together. */
function togetherOf(tier: RateTier): RateTier {
  return { ...tier, requestsMax: tier.requestsMax * usersOfAddress };
}

function refuseAbove({ requestsMax, windowMs }: RateTier, { isAllowed, headers }: Allowance): void {
  if (isAllowed) return;
  const seconds = Math.round(windowMs / 1_000);
  const message = `more than ${requestsMax} requests in ${seconds} seconds: Retry-After says when to ask again`;
  throw new Problem(429, 'rate-limited', { message, headers });
}

type Rest = Pick<HttpRequest, 'path' | 'host' | 'headers' | 'caller'> & { readonly query: string };

function toRequest(credentials: Credentials, { query, ...rest }: Rest): HttpRequest {
  let parsed: URLSearchParams | undefined;
  return {
    ...credentials,
    ...rest,
    isHead: credentials.method === 'HEAD',
    // Parsed where it is asked for: copies that are known by their spelling never do.
    get query() {
      parsed ??= new URLSearchParams(query);
      return parsed;
    },
  };
}
