import { z } from 'zod';
import type { ApiSection, HttpRoute, Json, Method, Operation } from './contract.ts';
import type { HttpSettings } from './settings.ts';

/** Methods as the document writes them. */
export type DocumentedMethod = Lowercase<Method>;

/** An OpenAPI 3.1 document. */
export interface OpenApi {
  readonly openapi: '3.1.0';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, { readonly [method in DocumentedMethod]?: Operation }>>;
  readonly components: { readonly schemas: Json; readonly responses: Json; readonly securitySchemes: Json };
}

/** What a document is written of. */
export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  /** Limits as they are set. */
  readonly settings: HttpSettings;
  /** Sentences of this installation. */
  readonly notes?: readonly string[] | undefined;
}

/** Writes one document of all routes that have an operation. */
export function createOpenApi(sections: readonly ApiSection[], options: OpenApiOptions): OpenApi {
  const paths: Record<string, { [method in DocumentedMethod]?: Operation }> = {};
  for (const route of sections.flatMap(({ routes }) => routes)) {
    if (route.operation === undefined) continue;
    const template = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[template] = { ...paths[template], [route.method.toLowerCase()]: complete(route, route.operation) };
  }
  const groups = new Map(sections.flatMap((section) => Object.entries(section.groups)));
  return {
    openapi: '3.1.0',
    info: { title: options.title, version: options.version, description: describeApi(sections, options) },
    servers: [{ url: '/' }],
    tags: [...groups].map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: Object.assign({ ApiError: errorSchema }, ...sections.map(({ schemas = {} }) => schemas)) as Json,
      responses: errorResponses,
      securitySchemes,
    },
  };
}

/** What holds for all routes, in sentences. */
function describeApi(sections: readonly ApiSection[], { settings, notes = [] }: OpenApiOptions): string {
  const { requestsMax, windowMs } = settings.anonymous;
  const minutes = Math.round(windowMs / 6_000) / 10;
  const limit =
    requestsMax === 0
      ? 'Requests are not limited.'
      : `One address may make ${requestsMax} requests in ${minutes} minutes (an IPv6 network of 64 bits is one ` +
        'address); `RateLimit` tells what is left, and 429 comes with `Retry-After`.';
  const isForUsers = sections.some(({ routes }) => routes.some(({ access }) => access.kind !== 'anyone'));
  const known =
    ' Who sends an API key (`Authorization: Bearer …`), signs the request (NIP-98, `Authorization: Nostr …`) or has ' +
    'signed in has the limit of their plan instead, all their keys and sessions together; of one address, people who pay ' +
    'nothing have ten times that limit together.';
  return [
    ...sections.flatMap(({ introduction = [] }) => introduction),
    'Errors are `{"error": "a-word", "message": "a sentence"}`.',
    limit + (isForUsers ? known : ''),
    ...notes,
  ].join('\n\n');
}

/** Adds what follows from how a route is served: who is let in, and what it refuses. */
function complete(route: HttpRoute, operation: Operation): Operation {
  const { access, isCounted } = route;
  const isRead = operation.parameters.length > 0 || operation.requestBody !== undefined;
  const refusals: Record<string, Json> = {
    ...(isRead ? { '400': reference('BadRequest') } : {}),
    ...(access.kind === 'anyone' ? {} : { '401': reference('Unauthorized'), '403': reference('Forbidden') }),
    ...(isCounted ? { '429': reference('RateLimited') } : {}),
  };
  const sentence = describeAccess(route);
  return {
    ...operation,
    description: sentence === undefined ? operation.description : `${operation.description}\n\n${sentence}`,
    responses: { ...refusals, ...operation.responses },
    ...(access.kind === 'anyone' ? {} : { security: securityOf(route) }),
  };
}

function describeAccess({ access: { scope, ...access } }: HttpRoute): string | undefined {
  if (access.kind === 'anyone') return undefined;
  const who = access.kind === 'role' ? `For the role ${access.role}` : 'For whoever is signed in';
  return `${who}. ${scope === undefined ? 'API keys are not let in.' : `API keys need the scope \`${scope}\`.`}`;
}

function securityOf({ access: { scope } }: HttpRoute): Json[] {
  return [{ session: [] }, { nip98: [] }, ...(scope === undefined ? [] : [{ apiKey: [scope] }])];
}

function reference(name: string): Json {
  return { $ref: `#/components/responses/${name}` };
}

const { $schema: _, ...errorSchema } = z.toJSONSchema(
  z.object({
    error: z.string().describe('A short word for programs.'),
    message: z.string().describe('One sentence that says what was expected.'),
  }),
  { io: 'input' },
);

function errorResponse(description: string): Json {
  return { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/ApiError' } } } };
}

const errorResponses: Json = {
  BadRequest: errorResponse('A parameter or the body is wrong; the message says what was expected.'),
  Unauthorized: errorResponse('Nobody is signed in, or the credentials are wrong.'),
  Forbidden: errorResponse('Whoever asks may not do this, or their API key may not.'),
  NotFound: errorResponse('What the path names is not known here.'),
  RateLimited: errorResponse('Too many requests; `Retry-After` says when to ask again.'),
  Unavailable: errorResponse('It cannot be served now; `Retry-After` says when to ask again.'),
};

const securitySchemes: Json = {
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-nostrata-session',
    description: 'A session as a cookie; what changes something also needs the header `X-CSRF-Token`.',
  },
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, or the token of a session.' },
  nip98: { type: 'http', scheme: 'Nostr', description: 'An event of kind 27235 for this very request (NIP-98).' },
};
