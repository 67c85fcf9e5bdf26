import type { Queryable } from '@nostrata/database';
import { Kind, type NostrEvent, parseProfile, tokenize } from '@nostrata/protocol';
import type { View } from './contract.ts';
import { profileTokensMax, searchCandidatesMax, searchTokensMax, tokenCharactersMax } from './limits.ts';
import { findByPubkeys } from './reading.ts';
import { createRowWriter, deleteOfEvents, forValues, toNetChanges } from './rows.ts';

/** Somebody whom a search found. */
export interface ProfileMatch {
  readonly pubkey: string;
  /** Higher is better; only to be compared within one search. */
  readonly score: number;
}

const columns = ['pubkey', 'token', 'weight', 'event_id'];
const write = createRowWriter('view_profile_token', columns, 'DO NOTHING');

/** The words of names, display names and NIP-05 addresses of profiles (kind 0). */
export const profileSearchView: View = {
  name: 'profile-search',
  version: 1,
  kinds: new Set([Kind.profile]),
  tables: [
    {
      name: 'view_profile_token',
      key: ['pubkey', 'token'],
      statements: [
        'CREATE TABLE view_profile_token (pubkey TEXT NOT NULL, token TEXT NOT NULL, weight INTEGER NOT NULL, event_id TEXT NOT NULL, PRIMARY KEY (pubkey, token))',
        'CREATE INDEX view_profile_token_token ON view_profile_token (token, weight)',
      ],
    },
  ],
  async apply(changes, transaction) {
    const { stored, removed } = toNetChanges(changes);
    await deleteOfEvents(transaction, 'view_profile_token', removed);
    const pubkeys = stored.map(({ pubkey }) => pubkey);
    await forValues(transaction, pubkeys, (list) => `DELETE FROM view_profile_token WHERE pubkey IN (${list})`);
    const eventByPubkey = new Map(stored.map((event) => [event.pubkey, event]));
    const rows = [...eventByPubkey.values()].flatMap((event) =>
      [...readTokens(event)].map(([token, weight]) => [event.pubkey, token, weight, event.id]),
    );
    await write(transaction, rows);
  },
};

/**
 * People whose name, display name or NIP-05 address has every word of the query, or a word that begins with it. Whole names come before whole words, whole words before beginnings, names before addresses.
 */
export async function searchProfiles(
  queryable: Queryable,
  query: string,
  { limit = 20 }: { readonly limit?: number | undefined } = {},
): Promise<readonly ProfileMatch[]> {
  const words = tokenize(query)
    .slice(0, searchTokensMax)
    .map((word) => cut(word));
  if (words.length === 0) return [];
  const candidates = await findCandidates(queryable, words);
  const tokens = await findByPubkeys<TokenRow>(
    queryable,
    'SELECT pubkey, token, weight FROM view_profile_token',
    candidates,
  );
  const matches: (ProfileMatch & { readonly length: number })[] = [];
  for (const [pubkey, rows] of Map.groupBy(tokens, (row) => row.pubkey)) {
    const score = scoreOf(words, rows);
    const length = Math.max(...rows.map(({ token }) => token.length));
    if (score > 0) matches.push({ pubkey, score, length });
  }
  return matches
    .sort((a, b) => b.score - a.score || a.length - b.length || (a.pubkey < b.pubkey ? -1 : 1))
    .slice(0, limit)
    .map(({ pubkey, score }) => ({ pubkey, score }));
}

interface TokenRow {
  readonly pubkey: string;
  readonly token: string;
  readonly weight: number;
}

/** Whole names count as one more word, spaces and all, that outweighs the others. */
const weights = { whole: 8, name: 4, displayName: 3, nip05: 2 } as const;

function readTokens(event: NostrEvent): Map<string, number> {
  const { name = '', displayName = '', nip05 = '' } = parseProfile(event);
  const weightByToken = new Map<string, number>();
  const add = (token: string, weight: number): void => {
    const known = weightByToken.get(token);
    if (known === undefined && weightByToken.size >= profileTokensMax) return;
    weightByToken.set(token, Math.max(known ?? 0, weight));
  };
  for (const text of [name, displayName]) {
    const whole = tokenize(text).join(' ');
    if (whole !== '') add(cut(whole), weights.whole);
  }
  const fields = [
    [name, weights.name],
    [displayName, weights.displayName],
    [nip05, weights.nip05],
  ] as const;
  for (const [text, weight] of fields) for (const token of tokenize(text)) add(cut(token), weight);
  return weightByToken;
}

function cut(token: string): string {
  return token.length <= tokenCharactersMax ? token : token.slice(0, tokenCharactersMax).toWellFormed();
}

/** Those who have the rarest-looking word: the longest. Whole words come before beginnings. */
async function findCandidates(queryable: Queryable, words: readonly string[]): Promise<readonly string[]> {
  const driver = words.reduce((best, word) => (word.length > best.length ? word : best));
  const rows = await queryable.query<{ pubkey: string }>(
    `SELECT pubkey FROM view_profile_token WHERE token >= $1 AND token < $2 ORDER BY token, weight DESC, pubkey
    LIMIT ${searchCandidatesMax}`,
    [driver, `${driver}\u{10ffff}`],
  );
  return [...new Set(rows.map(({ pubkey }) => pubkey))];
}

/** 0 where a word is missing. */
function scoreOf(words: readonly string[], rows: readonly TokenRow[]): number {
  let score = 0;
  for (const word of words) {
    let best = 0;
    for (const { token, weight } of rows) {
      if (token === word) best = Math.max(best, weight * 2);
      else if (token.startsWith(word)) best = Math.max(best, Math.min(weight, weights.name));
    }
    if (best === 0) return 0;
    score += best;
  }
  const phrase = words.join(' ');
  const isWhole = words.length > 1 && rows.some(({ token }) => token === phrase);
  return isWhole ? score + 2 * weights.whole : score;
}
