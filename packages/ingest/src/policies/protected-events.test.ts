import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serializeEvent } from '@nostrata/protocol';
import { createEventBuilder } from '@nostrata/testing';
import type { Source } from '../contract.ts';
import { createProtectedEventsPolicy } from './protected-events.ts';

const author = createEventBuilder('protected');
const policy = createProtectedEventsPolicy();
const hidden = author.note('for members', { tags: [['-']] });
const somebody = new Set(['f'.repeat(64)]);

test('a protected event is taken only from its authenticated author', () => {
  const prefix = (source: Source) => policy.check(hidden, source, 1)?.prefix;
  assert.equal(prefix({ via: 'client' }), 'auth-required');
  assert.equal(prefix({ via: 'client', authenticated: new Set() }), 'auth-required');
  assert.equal(prefix({ via: 'client', authenticated: somebody }), 'restricted');
  assert.equal(prefix({ via: 'client', authenticated: new Set([...somebody, author.pubkey]) }), undefined);
  assert.equal(prefix({ via: 'relay', url: 'wss://relay.example' }), 'restricted');
  assert.equal(prefix({ via: 'import' }), undefined);
  assert.equal(prefix({ via: 'own' }), undefined);
});

test('a repost may not carry a protected event, and may carry any other', () => {
  const repost = (content: string, kind: number) =>
    policy.check(author.event({ kind, content }), { via: 'client', authenticated: new Set([author.pubkey]) }, 1);
  for (const kind of [6, 16]) {
    assert.equal(repost(serializeEvent(hidden), kind)?.prefix, 'blocked');
    assert.equal(repost(serializeEvent(author.note('a "-" in the text')), kind), null);
    assert.equal(repost('no JSON with "-"', kind), null);
    assert.equal(repost('', kind), null);
  }
  assert.equal(repost(serializeEvent(hidden), 1), null);
});
