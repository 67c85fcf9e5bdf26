import { readFileSync } from 'node:fs';
import { type Body, createBody } from './bodies.ts';
import { renderDocs } from './docs-html.ts';
import { cacheControl, pagePolicy } from './headers.ts';
import { createOpenApi } from './openapi.ts';
import { readParameters } from './parameters.ts';
import type { Route } from './route.ts';
import { sendBody } from './sending.ts';
import type { ApiSettings } from './settings.ts';
import { noParameters, type SpecialRequest, type SpecialRoute } from './special-routes.ts';

/** What the documentation is made of. */
export interface DocsOptions {
  readonly routes: readonly Route[];
  readonly settings: ApiSettings;
  /** Since when it says what it says. */
  readonly nowMs: number;
}

const assetPaths = { style: '/api/v1/docs/page.css', script: '/api/v1/docs/page.js', icon: '/api/v1/docs/icon.svg' };

/** The documentation as a page and as OpenAPI, and what the page loads; made once, of the routes and settings. */
export function createDocsRoutes({ routes, settings, nowMs }: DocsOptions): SpecialRoute[] {
  const document = createOpenApi(routes, settings);
  const bodyOf = (text: string, contentType: string): Body =>
    createBody({ text, contentType, asOfMs: nowMs, version: undefined });
  const json = bodyOf(JSON.stringify(document), 'application/json; charset=utf-8');
  const page = bodyOf(renderDocs(document, assetPaths), 'text/html; charset=utf-8');
  const fileRoute = (path: string, file: string, type: string): SpecialRoute =>
    bodyRoute(path, () => bodyOf(readFileSync(new URL(file, import.meta.url), 'utf8'), `${type}; charset=utf-8`));
  return [
    { path: '/api/v1/docs', isCounted: false, serve: (request) => servePage(request, page, json) },
    bodyRoute('/api/v1/openapi.json', () => json),
    fileRoute(assetPaths.style, './docs-page.css', 'text/css'),
    fileRoute(assetPaths.script, './docs-page.js', 'text/javascript'),
    fileRoute(assetPaths.icon, './docs-icon.svg', 'image/svg+xml'),
  ];
}

function bodyRoute(path: string, makeBody: () => Body): SpecialRoute {
  const body = makeBody();
  return { path, isCounted: false, serve: (request) => serveBody(request, body) };
}

/** The page for people, the document for programs that ask for JSON. */
function servePage(request: SpecialRequest, page: Body, json: Body): Promise<Response> {
  const accept = request.header('accept') ?? '';
  const headers = { ...request.headers, Vary: 'Accept' };
  if (accept.includes('application/json') && !accept.includes('text/html')) {
    return serveBody({ ...request, headers }, json);
  }
  return serveBody({ ...request, headers: { ...headers, 'Content-Security-Policy': pagePolicy } }, page);
}

function serveBody({ path, query, header, headers }: SpecialRequest, body: Body): Promise<Response> {
  readParameters(noParameters, path, query);
  return sendBody(body, {
    acceptEncoding: header('accept-encoding'),
    ifNoneMatch: header('if-none-match'),
    headers: { ...headers, 'Cache-Control': cacheControl('totals') },
  });
}
