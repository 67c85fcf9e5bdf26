import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHttpApi } from './api.ts';
import type { ApiSection, Json } from './contract.ts';
import { createDocsRoutes, createDocument } from './docs-routes.ts';
import { renderApiReference } from './reference.ts';
import { defaultHttpSettings } from './settings.ts';
import { createTimers, shelfRoutes, whoRoutes } from './test-world.ts';

const sections: readonly ApiSection[] = [
  { routes: whoRoutes, groups: { Shelf: 'What stands on it.' }, introduction: ['Books.'], schemas: { Book: {} } },
  { routes: shelfRoutes, groups: {} },
];
const options = { title: 'Shelf', version: '1.2.3', settings: defaultHttpSettings, notes: ['Closed on Sundays.'] };
const document = createDocument(sections, options);

test('all methods of a path are in the document, with bodies, refusals and who is let in', () => {
  const book = document.paths['/api/v1/books/{id}'];
  assert.deepEqual(Object.keys(document.paths['/api/v1/books'] ?? {}), ['post']);
  assert.ok(book?.delete);
  const post = document.paths['/api/v1/books']?.post;
  const content = post?.requestBody?.content as Readonly<Record<string, { readonly schema: Json }>> | undefined;
  const schema = content?.['application/json']?.schema;
  assert.deepEqual(schema?.required, ['title']);
  assert.equal(schema?.additionalProperties, false);
  assert.deepEqual(Object.keys(post?.responses ?? {}).sort(), ['200', '400', '409', '429']);
  assert.deepEqual(document.paths['/api/v1/user-scoped']?.get?.security, [
    { session: [] },
    { nip98: [] },
    { apiKey: ['shelf:read'] },
  ]);
  assert.deepEqual(document.paths['/api/v1/admin']?.get?.security, [{ session: [] }, { nip98: [] }]);
  assert.equal(document.paths['/api/v1/anyone']?.get?.security, undefined);
  assert.match(document.paths['/api/v1/support']?.get?.description ?? '', /role support.*`admin:read`/);
  assert.equal(document.paths['/api/v1/raw'], undefined, 'what has no operation is not written about');
  for (const schemes of Object.values(document.paths).flatMap((path) => Object.values(path))) {
    for (const security of schemes.security ?? []) {
      for (const name of Object.keys(security)) assert.ok(name in document.components.securitySchemes, name);
    }
  }
  assert.ok('Book' in document.components.schemas && 'ApiError' in document.components.schemas);
  assert.match(document.info.description, /^Books\.[\s\S]*100 requests in 15 minutes[\s\S]*Closed on Sundays\.$/);
});

test('the page has a form for each route, with its body, and nothing that its policy forbids', async () => {
  const clock = createTimers();
  const api = createHttpApi({
    routes: createDocsRoutes({ ...options, sections, nowMs: 0 }),
    cache: { increment: () => Promise.reject(new Error('nothing is counted')) },
    clock,
    logger: { error: (_, message) => assert.fail(message) },
    metrics: {},
    settings: defaultHttpSettings,
  });
  const ask = async (path: string) => {
    const origin = { ip: '192.0.2.1', isSecure: false, host: 'a.example.com' };
    return await api.fetch(new Request(`http://a.example.com${path}`), { origin });
  };
  const page = await (await ask('/api/v1/docs')).text();
  assert.match(page, /<form data-method="POST" data-path="\/api\/v1\/books"/);
  assert.match(page, /<form data-method="DELETE" data-path="\/api\/v1\/books\/\{id\}"/);
  assert.match(page, /<textarea id="addBook-body"[^>]*>\{\n {2}&#34;title&#34;: &#34;&#34;\n\}/);
  assert.match(page, /id="key"/, 'routes that are not for anyone can be tried with a key');
  assert.doesNotMatch(page, /<script(?! src="\/api\/v1\/docs\/page\.js")|<style|\son\w+=|style=/);
  for (const path of ['page.css', 'page.js', 'icon.svg']) assert.equal((await ask(`/api/v1/docs/${path}`)).status, 200);
  assert.equal((await ask('/api/v1/docs?x=1')).status, 400);
  assert.deepEqual(await (await ask('/api/v1/openapi.json')).json(), JSON.parse(JSON.stringify(document)));
});

test('the reference names each route with its method, parameters and body', () => {
  const reference = renderApiReference(sections, options);
  assert.match(reference, /### `POST \/api\/v1\/books`/);
  assert.match(reference, /### `DELETE \/api\/v1\/books\/\{id\}`/);
  assert.match(reference, /\| body \| value \| meaning \|\n\|---\|---\|---\|\n\| `title` \| text \|/);
  assert.match(reference, /\| Unauthorized \|/);
});
