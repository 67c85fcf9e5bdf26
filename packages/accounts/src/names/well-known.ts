import type { HttpRequest, HttpRoute } from '@nostrata/http';
import type { NameAnswers } from './answers.ts';
import { answerMaxAgeSeconds } from './limits.ts';

/**
 * Creates the route of NIP-05: one name at a time, by the host that was asked, for pages of any origin, and never a
 * redirect. A name that nobody has is `{"names":{}}` with status 200.
 */
export function createWellKnownRoute(answers: NameAnswers): HttpRoute {
  return {
    method: 'GET',
    path: '/.well-known/nostr.json',
    access: { kind: 'anyone' },
    isCounted: false,
    bodyBytesMax: 0,
    operation,
    async serve(request) {
      const given = request.query.getAll('name');
      const name = given.length === 1 ? given[0] : undefined;
      if (name === undefined || name === '') return refuse(request);
      const { body, etag } = await answers.find(request.host, lowerAscii(name));
      const headers = {
        ...request.headers,
        'Content-Type': 'application/json; charset=utf-8',
        'Access-Control-Allow-Origin': '*',
        'Cache-Control': `public, max-age=${answerMaxAgeSeconds}`,
        // Every name of every host has its own answer under one path.
        Vary: 'Host',
        ETag: etag,
      };
      if (isKnown(request.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });
      return new Response(request.isHead ? null : body, { headers });
    },
  };
}

/** Lower case of A to Z alone: other letters become no letters of names. */
function lowerAscii(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

function refuse({ headers }: HttpRequest): Response {
  const body = { error: 'name-missing', message: 'ask for one name: ?name=alice. Names are not listed.' };
  return Response.json(body, {
    status: 400,
    headers: { ...headers, 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' },
  });
}

const operation = {
  operationId: 'getNostrJson',
  tags: ['Names'],
  summary: 'The pubkey and relays of a name (NIP-05)',
  description: 'By the host that is asked. One name at a time; an unknown name is an empty object with status 200.',
  parameters: [
    { name: 'name', in: 'query', required: true, description: 'The part before the @.', schema: { type: 'string' } },
  ],
  responses: {
    '200': {
      description: 'The name, or nothing.',
      content: {
        'application/json': {
          schema: {
            type: 'object',
            required: ['names'],
            properties: {
              names: { type: 'object', additionalProperties: { type: 'string' } },
              relays: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
            },
          },
        },
      },
    },
    '304': { description: 'What the client has is still true.' },
    '400': { description: '`name-missing`' },
  },
} as const;
