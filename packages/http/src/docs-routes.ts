import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Body, createBody } from './bodies.ts';
import type { ApiSection, HttpRequest, HttpRoute, Operation } from './contract.ts';
import { renderDocs } from './docs-html.ts';
import { pagePolicy } from './headers.ts';
import { createOpenApi, type OpenApi, type OpenApiOptions } from './open-api.ts';
import { readParameters } from './parameters.ts';
import { sendBody } from './sending.ts';

/** What the documentation is made of. */
export interface DocsOptions extends OpenApiOptions {
  readonly sections: readonly ApiSection[];
  /** Since when it says what it says. */
  readonly nowMs: number;
}

const paths = { page: '/api/v1/docs', document: '/api/v1/openapi.json' };
const assetPaths = { style: '/api/v1/docs/page.css', script: '/api/v1/docs/page.js', icon: '/api/v1/docs/icon.svg' };

/** The documentation as a page and as OpenAPI, and what the page loads; made once, of the routes and settings. */
export function createDocsRoutes({ sections, nowMs, ...options }: DocsOptions): HttpRoute[] {
  const document = createDocument(sections, options);
  const bodyOf = (text: string, contentType: string): Body =>
    createBody({ text, contentType: `${contentType}; charset=utf-8`, asOfMs: nowMs, version: undefined });
  const json = bodyOf(JSON.stringify(document), 'application/json');
  const page = bodyOf(renderDocs(document, assetPaths), 'text/html');
  const readFile = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
  return [
    { ...docsRoute(paths.page, operations.page), serve: (request) => servePage(request, page, json) },
    bodyRoute(paths.document, json, operations.document),
    bodyRoute(assetPaths.style, bodyOf(readFile('./docs-page.css'), 'text/css')),
    bodyRoute(assetPaths.script, bodyOf(readFile('./docs-page.js'), 'text/javascript')),
    bodyRoute(assetPaths.icon, bodyOf(readFile('./docs-icon.svg'), 'image/svg+xml')),
  ];
}

/** The document of all sections and of the documentation itself. */
export function createDocument(sections: readonly ApiSection[], options: OpenApiOptions): OpenApi {
  const own: ApiSection = {
    groups: { Documentation: 'This documentation.' },
    routes: [
      { ...docsRoute(paths.page, operations.page), serve: unserved },
      { ...docsRoute(paths.document, operations.document), serve: unserved },
    ],
  };
  return createOpenApi([...sections, own], options);
}

function unserved(): never {
  throw new Error('this route is only written about');
}

function docsRoute(path: string, operation: Operation | undefined): Omit<HttpRoute, 'serve'> {
  return { method: 'GET', path, access: { kind: 'anyone' }, isCounted: false, bodyBytesMax: 0, operation };
}

function bodyRoute(path: string, body: Body, operation?: Operation): HttpRoute {
  return { ...docsRoute(path, operation), serve: (request) => serveBody(request, body, request.headers) };
}

/** The page for people, the document for programs that ask for JSON. */
function servePage(request: HttpRequest, page: Body, json: Body): Promise<Response> {
  const accept = request.header('accept') ?? '';
  const headers = { ...request.headers, Vary: 'Accept' };
  if (accept.includes('application/json') && !accept.includes('text/html')) return serveBody(request, json, headers);
  return serveBody(request, page, { ...headers, 'Content-Security-Policy': pagePolicy });
}

const noParameters = z.object({});

function serveBody(request: HttpRequest, body: Body, headers: HttpRequest['headers']): Promise<Response> {
  readParameters(noParameters, request);
  return sendBody(body, {
    acceptEncoding: request.header('accept-encoding'),
    ifNoneMatch: request.header('if-none-match'),
    headers: {
      ...headers,
      'Cache-Control': 'public, max-age=300, stale-while-revalidate=300, stale-if-error=86400',
    },
  });
}

function textOperation(operationId: string, summary: string, type: string): Operation {
  const responses = { '200': { description: summary, content: { [type]: { schema: {} } } } };
  return { operationId, tags: ['Documentation'], summary, description: summary, parameters: [], responses };
}

const operations = {
  page: textOperation('getDocumentation', 'This documentation as a page', 'text/html'),
  document: textOperation('getOpenApi', 'This documentation for programs (OpenAPI 3.1)', 'application/json'),
};
