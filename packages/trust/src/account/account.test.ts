import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { createEventBuilder, type EventBuilder } from '@nostrata/testing';
import { arrivalsMax, recentMax } from '../limits.ts';
import { accountAgeScore, activityScore, loadAccount } from './account.ts';
import { type BotFlag, type FollowCounts, findBotFlags, isLikelyBot } from './bots.ts';

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
/** Times that a person could have written at: never the same time between them. */
const oddTimes = (count: number): number[] => times(count, 3_000).map((time, at) => time - ((at * at * 7_919) % 2_900));
const namesOf = (flags: readonly BotFlag[]): string[] => flags.map(({ flag }) => flag);
const answer = ['e', 'a'.repeat(64), '', 'root'];

test('age is by the oldest event of any kind, activity by days with notes', async () => {
  const account = await accountOf((author) => [
    author.profile({ name: 'A' }, { created_at: nowSeconds - 365 * daySeconds }),
    ...[0, 1, 1, 2, 9].map((days, at) => author.note(`${at}`, { created_at: nowSeconds - 10 - days * daySeconds })),
  ]);
  assert.equal(account.accountAgeDays, 365);
  assert.deepEqual([accountAgeScore(365), accountAgeScore(null), accountAgeScore(0)], [100, 0, 0]);
  assert.deepEqual([account.notes.length, account.noteTimes.length], [4, 4]);
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

const letters = (at: number): string => [...`${1_000 + at}`].map((digit) => 'abcdefghij'[Number(digit)]).join('');
/** Four words of its own for each note, so that none repeats another. */
const thought = (at: number): string => `${letters(at)} ${letters(at)}x ${letters(at)}y ${letters(at)}z`;

test('each sign of a bot is found, and says why with its numbers', async () => {
  const texts = (author: EventBuilder, at: readonly number[], tags: readonly string[][] = [answer]): VerifiedEvent[] =>
    at.map((created_at, number) => author.note(thought(number), { created_at, tags: tags.map((tag) => [...tag]) }));
  const expected = {
    declared: await flagsOf((author) => [author.profile({ bot: true })]),
    bridged: await flagsOf((author) => [
      author.note('hi', { tags: [['proxy', 'https://a.example/1', 'activitypub']] }),
      author.note('ho', { tags: [['proxy', 'https://a.example/2', 'activitypub']] }),
    ]),
    'one-time-key': await flagsOf((author) => [author.event({ kind: 1_059 }), author.event({ kind: 445 })]),
    'bot-client': await flagsOf((author) => texts(author, times(3, 7_000), [['client', 'Atomstr 0.9']])),
    'regular-intervals': await flagsOf((author) => texts(author, times(20, 600))),
    'never-sleeps': await flagsOf((author) => texts(author, oddTimes(200), [answer])),
    'repeats-itself': await flagsOf((author) =>
      oddTimes(20).map((created_at, at) =>
        author.note(`Block ${at} was mined today https://a.example/${at}`, { created_at, tags: [answer] }),
      ),
    ),
    'mass-following': await flagsOf((author) => [author.note('hi')], { followersCount: 9, followingCount: 301 }),
    'never-answers': await flagsOf((author) => texts(author, oddTimes(51), [])),
  };
  for (const [name, flags] of Object.entries(expected)) {
    assert.deepEqual(namesOf(flags), [name], JSON.stringify(flags));
    assert.match(flags[0]?.reason ?? '', name === 'declared' ? /^[A-Z].{20,}\.$/ : /^(?=.*\d)[A-Z\d].{20,}\.$/);
  }
  const alone = Object.entries(expected).map(([name, flags]) => [name, isLikelyBot(flags)]);
  assert.deepEqual(
    alone.filter(([, isBot]) => isBot),
    [['declared', true]],
  );
  assert.equal(isLikelyBot([...expected['mass-following'], ...expected['repeats-itself']]), true);
});

test('what a bridge carries over is a class of its own: only its own word makes it a bot', async () => {
  const proxy = ['proxy', 'https://a.example/1', 'rss'];
  const feed = (author: EventBuilder): VerifiedEvent[] =>
    times(60, 600).map((created_at, at) => author.note(`The weather at ${at} is fine`, { created_at, tags: [proxy] }));
  const flags = await flagsOf(feed);
  assert.deepEqual(namesOf(flags), ['bridged', 'regular-intervals', 'repeats-itself', 'never-answers']);
  assert.match(flags[0]?.reason ?? '', /50 of its last 50 events .*\(rss\)/);
  assert.equal(isLikelyBot(flags), false);
  assert.equal(isLikelyBot(await flagsOf((author) => [...feed(author), author.profile({ bot: true })])), true);
  const once = await flagsOf((author) => [author.note('a'), author.note('b'), author.note('c', { tags: [proxy] })]);
  assert.deepEqual(once, [], 'one note of three from elsewhere makes no bridge');
  const mostr = await flagsOf((author) => [author.note('a', { tags: [['client', 'Mostr', '31990:x:mostr']] })]);
  assert.deepEqual(namesOf(mostr), ['bridged']);
});

test('one who says something by hand besides one-time kinds, or uses another client, has no flag for it', async () => {
  assert.deepEqual(await flagsOf((author) => [author.event({ kind: 445 }), author.note('hi')]), []);
  for (const name of ['Amethyst', 'Primal Web', 'Botanica', 'noStrudel', '']) {
    assert.deepEqual(await flagsOf((author) => [author.note('hi', { tags: [['client', name]] })]), [], name);
  }
  for (const name of ['price bot', 'RSS-Bot v2', 'rsslay/1.2']) {
    assert.deepEqual(namesOf(await flagsOf((author) => [author.note('x', { tags: [['client', name]] })])), [
      'bot-client',
    ]);
  }
});

test('a regular rhythm is found behind one outage, and a thread that is sent at once is none', async () => {
  const withOutage = times(40, 900).map((time, at) => (at < 20 ? time : time - 30_000));
  const write = (all: readonly number[]) => (author: EventBuilder) =>
    all.map((created_at, at) => author.note(thought(at), { created_at, tags: [answer] }));
  const [flag, ...others] = await flagsOf(write(withOutage));
  assert.deepEqual([flag?.flag, others.length], ['regular-intervals', 0]);
  assert.match(flag?.reason ?? '', /entropy 0\.\d\d/);
  const threads = [0, 1, 2].flatMap((day) => times(15, 2).map((time) => time - day * daySeconds - day * 4_000));
  assert.deepEqual(await flagsOf(write(threads)), []);
});

test('notes that say the same in other numbers are alike, whatever their order; greetings and pictures are not', async () => {
  const write = (text: (at: number) => string) => (author: EventBuilder) =>
    oddTimes(40).map((created_at, at) => author.note(text(at), { created_at, tags: [answer] }));
  const words = Array.from({ length: 30 }, (_, at) => letters(at));
  const turned = (at: number): string => [...words.slice(at), ...words.slice(0, at)].join(' ');
  assert.deepEqual(namesOf(await flagsOf(write(turned))), ['repeats-itself']);
  assert.deepEqual(namesOf(await flagsOf(write((at) => `${turned(at)} ${letters(100 + at)}`))), ['repeats-itself']);
  // Five words of thirty-five are others each time.
  const others = (at: number): string => Array.from({ length: 5 }, (_, n) => letters(100 + 5 * at + n)).join(' ');
  assert.deepEqual(await flagsOf(write((at) => `${turned(at)} ${others(at)}`)), []);
  assert.deepEqual(await flagsOf(write(() => 'Good morning')), []);
  assert.deepEqual(await flagsOf(write((at) => `https://img.example/${at}.jpg`)), []);
});

test('days without sleep are seen behind thousands of notes, and so is activity', async () => {
  const account = await accountOf((author) => times(2_000, 300).map((time) => author.note('n', { created_at: time })));
  assert.deepEqual([account.notes.length, account.noteTimes.length], [500, 2_000]);
  assert.equal(activityScore(account), 100);
  const flags = findBotFlags(account, { followersCount: 1, followingCount: 1 });
  assert.ok(namesOf(flags).includes('never-sleeps'));
});

test('notes that arrive always as long after their date are a sign that makes no bot; others are none', async () => {
  const come = async (lateOf: (at: number) => number) => {
    let nowMs = 0;
    const store = createMemoryStore({ now: () => nowMs });
    const author = createEventBuilder('author', nowSeconds - daySeconds);
    for (const [at, time] of oddTimes(30).toReversed().entries()) {
      nowMs = (time + lateOf(at)) * 1_000;
      const event = author.note(thought(at), { created_at: time, tags: [answer] });
      await store.put([{ event, source: 'wss://relay.example' }]);
    }
    return findBotFlags(await loadAccount(store, author.pubkey, nowMs), { followersCount: 1, followingCount: 1 });
  };
  const [skew, ...others] = await come(() => 3_600);
  assert.deepEqual([skew?.flag, others.length], ['constant-skew', 0]);
  assert.match(skew?.reason ?? '', /came 3600 s after their date/);
  assert.equal(isLikelyBot([...(skew ? [skew] : []), { flag: 'never-answers', reason: '' }]), false);
  for (const late of [() => 1, (at: number) => 3_600 + 40 * at]) assert.deepEqual(await come(late), []);
});

test('of an author who writes without end a bounded number of events is read', async () => {
  const store = createMemoryStore({ now: () => nowSeconds * 1_000 });
  const author = createEventBuilder('author', nowSeconds - daySeconds);
  const events = times(900, 20).map((time) => author.note('again and again the same', { created_at: time }));
  await store.put(events.map((event) => ({ event })));
  let [read, sighted] = [0, 0];
  const counting = {
    ...store,
    async *query(...words: Parameters<typeof store.query>) {
      for await (const page of store.query(...words)) {
        read += page.length;
        yield page;
      }
    },
    sightings(id: string) {
      sighted += 1;
      return store.sightings(id);
    },
  };
  await loadAccount(counting, author.pubkey, nowSeconds * 1_000);
  assert.deepEqual([read, sighted], [500 + recentMax, arrivalsMax]);
});
