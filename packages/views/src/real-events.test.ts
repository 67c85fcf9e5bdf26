import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Database, openSqlite } from '@nostrata/database';
import { Kind, type NostrEvent, tokenize, type VerifiedEvent, verifyEvent } from '@nostrata/protocol';
import { readJsonLines, readText, requireSharedData, seededRandom, skipWithout, testSeed } from '@nostrata/testing';
import { createAllViews } from './all-views.ts';
import { getDeletions } from './deletions.ts';
import { getEngagement, getEngagementEntries } from './engagement-reading.ts';
import { countFollowers, getFollowers, getFollows } from './follows.ts';
import { getProfile } from './profile.ts';
import { profileSearchView, searchProfiles } from './profile-search.ts';
import type { Sourced } from './reading.ts';
import { getRelayList } from './relay-list.ts';
import { createEngines, createEvent, createStore, readRows } from './test-world.ts';
import { createViews } from './views.ts';

const paths = ['events/permissive.jsonl.gz', 'events/expected-permissive.json'] as const;

interface Expected {
  readonly followers_top: readonly [string, number][];
  readonly reactions_top_by_last_e: readonly [string, number][];
  readonly zap_msat_by_recipient_top: readonly [string, number][];
}

describe('real events', { skip: skipWithout(...paths) }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-views-'));
  const engines = await createEngines(folder);
  after(async () => {
    for (const engine of engines) await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  let events: VerifiedEvent[] = [];
  let expected: Expected | undefined;
  before(() => {
    events = readJsonLines<VerifiedEvent>(requireSharedData(paths[0]));
    expected = JSON.parse(readText(requireSharedData(paths[1]))) as Expected;
  });
  const verdictById = new Map<string, boolean>();
  const views = createAllViews({
    verify: (request) => {
      const verdict = verdictById.get(request.id) ?? Boolean(verifyEvent(request));
      verdictById.set(request.id, verdict);
      return verdict;
    },
  });

  /** Puts the events in that order, some at a time, with the views running. */
  const fill = async (database: Database, order: readonly VerifiedEvent[], size: number): Promise<void> => {
    const store = createStore();
    const failures: unknown[] = [];
    await using running = await createViews({
      store,
      database,
      views,
      onFailed: (_, error) => failures.push(error),
    });
    for (let next = 0; next < order.length; next += size) {
      await store.put(order.slice(next, next + size).map((event) => ({ event })));
      if (next % 3 === 0) await running.caughtUp();
    }
    await running.caughtUp();
    assert.deepEqual(failures, []);
  };
  const readAll = async (database: Database) =>
    Object.assign({}, ...(await Promise.all(views.map((view) => readRows(database, view))))) as Record<
      string,
      unknown[]
    >;

  /** The rows of SQLite after the events came in the order of the file: those of every other way are the same. */
  let filled: Database | undefined;
  const [sqlite, postgres] = engines;

  test('followers, reactions and zap sums are the expected ones', async () => {
    assert.ok(sqlite && expected);
    const database = await sqlite.open();
    await fill(database, events, 700);
    filled = database;
    for (const [pubkey, count] of expected.followers_top) {
      assert.equal(await countFollowers(database, pubkey), count);
      assert.equal((await getFollowers(database, pubkey)).length, count);
    }
    for (const [id, count] of expected.reactions_top_by_last_e) {
      const { likes, dislikes, emojis, reactions } = await getEngagement(database, id);
      assert.equal(likes + dislikes + emojis, count);
      const sum = reactions.reduce((total, reaction) => total + reaction.count, 0);
      assert.equal(sum, count);
      assert.equal((await getEngagementEntries(database, id, { type: 'like' })).length, Math.min(100, likes));
    }
    for (const [pubkey, msat] of expected.zap_msat_by_recipient_top) {
      assert.equal((await getEngagement(database, pubkey)).zapMsat, msat);
    }
    const rows = await readAll(database);
    const empty = Object.keys(rows).filter((name) => rows[name]?.length === 0);
    assert.deepEqual(empty, ['view_relay_set', 'view_mutes'], 'these kinds are not in the data, all others are');
  });

  for (const engine of [sqlite, postgres]) {
    test(`any order of arrival gives the same rows, ${engine?.name}`, { skip: engine?.skip ?? false }, async () => {
      assert.ok(engine && filled);
      const random = seededRandom(`orders ${testSeed()}`);
      const shuffled = [...events];
      for (let i = shuffled.length - 1; i > 0; i -= 1) {
        const j = random.integer(i + 1);
        [shuffled[i], shuffled[j]] = [shuffled[j] as VerifiedEvent, shuffled[i] as VerifiedEvent];
      }
      const database = await engine.open();
      await fill(database, [...shuffled, ...shuffled.slice(0, 1_000)], 311);
      assert.deepEqual(await readAll(database), await readAll(filled));
    });
  }

  test('every event of a kind can be read back by its typed function', async () => {
    const database = filled;
    assert.ok(database);
    const newest = new Map<string, NostrEvent>();
    for (const event of events) {
      const key = `${event.kind} ${event.pubkey}`;
      const known = newest.get(key);
      if (!known || known.created_at < event.created_at) newest.set(key, event);
    }
    const count = { profiles: 0, follows: 0, relayLists: 0 };
    for (const { kind, pubkey, created_at, id } of newest.values()) {
      const read = { [Kind.profile]: getProfile, [Kind.follows]: getFollows, [Kind.relayList]: getRelayList }[kind];
      if (!read) continue;
      const found: Sourced | undefined = await read(database, pubkey);
      assert.equal(found?.created_at, created_at);
      assert.equal(found.eventId, id);
      if ('relays' in found) count.relayLists += 1;
      else if ('follows' in found) count.follows += 1;
      else count.profiles += 1;
    }
    assert.ok(count.profiles > 800 && count.follows > 30 && count.relayLists > 30, JSON.stringify(count));
    const request = events.find(({ kind, tags }) => kind === 5 && tags.some(([name]) => name === 'e'));
    const target = request?.tags.find(([name]) => name === 'e')?.[1] ?? '';
    assert.ok((await getDeletions(database, target)).some(({ eventId }) => eventId === request?.id));
    assert.ok((await searchProfiles(database, 'a')).length > 5);
  });
});

test('people are found among real names', { skip: skipWithout('graph/profile-names.json.gz') }, async () => {
  const names = JSON.parse(readText(requireSharedData('graph/profile-names.json.gz'))) as string[][];
  const store = createStore();
  await using database = openSqlite(':memory:');
  await using running = await createViews({ store, database, views: [profileSearchView] });
  const events = names.map(([pubkey = '', name, nip05], index) => {
    const event = createEvent(`named ${index}`, { kind: Kind.profile, content: JSON.stringify({ name, nip05 }) });
    return { event: { ...event, pubkey } as VerifiedEvent };
  });
  await store.put(events);
  await running.caughtUp();
  const search = async (query: string) => (await searchProfiles(database, query)).map(({ pubkey }) => pubkey);
  const nameOf = new Map(names.map(([pubkey, name]) => [pubkey, name]));
  for (const [pubkey = '', name = ''] of names.slice(0, 300)) {
    const words = tokenize(name);
    if (words.join('').length < 4) continue;
    const found = await search(name);
    const isWhole = (one: string) => tokenize(nameOf.get(one) ?? '').join(' ') === words.join(' ');
    // Others of the same name may fill the list.
    assert.ok(found.includes(pubkey) || found.every(isWhole), `${name} is found`);
    assert.ok(found.length > 0 && isWhole(found[0] ?? ''), `${name} comes first`);
  }
  assert.ok((await search('a')).length === 20);
});
