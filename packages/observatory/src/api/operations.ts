import { describeParameters, type Json, type Operation, pathNames } from '@nostrata/http';
import { answerName } from './components.ts';
import { exportTables } from './export-tables.ts';
import { exportParameters, exportPath } from './exporting.ts';
import { cacheControl, secondsByFreshness } from './freshness.ts';
import type { Route } from './route.ts';

/** What the documents say of a route of figures. */
export function operationOf(route: Route): Operation {
  const answer = { $ref: `#/components/schemas/${answerName(route)}` };
  const content: Record<string, Json> = { 'application/json': { schema: answer } };
  if (route.table !== undefined) content['text/csv'] = { schema: { type: 'string' } };
  const isNamed = pathNames(route.path).some((name) => name !== 'range');
  return {
    operationId: route.operation,
    tags: [route.group],
    summary: route.summary,
    description: `${route.description}\n\n${describeFreshness(route)}`,
    parameters: describeParameters(route.parameters, route.path),
    responses: {
      '200': { description: 'The figures.', headers: headersOf(route), content },
      '304': { description: 'The copy that `If-None-Match` names is still right.' },
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

/** What they say of the live stream. */
export const liveOperation: Operation = {
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
    '404': { $ref: '#/components/responses/NotFound' },
    '503': { $ref: '#/components/responses/Unavailable' },
  },
};

/** What they say of exports. */
export function exportOperation(): Operation {
  const tables = Object.entries(exportTables).map(([name, { description }]) => `- \`${name}\`: ${description}`);
  return {
    operationId: 'exportHistory',
    tags: ['History'],
    summary: 'A whole history as CSV',
    description: `Streamed as it is read. One address may have one export at a time.\n\n${tables.join('\n')}`,
    parameters: describeParameters(exportParameters, exportPath),
    responses: {
      '200': { description: 'The rows (RFC 4180).', content: { 'text/csv': { schema: { type: 'string' } } } },
      '404': { $ref: '#/components/responses/NotFound' },
      '503': { $ref: '#/components/responses/Unavailable' },
    },
  };
}
