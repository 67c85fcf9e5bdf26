import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder } from '@nostrata/testing';
import { parseFavorite } from './favorites.ts';

const alice = createEventBuilder('alice');

test('a favourite is read in each of its old forms', () => {
  const album = { type: 'album', id: 'a1', title: 'Album', artist: undefined };
  const forms = [
    {
      kind: 30_001,
      tags: [
        ['d', 'a1'],
        ['t', 'album'],
        ['title', 'Album'],
      ],
    },
    {
      kind: 30_002,
      tags: [
        ['d', 'x'],
        ['feedId', 'a1'],
        ['title', 'Album'],
      ],
    },
    { kind: 30_002, tags: [['d', 'x']], content: '{"type":"album","id":"a1","title":"Album"}' },
    { kind: 30_001, content: '{"feedId":"a1","title":"Album"}' },
  ];
  for (const form of forms) assert.deepEqual(parseFavorite(alice.event(form)), album);
  const track = parseFavorite(
    alice.event({
      kind: 30_001,
      tags: [
        ['trackId', 't1'],
        ['artist', 'Ann'],
      ],
    }),
  );
  assert.deepEqual(track, { type: 'track', id: 't1', title: undefined, artist: 'Ann' });
});

test('relay sets, lists and broken favourites are none', () => {
  const none = [
    {
      kind: 30_002,
      tags: [
        ['d', 'home'],
        ['relay', 'wss://a.example'],
      ],
    },
    {
      kind: 30_001,
      tags: [
        ['d', 'bookmark'],
        ['t', 'music'],
      ],
    },
    { kind: 30_001, content: '{"type":"artist","id":"x"}' },
    { kind: 30_001, content: '{' },
    {
      kind: 30_003,
      tags: [
        ['d', 'a1'],
        ['t', 'album'],
      ],
    },
    {
      kind: 30_001,
      tags: [
        ['d', ''],
        ['t', 'album'],
      ],
    },
  ];
  for (const parts of none) assert.equal(parseFavorite(alice.event(parts)), null);
});
