import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type NostrEvent, parseEvent, serializeEvent } from '@nostrata/protocol';
import { verifyEvent } from 'nostr-tools/pure';
import { createEventFile } from './data-file.ts';
import { generateDrafts, generateEvents } from './data-set.ts';

const options = { seed: 'test', events: 100_000 };

test('the data set has the mean size, the kinds and the follow lists that were asked for', () => {
  const kinds = new Map<number, number>();
  const lists = new Map<string, number>();
  const authors = new Set<string>();
  let bytes = 0;
  for (const { event } of generateDrafts(options)) {
    const { pubkey, created_at, kind, tags, content } = event;
    const whole: NostrEvent = { id: 'a'.repeat(64), pubkey, created_at, kind, tags, content, sig: 'b'.repeat(128) };
    bytes += Buffer.byteLength(serializeEvent(parseEvent(whole)));
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (kind === 3) lists.set(pubkey, tags.length);
    if (kind === 1) authors.add(pubkey);
  }
  assert.ok(Math.abs(bytes / options.events - 730) < 15, `mean size ${bytes / options.events}`);
  for (const [kind, share] of [
    [1, 0.5],
    [7, 0.3],
    [6, 0.11],
    [0, 0.04],
    [3, 0.02],
    [10_002, 0.02],
  ] as const) {
    const real = (kinds.get(kind) ?? 0) / options.events;
    assert.ok(Math.abs(real - share) < 0.01, `kind ${kind}: ${real}`);
  }
  for (const kind of [5, 1059, 9735, 30_023]) assert.ok(kinds.has(kind), `kind ${kind}`);
  const sizes = [...lists.values()];
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  assert.ok(mean > 180 && mean < 270, `mean size of the last follow lists ${mean}`);
  assert.ok(Math.max(...sizes) <= 2_826);
  assert.ok(authors.size > 3_000 && authors.size <= 5_000, `${authors.size} authors of notes`);
});

test('the same seed gives the same events, all of them valid, alone and in parallel', async () => {
  const small = { seed: 'parallel', events: 6_000, authors: 500 };
  const lines = readFileSync(await createEventFile(small), 'utf8')
    .trimEnd()
    .split('\n');
  let index = 0;
  for (const event of generateEvents(small)) {
    assert.equal(serializeEvent(event), lines[index]);
    if (index % 200 === 0) assert.ok(verifyEvent(JSON.parse(lines[index] as string)), 'signature');
    index++;
  }
  assert.equal(lines.length, small.events);
  assert.equal(await createEventFile(small), await createEventFile(small));
  const other = generateEvents({ ...small, seed: 'other', events: 1 }).next().value;
  assert.notEqual(other && serializeEvent(other), lines[0]);
});
