import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getCommittedDifficulty, getDifficulty, getEventId, InvalidError } from '@nostrata/protocol';
import { runSearch as searchInSlices } from './browser.ts';
import { mine } from './mine.ts';
import { toSearch, withNonce } from './search.ts';

const event = {
  pubkey: 'a'.repeat(64),
  created_at: 1_700_000_000,
  kind: 1,
  tags: [
    ['p', 'b'.repeat(64)],
    ['nonce', '7', '99'],
  ],
  content: 'proof "of" work\u2028',
};

test('a mined event has the difficulty, committed in its only nonce tag, and keeps the rest', async () => {
  const mined = await mine(event, { difficulty: 10 });
  assert.ok(getDifficulty(getEventId(mined)) >= 10);
  assert.equal(getCommittedDifficulty(mined), 10);
  assert.deepEqual(mined.tags[0], event.tags[0]);
  assert.equal(mined.content, event.content);
});

test('without threads the search finds the same nonce', async () => {
  const nonce = await searchInSlices(toSearch(event, 10), {});
  assert.deepEqual(withNonce(event, String(nonce), 10), await mine(event, { difficulty: 10 }));
});

test('mining tells of its progress and ends with its signal', async () => {
  const controller = new AbortController();
  let told = 0;
  const mining = mine(event, {
    difficulty: 40,
    signal: controller.signal,
    onMining: (hashes) => {
      told = hashes;
      controller.abort(new Error('enough'));
    },
  });
  await assert.rejects(mining, /enough/);
  assert.ok(told > 0);
});

test('a difficulty out of bounds is refused at once', async () => {
  for (const difficulty of [0, 41, 1.5, Number.NaN]) await assert.rejects(mine(event, { difficulty }), InvalidError);
});
