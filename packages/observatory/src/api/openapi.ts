import { z } from 'zod';
import {
  clientsSchema,
  clientUseSchema,
  coverageSchema,
  engagementSchema,
  histogramBucketSchema,
  hourCellSchema,
  kindCountSchema,
  methodSchema,
  overviewSchema,
  quantilesSchema,
  relayRowSchema,
  relaySummarySchema,
  shareSchema,
  snapshotSchema,
  tiersSchema,
  timelinePointSchema,
  usersSchema,
  zapsSchema,
} from './answer-schemas.ts';
import { exportTables } from './export-tables.ts';
import { exportParameters } from './exporting.ts';
import { cacheControl, secondsByFreshness } from './headers.ts';
import { pathNames, type Route } from './route.ts';
import {
  activePointSchema,
  answerSchema,
  cohortSchema,
  errorSchema,
  latencyPointSchema,
  liveFiguresSchema,
  relayDetailsSchema,
  relayEventsPointSchema,
  throughputPointSchema,
  uptimePointSchema,
} from './series-schemas.ts';
import type { ApiSettings } from './settings.ts';

/** A JSON Schema or a part of an OpenAPI document. */
export type Json = { readonly [name: string]: unknown };

/** A parameter of an operation. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly description: string;
  readonly schema: Json;
}

/** What one path answers to GET. */
export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, Json>>;
}

/** An OpenAPI 3.1 document. */
export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: { readonly schemas: Json; readonly responses: Json };
}

const named = {
  Answer: answerSchema(z.unknown().describe('The figures of the route.')),
  Clients: clientsSchema,
  ClientUse: clientUseSchema,
  Coverage: coverageSchema,
  EngagementFigures: engagementSchema,
  ApiError: errorSchema,
  ActivePoint: activePointSchema,
  Cohort: cohortSchema,
  HistogramBucket: histogramBucketSchema,
  HourCell: hourCellSchema,
  LatencyPoint: latencyPointSchema,
  RelayEventsPoint: relayEventsPointSchema,
  ThroughputPoint: throughputPointSchema,
  UptimePoint: uptimePointSchema,
  KindCount: kindCountSchema,
  LiveFigures: liveFiguresSchema,
  Method: methodSchema,
  Overview: overviewSchema,
  Quantiles: quantilesSchema,
  RelayDetails: relayDetailsSchema,
  RelayRow: relayRowSchema,
  RelaySummary: relaySummarySchema,
  Share: shareSchema,
  Snapshot: snapshotSchema,
  TimelinePoint: timelinePointSchema,
  UserTiers: tiersSchema,
  Users: usersSchema,
  Zaps: zapsSchema,
};

const groups: Readonly<Record<string, string>> = {
  Network: 'The whole network, and what was not seen of it.',
  Events: 'Events by kind, time and client.',
  Users: 'Who publishes, who is new, who comes back.',
  Zaps: 'Payments, from validated receipts.',
  Relays: 'Relays: what they deliver, how fast and how available they are.',
  History: 'Whole histories as CSV.',
  Documentation: 'This documentation.',
};

/** Writes the document of all routes; `limits` and versions are those that really hold. */
export function createOpenApi(routes: readonly Route[], settings: ApiSettings): OpenApi {
  const schemas = componentsOf(routes);
  const paths: Record<string, { readonly get: Operation }> = {};
  for (const route of routes) paths[toTemplate(route.path)] = { get: operationOf(route) };
  paths['/api/v1/stats/live'] = { get: liveOperation };
  paths['/api/v1/export/{table}.csv'] = { get: exportOperation() };
  paths['/api/v1/docs'] = { get: textOperation('getDocumentation', 'This documentation as a page', 'text/html') };
  paths['/api/v1/openapi.json'] = {
    get: textOperation('getOpenApi', 'This documentation for programs (OpenAPI 3.1)', 'application/json'),
  };
  return {
    openapi: '3.1.0',
    info: { title: 'Nostrata observatory', version: settings.version, description: describeApi(settings) },
    servers: [{ url: '/' }],
    tags: Object.entries(groups).map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas, responses: errorResponses },
  };
}

/** What holds for all routes, in sentences. */
function describeApi(settings: ApiSettings): string {
  const { requestsMax, windowMs, listenersMax, listenersPerAddressMax, notes = [] } = settings;
  const minutes = Math.round(windowMs / 6_000) / 10;
  const limit =
    requestsMax === 0
      ? 'Requests are not limited.'
      : `One address may make ${requestsMax} requests in ${minutes} minutes (an IPv6 network of 64 bits is one ` +
        'address); `RateLimit` tells what is left, and 429 comes with `Retry-After`.';
  return [
    'The Nostr network measured: relays, events, users, clients and zaps. Public, read-only, without a key.',
    'Every answer says when its figures were computed, how they are counted (`method`) and what they can have missed ' +
      '(`coverage`). Times are UTC; `since` is inclusive, `until` exclusive.',
    'Where neither the cache nor the database can answer, the last good copy comes with status 503, `stale: true` and ' +
      'its `Age`. Errors are `{"error": "a-word", "message": "a sentence"}`.',
    `${limit} The live stream has room for ${listenersMax} listeners, ${listenersPerAddressMax} of one address.`,
    'Lists come as CSV with `format=csv`. Answers have an `ETag`: ask with `If-None-Match` and save the body.',
    ...notes,
  ].join('\n\n');
}

/** A path with `{name}` for what it carries. */
function toTemplate(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

function componentsOf(routes: readonly Route[]): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  for (const route of routes) registry.add(answerSchema(route.answer), { id: answerName(route) });
  const made = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
    unrepresentable: 'any',
  });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}

function answerName({ operation }: Route): string {
  return `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Answer`;
}

const refused = {
  '400': { $ref: '#/components/responses/BadRequest' },
  '429': { $ref: '#/components/responses/RateLimited' },
} as const;

function operationOf(route: Route): Operation {
  const answer = { $ref: `#/components/schemas/${answerName(route)}` };
  const content: Record<string, Json> = { 'application/json': { schema: answer } };
  if (route.table !== undefined) content['text/csv'] = { schema: { type: 'string' } };
  const isNamed = pathNames(route.path).some((name) => name !== 'range');
  return {
    operationId: route.operation,
    tags: [route.group],
    summary: route.summary,
    description: `${route.description}\n\n${describeFreshness(route)}`,
    parameters: parametersOf(route.parameters, pathNames(route.path)),
    responses: {
      '200': { description: 'The figures.', headers: headersOf(route), content },
      '304': { description: 'The copy that `If-None-Match` names is still right.' },
      ...refused,
      ...(isNamed ? { '404': { $ref: '#/components/responses/NotFound' } } : {}),
      '503': {
        description: 'The last good copy with `stale: true` and the header `Age`, or an error where there is none.',
        content: { 'application/json': { schema: { anyOf: [answer, { $ref: '#/components/schemas/ApiError' }] } } },
      },
    },
  };
}

function headersOf(route: Route): Json {
  const text = { type: 'string' };
  return {
    ETag: { description: 'Strong validator of this body in this encoding.', schema: text },
    'Cache-Control': { description: 'How long a copy is good for.', schema: { const: cacheControl(route.freshness) } },
    RateLimit: { description: 'What is left of the requests of this address.', schema: text },
  };
}

function describeFreshness(route: Route): string {
  const [seconds] = secondsByFreshness[route.freshness];
  return `A copy is good for ${seconds < 60 ? `${seconds} seconds` : seconds < 3_600 ? `${seconds / 60} minutes` : 'an hour'}.`;
}

function parametersOf(schema: z.ZodObject, inPath: readonly string[]): Parameter[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const required = new Set(json.required ?? []);
  return Object.entries(json.properties ?? {}).map(([name, property]) => {
    const { description = '', ...rest } = property as Json & { readonly description?: string };
    const isInPath = inPath.includes(name);
    return {
      name,
      in: isInPath ? 'path' : 'query',
      required: isInPath || required.has(name),
      description,
      schema: parameterSchema(rest, isInPath),
    };
  });
}

/** What is in the path is always given, and whole numbers need no pattern. */
function parameterSchema(schema: Json, isInPath: boolean): Json {
  const unwanted = [...(isInPath ? ['default'] : []), ...(schema.type === 'integer' ? ['pattern'] : [])];
  return Object.fromEntries(Object.entries(schema).filter(([name]) => !unwanted.includes(name)));
}

const liveOperation: Operation = {
  operationId: 'followLive',
  tags: ['Network'],
  summary: 'What happens now, second by second',
  description:
    'Server-sent events named `figures`: at first those of the last minutes, then one each second, and a comment every ' +
    '15 seconds. `Last-Event-ID` resumes where an interrupted listener was. Readers that are too slow are dropped.',
  parameters: [],
  responses: {
    '200': {
      description: 'The stream; each `data` is one object of figures.',
      content: { 'text/event-stream': { schema: { $ref: '#/components/schemas/LiveFigures' } } },
    },
    ...refused,
    '404': { $ref: '#/components/responses/NotFound' },
    '503': { $ref: '#/components/responses/Unavailable' },
  },
};

function exportOperation(): Operation {
  const tables = Object.entries(exportTables).map(([name, { description }]) => `- \`${name}\`: ${description}`);
  return {
    operationId: 'exportHistory',
    tags: ['History'],
    summary: 'A whole history as CSV',
    description: `Streamed as it is read. One address may have one export at a time.\n\n${tables.join('\n')}`,
    parameters: parametersOf(exportParameters, ['table']),
    responses: {
      '200': { description: 'The rows (RFC 4180).', content: { 'text/csv': { schema: { type: 'string' } } } },
      ...refused,
      '404': { $ref: '#/components/responses/NotFound' },
      '503': { $ref: '#/components/responses/Unavailable' },
    },
  };
}

function textOperation(operationId: string, summary: string, type: string): Operation {
  const responses = { '200': { description: summary, content: { [type]: { schema: {} } } } };
  return { operationId, tags: ['Documentation'], summary, description: summary, parameters: [], responses };
}

function errorResponse(description: string): Json {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } } };
}

const errorResponses: Json = {
  BadRequest: errorResponse('A parameter is wrong; the message says what was expected.'),
  NotFound: errorResponse('What the path names is not known here.'),
  RateLimited: errorResponse('Too many requests; `Retry-After` says when to ask again.'),
  Unavailable: errorResponse('It cannot be served now; `Retry-After` says when to ask again.'),
};
