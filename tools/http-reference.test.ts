import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createDocument } from '@nostrata/http';
import { gatherSections, renderHttpReference, usual } from './http-reference.ts';

/** All values of a key anywhere in a document. */
function findAll(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...findAll(inner, key)]);
}

test('the reference page is up to date', () => {
  const page = new URL('../docs/reference/http.md', import.meta.url);
  const isSame = readFileSync(page, 'utf8') === renderHttpReference();
  assert.ok(isSame, 'run: npx node tools/http-reference.ts > docs/reference/http.md');
});

test('routes of all rooms are one OpenAPI document: named once, in a group that is described, with references that lead somewhere', () => {
  const document = createDocument(gatherSections(), usual);
  const operations = Object.entries(document.paths).flatMap(([path, byMethod]) =>
    Object.entries(byMethod).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
  );
  assert.ok(operations.length > 80, `${operations.length} operations`);
  const groups = new Set(document.tags.map(({ name }) => name));
  const ids = operations.map(({ operation }) => operation.operationId);
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
    'names that are there twice',
  );
  for (const { name, path, operation } of operations) {
    assert.match(operation.operationId, /^[a-z]\w+$/, name);
    assert.ok(
      operation.tags.length === 1 && operation.tags.every((tag) => groups.has(tag)),
      `${name}: ${operation.tags}`,
    );
    assert.ok(operation.summary.length > 0 && operation.description.length > 0, name);
    const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
    const carried = [...path.matchAll(/\{(\w+)\}/g)].map(([, carriedName]) => carriedName);
    assert.deepEqual(
      inPath.map((parameter) => parameter.name),
      carried,
      name,
    );
    for (const scheme of (operation.security ?? []).flatMap((one) => Object.keys(one))) {
      assert.ok(scheme in document.components.securitySchemes, name);
    }
  }
  for (const reference of findAll(document, '$ref')) {
    const [, kind = '', target = ''] = /^#\/components\/(schemas|responses)\/(\w+)$/.exec(String(reference)) ?? [];
    const components: Readonly<Record<string, Readonly<Record<string, unknown>>>> = document.components;
    assert.ok(target in (components[kind] ?? {}), String(reference));
  }
});
