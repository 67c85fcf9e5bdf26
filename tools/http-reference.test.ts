import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { renderHttpReference } from './http-reference.ts';

test('the reference page is up to date', () => {
  const page = new URL('../docs/reference/http.md', import.meta.url);
  const isSame = readFileSync(page, 'utf8') === renderHttpReference();
  assert.ok(isSame, 'run: npx node tools/http-reference.ts > docs/reference/http.md');
});
