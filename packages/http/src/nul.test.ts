import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { defineAction } from './action.ts';
import type { HttpRequest } from './contract.ts';
import { hasNul } from './nul.ts';
import { Problem } from './problem.ts';

const route = defineAction({
  method: 'POST',
  path: '/notes/:id',
  operation: 'writeNote',
  group: 'Notes',
  summary: 'Write',
  description: 'Write',
  access: { kind: 'anyone' },
  parameters: z.object({ id: z.string(), tag: z.string().optional() }),
  body: z.looseObject({ text: z.string() }),
  answer: z.object({ text: z.string() }),
  handle: async ({ body }) => ({ text: body.text }),
});

async function send(json: string, { id = 'a', query = '' } = {}): Promise<number> {
  const request: HttpRequest = {
    method: 'POST',
    target: '/notes/a',
    path: { id },
    query: new URLSearchParams(query),
    address: '192.0.2.1',
    isSecure: true,
    isHead: false,
    host: 'example.com',
    headers: {},
    caller: undefined,
    header: (name) => (name === 'content-type' ? 'application/json' : undefined),
    readBody: async () => new TextEncoder().encode(json),
  };
  try {
    return (await route.serve(request)).status;
  } catch (error) {
    if (error instanceof Problem) return error.status;
    throw error;
  }
}

test('the character NUL is refused wherever a text can be, and what only looks like it is not', async () => {
  assert.equal(await send('{"text":"a"}'), 200);
  assert.equal(await send('{"text":"\\\\u0000"}'), 200);
  assert.equal(await send('{"text":"a\\u0000"}'), 400);
  assert.equal(await send('{"text":"a","deep":[{"\\u0000":1}]}'), 400);
  assert.equal(await send('{"text":"a"}', { id: 'a\0' }), 400);
  assert.equal(await send('{"text":"a"}', { query: 'tag=%00' }), 400);
});

test('a body that is as deep as it can be is looked through', () => {
  const depth = 30_000;
  assert.equal(hasNul(JSON.parse(`${'['.repeat(depth)}"\\u0000"${']'.repeat(depth)}`)), true);
  assert.equal(hasNul(JSON.parse(`${'['.repeat(depth)}"0"${']'.repeat(depth)}`)), false);
  for (const plain of [null, 1, true, '', [], {}]) assert.equal(hasNul(plain), false);
});
