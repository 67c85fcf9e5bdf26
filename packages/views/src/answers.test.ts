import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Kind, type NostrEvent, type Tag, type VerifiedEvent } from '@nostrata/protocol';
import { uncheckedPubkey } from '@nostrata/testing';
import { createAllViews } from './all-views.ts';
import { getDeletions } from './deletions.ts';
import { getEngagement, getEngagementEntries, getEngagements } from './engagement-reading.ts';
import { countFollowers, getFollowers, getFollows, isFollowing } from './follows.ts';
import { getInboxRelays } from './inbox-relays.ts';
import { getBookmarks, getFavorites, getLists } from './lists.ts';
import { getMutes } from './mutes.ts';
import { getProfile, getProfiles } from './profile.ts';
import { searchProfiles } from './profile-search.ts';
import { getRelayLists } from './relay-list.ts';
import { getRelaySets } from './relay-sets.ts';
import { createEngines, createEvent, createStore, putAll } from './test-world.ts';
import { createViews } from './views.ts';

const folder = mkdtempSync(join(tmpdir(), 'nostrata-views-'));
const engines = await createEngines(folder);
after(async () => {
  for (const engine of engines) await engine.stop();
  rmSync(folder, { recursive: true, force: true });
});

const [alice, bob, carol] = [uncheckedPubkey('alice'), uncheckedPubkey('bob'), uncheckedPubkey('carol')];
const views = createAllViews({ verify: () => true });
const profile = (author: string, fields: object, created_at = 100) =>
  createEvent(author, { kind: Kind.profile, created_at, content: JSON.stringify(fields) });
const withTags = (author: string, kind: number, ...[tags, content = '']: readonly [readonly Tag[], string?]) =>
  createEvent(author, { kind, tags, content, created_at: 100 });
const ciphertext = 'A'.repeat(132);

for (const engine of engines) {
  describe(engine.name, { skip: engine.skip }, () => {
    /** A database in which the views have seen these events. */
    const see = async (...events: readonly VerifiedEvent[]) => {
      const database = await engine.open();
      const store = createStore();
      const failures: unknown[] = [];
      const running = await createViews({ store, database, views, onFailed: (_, error) => failures.push(error) });
      await putAll(store, events);
      await running.caughtUp();
      assert.deepEqual(failures, []);
      return {
        database,
        add: async (...more: readonly VerifiedEvent[]) => {
          await putAll(store, more);
          await running.caughtUp();
        },
        [Symbol.asyncDispose]: () => running.stop(),
      };
    };

    test('a profile has the fields of NIP-24 and its event; storable whatever is in it', async () => {
      const fields = {
        name: 'ali\0ce',
        display_name: 'Alice \ud800',
        about: 'x'.repeat(200_000),
        bot: false,
        birthday: { year: 1999 },
        website: 7,
      };
      const event = profile('alice', fields);
      await using seen = await see(event, createEvent('bob', { kind: 0, content: 'no JSON' }));
      const found = await getProfile(seen.database, alice);
      assert.equal(found?.name, 'alice');
      assert.equal(found.displayName, 'Alice \ufffd');
      assert.deepEqual([found.bot, found.birthday, found.website], [false, { year: 1999 }, undefined]);
      assert.deepEqual([found.eventId, found.created_at, found.pubkey], [event.id, 100, alice]);
      const many = await getProfiles(seen.database, [alice, bob, carol, alice]);
      assert.deepEqual([...many.keys()].sort(), [alice, bob].sort());
      assert.deepEqual(many.get(bob), {
        pubkey: bob,
        eventId: createEvent('bob', { kind: 0, content: 'no JSON' }).id,
        created_at: 1_600_000_000,
      });
      assert.equal(await getProfile(seen.database, carol), undefined);
    });

    test('follows keep order, hints and petnames; followers are counted once each, also after a change', async () => {
      const first = createEvent('alice', {
        kind: Kind.follows,
        created_at: 10,
        tags: [
          ['p', carol, 'wss://relay.example', 'caro'],
          ['p', bob],
          ['p', bob, 'wss://b.example'],
          ['p', 'nonsense'],
        ],
      });
      await using seen = await see(first, withTags('bob', Kind.follows, [['p', carol]]));
      const { database } = seen;
      assert.deepEqual((await getFollows(database, alice))?.follows, [
        { pubkey: carol, relay: 'wss://relay.example', petname: 'caro' },
        { pubkey: bob, relay: 'wss://b.example' },
      ]);
      assert.deepEqual(await getFollowers(database, carol), [alice, bob].sort());
      assert.deepEqual(await getFollowers(database, carol, { limit: 1 }), [alice, bob].sort().slice(0, 1));
      assert.deepEqual(await getFollowers(database, carol, { after: [alice, bob].sort()[0] ?? '' }), [
        [alice, bob].sort()[1],
      ]);
      await seen.add(createEvent('alice', { kind: Kind.follows, created_at: 20, tags: [['p', bob]] }));
      assert.deepEqual([await countFollowers(database, carol), await countFollowers(database, bob)], [1, 1]);
      assert.deepEqual(
        [await isFollowing(database, alice, bob), await isFollowing(database, alice, carol)],
        [true, false],
      );
      await seen.add(createEvent('alice', { kind: Kind.deletionRequest, tags: [['a', `3:${alice}:`]] }));
      assert.equal(await getFollows(database, alice), undefined);
      assert.equal(await countFollowers(database, bob), 0);
    });

    test('relay lists and inbox relays are normalised', async () => {
      await using seen = await see(
        withTags('alice', Kind.relayList, [
          ['r', 'WSS://Relay.Example/', 'write'],
          ['r', 'wss://relay.example', 'read'],
          ['r', 'http://no.relay'],
        ]),
        withTags('alice', Kind.inboxRelays, [
          ['relay', 'wss://inbox.example/'],
          ['relay', 'wss://INBOX.example'],
        ]),
      );
      const lists = await getRelayLists(seen.database, [alice, bob]);
      assert.deepEqual(lists.get(alice)?.relays, [{ url: 'wss://relay.example', read: true, write: true }]);
      assert.equal(lists.size, 1);
      assert.deepEqual((await getInboxRelays(seen.database, alice))?.relays, ['wss://inbox.example']);
      assert.equal(await getInboxRelays(seen.database, bob), undefined);
    });

    test('mutes are those of kind 10000 and of both readings of kind 10006; private parts stay closed', async () => {
      await using seen = await see(
        withTags(
          'alice',
          Kind.mutes,
          [
            ['p', bob],
            ['t', 'Spam'],
            ['word', 'Buy'],
            ['e', 'f'.repeat(64)],
          ],
          ciphertext,
        ),
        withTags(
          'alice',
          Kind.blocks,
          [
            ['relay', 'wss://bad.example'],
            ['p', carol],
            ['p', bob],
          ],
          'old\0?iv=no',
        ),
      );
      const mutes = await getMutes(seen.database, alice);
      assert.deepEqual(mutes?.pubkeys, [bob, carol]);
      assert.deepEqual([mutes.hashtags, mutes.words, mutes.threads], [['spam'], ['buy'], ['f'.repeat(64)]]);
      assert.deepEqual(mutes.blockedRelays, ['wss://bad.example']);
      assert.deepEqual(
        mutes.sources.map((source) => [source.kind, source.private]),
        [
          [10_000, { encryption: 'nip44', ciphertext }],
          [10_006, undefined],
        ],
      );
      assert.equal(await getMutes(seen.database, bob), undefined);
    });

    test('an album among old favourites is a favourite and no relay set', async () => {
      await using seen = await see(
        withTags('alice', Kind.relaySet, [
          ['d', 'album-1'],
          ['t', 'album'],
          ['title', 'Blue'],
        ]),
        withTags('alice', Kind.relaySet, [
          ['d', 'mine'],
          ['title', 'My\0 relays'],
          ['relay', 'wss://a.example/'],
        ]),
        withTags('alice', Kind.relaySet, [
          ['d', 'a\0b'],
          ['relay', 'wss://b.example'],
        ]),
        withTags('alice', Kind.relaySet, [
          ['d', 'x'.repeat(3_000)],
          ['relay', 'wss://b.example'],
        ]),
        withTags('alice', Kind.genericSet, [
          ['d', 'track-1'],
          ['t', 'track'],
        ]),
        withTags('alice', Kind.genericSet, [['d', '2']], '{"trackId":"t2"}'),
        withTags('alice', Kind.genericSet, [
          ['d', 'pins'],
          ['e', 'e'.repeat(64)],
        ]),
        withTags(
          'alice',
          Kind.bookmarks,
          [
            ['e', 'e'.repeat(64)],
            ['r', 'https://x.example'],
          ],
          ciphertext,
        ),
      );
      const sets = await getRelaySets(seen.database, alice);
      assert.deepEqual(
        sets.map(({ identifier, title, relays }) => [identifier, title, relays]),
        [
          ['a\0b', undefined, ['wss://b.example']],
          ['mine', 'My relays', ['wss://a.example']],
        ],
      );
      const favorites = (await getFavorites(seen.database, alice)).map(({ favorite }) => [
        favorite?.type,
        favorite?.id,
      ]);
      assert.deepEqual(favorites.sort(), [
        ['album', 'album-1'],
        ['track', 't2'],
        ['track', 'track-1'],
      ]);
      const lists = await getLists(seen.database, alice, Kind.genericSet);
      assert.deepEqual(lists.find(({ identifier }) => identifier === 'pins')?.bookmarks.events, [
        { id: 'e'.repeat(64) },
      ]);
      const bookmarks = await getBookmarks(seen.database, alice);
      assert.deepEqual(bookmarks?.bookmarks.urls, ['https://x.example']);
      assert.deepEqual(bookmarks.private, { encryption: 'nip44', ciphertext });
    });

    test('who asked for what to be deleted, by id and by address', async () => {
      const address = `30023:${alice}:x`;
      const request = withTags(
        'alice',
        Kind.deletionRequest,
        [
          ['e', 'e'.repeat(64)],
          ['a', address],
        ],
        'a mis\0take',
      );
      await using seen = await see(
        request,
        withTags('bob', Kind.deletionRequest, [
          ['e', 'e'.repeat(64)],
          ['a', address],
        ]),
      );
      assert.deepEqual(await getDeletions(seen.database, address), [
        { pubkey: alice, eventId: request.id, created_at: 100, reason: 'a mistake' },
      ]);
      const authors = (await getDeletions(seen.database, 'e'.repeat(64))).map(({ pubkey }) => pubkey);
      assert.deepEqual(authors.sort(), [alice, bob].sort());
      assert.deepEqual(await getDeletions(seen.database, 'x'.repeat(5_000)), []);
    });

    test('engagement is counted by kind, for the event and the address, and goes with what made it', async () => {
      const article = withTags('alice', 30_023, [['d', 'x']]);
      const address = `30023:${alice}:x`;
      const at = (event: NostrEvent): Tag[] => [
        ['e', event.id],
        ['p', event.pubkey],
        ['a', address],
      ];
      const like = withTags('bob', Kind.reaction, at(article), '+');
      const comment = withTags(
        'carol',
        Kind.comment,
        [...at(article), ['E', article.id], ['K', '30023'], ['k', '30023']],
        'hm',
      );
      await using seen = await see(
        article,
        like,
        withTags('carol', Kind.reaction, at(article), '🤙'),
        withTags('dave', Kind.reaction, at(article), ''),
        withTags('dave', Kind.reaction, at(article), '-'),
        withTags('dave', Kind.genericRepost, [...at(article), ['k', '30023']]),
        comment,
        withTags('bob', Kind.note, [['e', comment.id, '', 'root']], 'yes'),
        withTags(
          'bob',
          Kind.externalReaction,
          [
            ['i', 'https://x.example'],
            ['k', 'web'],
          ],
          '⭐',
        ),
      );
      const { database } = seen;
      const counted = {
        replies: 1,
        reposts: 1,
        likes: 2,
        dislikes: 1,
        emojis: 1,
        zaps: 0,
        zapMsat: 0,
        reactions: [
          { content: '+', count: 2 },
          { content: '-', count: 1 },
          { content: '🤙', count: 1 },
        ],
      };
      assert.deepEqual(await getEngagement(database, article.id), counted);
      assert.deepEqual(await getEngagement(database, address), counted);
      assert.equal((await getEngagement(database, comment.id)).replies, 1);
      assert.equal((await getEngagement(database, 'https://x.example')).emojis, 1);
      assert.deepEqual(
        [...(await getEngagements(database, [article.id, bob, 'y'.repeat(5_000)])).keys()],
        [article.id],
      );
      const likes = await getEngagementEntries(database, article.id, { type: 'like', limit: 5 });
      assert.deepEqual(likes.map(({ pubkey }) => pubkey).sort(), [bob, uncheckedPubkey('dave')].sort());
      assert.equal((await getEngagementEntries(database, article.id)).length, 6);
      await seen.add(withTags('bob', Kind.deletionRequest, [['e', like.id]]));
      assert.equal((await getEngagement(database, address)).likes, 1);
      await seen.add(like);
      assert.equal((await getEngagement(database, address)).likes, 1, 'what was deleted does not come back');
    });

    test('a search finds words and beginnings, whole names first', async () => {
      await using seen = await see(
        profile('alice', { name: 'jack' }),
        profile('bob', { name: 'jackie', display_name: 'Jackie Chan' }),
        profile('carol', { display_name: 'Jack Dorsey', nip05: 'dorsey@example.com' }),
        profile('dave', { name: 'Åke', nip05: 'jack@cash.example' }),
        profile('erin', { name: '東京 太郎' }),
      );
      const search = async (query: string, limit?: number) =>
        (await searchProfiles(seen.database, query, { limit })).map(({ pubkey }) => pubkey);
      const [dave, erin] = [uncheckedPubkey('dave'), uncheckedPubkey('erin')];
      assert.deepEqual(
        await search('jack'),
        [alice, carol, dave, bob].sort((a, b) => rank(a) - rank(b)),
      );
      assert.deepEqual(await search('JACK dor'), [carol]);
      assert.deepEqual(await search('dorsey jack'), [carol]);
      assert.deepEqual(await search('ake'), [dave]);
      assert.deepEqual(await search('東京'), [erin]);
      assert.deepEqual(await search('jack', 1), [alice]);
      assert.deepEqual([await search('"%_*'), await search(''), await search('jackx')], [[], [], []]);
      await seen.add(profile('alice', { name: 'somebody else' }, 200));
      assert.ok(!(await search('jack')).includes(alice));
      function rank(pubkey: string): number {
        return [alice, carol, dave, bob].indexOf(pubkey);
      }
    });
  });
}
