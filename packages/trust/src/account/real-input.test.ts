import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NostrEvent, parseFollows, type VerifiedEvent } from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { readJsonLines, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { loadAccount } from './account.ts';
import { type BotFlag, findBotFlags, isLikelyBot } from './bots.ts';

const eventsFile = 'events/permissive.jsonl.gz';
const graphFile = 'graph/social-graph.json.gz';

interface SocialGraph {
  readonly uniqueIds: readonly (readonly [string, number])[];
  readonly followLists: readonly (readonly [number, readonly number[]])[];
}

/** Followers and follows of everybody in the real follow graph and the real follow lists. */
function countFollows(events: readonly NostrEvent[]): {
  readonly followers: ReadonlyMap<string, number>;
  readonly follows: ReadonlyMap<string, number>;
} {
  const graph = JSON.parse(readText(requireSharedData(graphFile))) as SocialGraph;
  const pubkeys = new Map(graph.uniqueIds.map(([pubkey, id]) => [id, pubkey]));
  const lists = new Map<string, readonly string[]>();
  for (const [id, targets] of graph.followLists) {
    lists.set(
      pubkeys.get(id) ?? '',
      targets.map((target) => pubkeys.get(target) ?? ''),
    );
  }
  for (const event of events) {
    if (event.kind === 3)
      lists.set(
        event.pubkey,
        parseFollows(event).follows.map(({ pubkey }) => pubkey),
      );
  }
  const followers = new Map<string, number>();
  for (const list of lists.values()) {
    for (const pubkey of new Set(list)) followers.set(pubkey, (followers.get(pubkey) ?? 0) + 1);
  }
  return { followers, follows: new Map([...lists].map(([pubkey, list]) => [pubkey, list.length])) };
}

/** The end of the week in which an author wrote most. */
function fullestWeek(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let [first, most, end] = [0, 0, 0];
  for (const [at, time] of sorted.entries()) {
    while ((sorted[first] ?? time) < time - 7 * 86_400) first += 1;
    if (at - first + 1 < most) continue;
    most = at - first + 1;
    end = time;
  }
  return end;
}

/** The flags of every real author, each at the end of the week of which most is known. */
async function flagEverybody() {
  const events = readJsonLines<VerifiedEvent>(requireSharedData(eventsFile));
  const store = createMemoryStore({ now: () => 0 });
  await store.put(events.map((event) => ({ event })));
  const { followers, follows } = countFollows(events);
  const people: Person[] = [];
  for (const [pubkey, own] of Map.groupBy(events, (event) => event.pubkey)) {
    const notes = own.filter(({ kind }) => kind === 1);
    const end = fullestWeek((notes.length > 0 ? notes : own).map(({ created_at }) => created_at));
    const account = await loadAccount(store, pubkey, end * 1_000);
    const followersCount = followers.get(pubkey) ?? 0;
    const flags = findBotFlags(account, { followersCount, followingCount: follows.get(pubkey) ?? 0 });
    people.push({ pubkey, followersCount, flags, notes: account.notes.length });
  }
  return people;
}

interface Person {
  readonly pubkey: string;
  readonly followersCount: number;
  readonly flags: readonly BotFlag[];
  readonly notes: number;
}

test('of real people few have a sign of a bot, and nobody who is well followed is taken for one', {
  skip: skipWithout(eventsFile, graphFile),
}, async () => {
  const people = await flagEverybody();
  assert.equal(people.length, 1_659);
  const having = (flag: string) => people.filter(({ flags }) => flags.some((found) => found.flag === flag));
  // One in eight came over a bridge, which is no suspicion; who wrote gift wraps and nothing else is nobody one knows.
  assert.ok(having('bridged').length > 100 && having('bridged').length < 300);
  assert.ok(having('one-time-key').every(({ followersCount }) => followersCount === 0));
  const facts = new Set<string>(['bridged', 'one-time-key']);
  const suspected = people.filter(({ flags }) => flags.some(({ flag }) => !facts.has(flag)));
  assert.ok(suspected.length < people.length / 100, `${suspected.length} are suspected`);
  assert.ok(suspected.every(({ followersCount }) => followersCount < 10));
  assert.deepEqual(
    people.filter(({ flags }) => isLikelyBot(flags)),
    [],
  );
  const busy = people.filter(({ notes }) => notes > 20);
  assert.ok(busy.some(({ notes, followersCount }) => notes > 150 && followersCount >= 10));
  assert.ok(people.filter(({ followersCount }) => followersCount >= 10).length > 400);
});
