import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBody } from '@nostrata/http';
import { createBodies } from './bodies.ts';
import { bodiesMax, bodyBytesMax, spellingsMax } from './limits.ts';

const bodyOf = (text: string) => createBody({ text, contentType: 'text/plain', asOfMs: 0, version: undefined });

test('bodies are bounded in number and bytes, and the least lately used leave first', () => {
  const bodies = createBodies();
  const kept = (text: string) => ({ body: bodyOf(text), freshUntilMs: 0, loadedAtMs: 0 });
  for (let index = 0; index < bodiesMax; index++) bodies.set(`${index}`, kept('x'));
  bodies.get('0');
  bodies.set('one more', kept('x'));
  assert.ok(bodies.get('0'));
  assert.equal(bodies.get('1'), undefined);
  const large = 'x'.repeat(bodyBytesMax / 8);
  for (let index = 0; index < 8; index++) bodies.set(`large ${index}`, kept(large));
  assert.ok(bodies.bytes <= bodyBytesMax);
  assert.equal(bodies.get('0'), undefined);
  assert.ok(bodies.get('large 7'));
  for (let index = 0; index <= spellingsMax; index++) bodies.learn(`?${index}`, 'key');
  assert.equal(bodies.keyOf('?0'), undefined);
  assert.equal(bodies.keyOf(`?${spellingsMax}`), 'key');
});
