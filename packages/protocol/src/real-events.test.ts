import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonLines, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import type { NostrEvent } from './event.ts';
import { parseFavorite } from './favorites.ts';
import { parseFollows } from './nip02.ts';
import { parseDeletionRequest } from './nip09.ts';
import { parseThread } from './nip10.ts';
import { parseChatMessage, parseInboxRelays } from './nip17.ts';
import { parseQuotes, parseRepost } from './nip18.ts';
import { parseComment } from './nip22.ts';
import { parseProfile } from './nip24.ts';
import { parseReaction } from './nip25.ts';
import { getListEncryption, parseBlocks, parseBookmarks, parseMutes, parseRelaySet, parseSetTitle } from './nip51.ts';
import { parseZapShares, validateZapReceipt } from './nip57.ts';
import { parseRelayList } from './nip65.ts';

const paths = ['events/permissive.jsonl.gz', 'events/expected-permissive.json'] as const;
const skip = skipWithout(...paths);
const events = skip ? [] : readJsonLines<NostrEvent>(requireSharedData(paths[0]));
const expected = (skip ? {} : JSON.parse(readText(requireSharedData(paths[1])))) as Record<string, [string, number][]>;

/** Counts, as [key, count] from the most to the least, equal counts by key. */
function tally(keys: Iterable<string>): [string, number][] {
  const countByKey = new Map<string, number>();
  for (const key of keys) countByKey.set(key, (countByKey.get(key) ?? 0) + 1);
  return [...countByKey].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

test('no parser fails on a real event of any kind', { skip }, () => {
  for (const event of events) {
    parseProfile(event);
    parseFollows(event);
    parseDeletionRequest(event);
    parseThread(event);
    parseRepost(event);
    parseQuotes(event);
    parseComment(event);
    parseReaction(event);
    parseRelayList(event);
    parseMutes(event.tags);
    parseBlocks(event.tags);
    parseBookmarks(event.tags);
    parseRelaySet(event.tags);
    parseSetTitle(event);
    parseFavorite(event);
    parseInboxRelays(event);
    parseChatMessage(event);
    parseZapShares(event);
    validateZapReceipt(event, { verify: () => true });
    getListEncryption(event.content);
  }
  assert.ok(events.length > 6_000);
});

test('reactions count as an independent program counted them', { skip }, () => {
  const reactions = events.flatMap((event) => parseReaction(event) ?? []);
  const counts = tally(reactions.flatMap(({ event }) => event?.id ?? []));
  const wanted = expected.reactions_top_by_last_e ?? [];
  assert.deepEqual(counts.slice(0, wanted.length), wanted);
});

test('followers count as an independent program counted them', { skip }, () => {
  const newest = new Map<string, NostrEvent>();
  for (const event of events) {
    const known = newest.get(event.pubkey);
    if (event.kind !== 3) continue;
    if (!known || event.created_at > known.created_at) newest.set(event.pubkey, event);
  }
  const counts = tally(
    [...newest.values()].flatMap((event) => parseFollows(event).follows.map(({ pubkey }) => pubkey)),
  );
  const wanted = expected.followers_top ?? [];
  assert.deepEqual(counts.slice(0, wanted.length), wanted);
});

test('nearly every real profile has a name, and most reposts carry their note', { skip }, () => {
  const profiles = events.filter(({ kind }) => kind === 0).map(parseProfile);
  const named = profiles.filter(({ name, displayName }) => name ?? displayName);
  assert.ok(named.length / profiles.length > 0.95, `${named.length} of ${profiles.length}`);
  const reposts = events.flatMap((event) => parseRepost(event) ?? []);
  assert.ok(reposts.filter(({ embedded }) => embedded).length >= 20, `${reposts.length} reposts`);
});

test('zaps of real events that share them add up to the whole', { skip }, () => {
  const shared = events.map(parseZapShares).filter((shares) => shares.length > 0);
  assert.ok(shared.length >= 30, `${shared.length} events`);
  for (const shares of shared) {
    const sum = shares.reduce((total, { part }) => total + part, 0);
    assert.ok(Math.abs(sum - 1) < 1e-9, String(sum));
  }
});

test('real inbox lists name relays', { skip }, () => {
  const lists = events.filter(({ kind }) => kind === 10_050).map(parseInboxRelays);
  assert.equal(lists.length, 4);
  for (const relays of lists) assert.ok(relays.length >= 2, JSON.stringify(relays));
});
