import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { createEventBuilder, type EventBuilder } from '@nostrata/testing';
import { accountAgeScore, activityScore, loadAccount } from './account.ts';
import { type FollowCounts, findBotFlags, isLikelyBot } from './bots.ts';

const daySeconds = 86_400;
const nowSeconds = 1_700_006_400;

async function accountOf(write: (author: EventBuilder) => readonly VerifiedEvent[]) {
  const store = createMemoryStore({ now: () => nowSeconds * 1_000 });
  const author = createEventBuilder('author', nowSeconds - daySeconds);
  await store.put(write(author).map((event) => ({ event })));
  return await loadAccount(store, author.pubkey, nowSeconds * 1_000);
}

const flagsOf = async (
  write: (author: EventBuilder) => readonly VerifiedEvent[],
  counts: FollowCounts = { followersCount: 100, followingCount: 100 },
) => findBotFlags(await accountOf(write), counts);
const times = (count: number, secondsApart: number): number[] =>
  Array.from({ length: count }, (_, at) => nowSeconds - 1 - at * secondsApart);
const answer = ['e', 'a'.repeat(64), '', 'root'];

test('age is by the oldest event of any kind, activity by days with notes', async () => {
  const account = await accountOf((author) => [
    author.profile({ name: 'A' }, { created_at: nowSeconds - 365 * daySeconds }),
    ...[0, 1, 1, 2, 9].map((days, at) => author.note(`${at}`, { created_at: nowSeconds - 10 - days * daySeconds })),
  ]);
  assert.equal(account.accountAgeDays, 365);
  assert.deepEqual([accountAgeScore(365), accountAgeScore(null), accountAgeScore(0)], [100, 0, 0]);
  assert.equal(account.notes.length, 4);
  assert.equal(activityScore(account), Math.round((3 * 100) / 7));
});

test('somebody without events has no age and no flags', async () => {
  const account = await accountOf(() => []);
  assert.equal(account.accountAgeDays, null);
  assert.deepEqual(findBotFlags(account, { followersCount: 0, followingCount: 0 }), []);
});

test('people who write a lot, at odd times, and answer, have no flags', async () => {
  const flags = await flagsOf((author) =>
    Array.from({ length: 200 }, (_, at) =>
      author.note(`thought ${'x'.repeat(at)}`, {
        // By day for sixteen hours, and never at night.
        created_at: nowSeconds - 16 * 3_600 - (at % 6) * daySeconds + ((at * at * 7_919) % (16 * 3_600)),
        tags: at % 3 ? [] : [answer],
      }),
    ),
  );
  assert.deepEqual(flags, []);
});

test('each sign of a bot is found, and says why', async () => {
  const texts = (author: EventBuilder, count: number, secondsApart: number): VerifiedEvent[] =>
    times(count, secondsApart).map((created_at, at) =>
      author.note('y'.repeat(at + 1), { created_at, tags: [answer, ['t', 'x']] }),
    );
  const expected = {
    declared: await flagsOf((author) => [author.profile({ bot: true })]),
    bridged: await flagsOf((author) => [
      author.note('hi', { tags: [['proxy', 'https://a.example/1', 'activitypub']] }),
    ]),
    'regular-intervals': await flagsOf((author) => texts(author, 20, 600)),
    'never-sleeps': await flagsOf((author) => texts(author, 400, 1_500)),
    'repeats-itself': await flagsOf((author) =>
      times(20, 600).map((time, at) =>
        author.note(`block ${at} https://a.example/${at}`, { created_at: time - ((at * 37) % 300), tags: [answer] }),
      ),
    ),
    'mass-following': await flagsOf((author) => [author.note('hi')], { followersCount: 9, followingCount: 301 }),
    'never-answers': await flagsOf((author) =>
      times(51, 600).map((time, at) => author.note('z'.repeat(at), { created_at: time - ((at * 37) % 400) })),
    ),
  };
  for (const [name, flags] of Object.entries(expected)) {
    const found = flags.find(({ flag }) => flag === name);
    assert.ok(found && found.reason.length > 20, `${name}: ${JSON.stringify(flags)}`);
  }
  assert.deepEqual([expected.declared, expected.bridged, expected['mass-following']].map(isLikelyBot), [
    true,
    false,
    false,
  ]);
  assert.equal(isLikelyBot([...expected['mass-following'], ...expected['repeats-itself']]), true);
});
