import type { Queryable } from '@nostrata/database';
import { type Follow, Kind, type NostrEvent, parseFollows } from '@nostrata/protocol';
import type { View, ViewTransaction } from './contract.ts';
import { followListsMax } from './limits.ts';
import { findByPubkeys, type Sourced } from './reading.ts';
import { createRowWriter, deleteOfPubkey, forValues, replacing, toNetChanges } from './rows.ts';

/** Whom somebody follows (kind 3, NIP-02). */
export interface FollowList extends Sourced {
  /** In the order of the list, each pubkey once, with the author's hints and petnames. */
  readonly follows: readonly Follow[];
}

const columns = ['pubkey', 'follows', 'event_id', 'created_at'];
const writeLists = createRowWriter('view_follows', columns, replacing(columns, ['pubkey']));
const writeEdges = createRowWriter('view_follow', ['followed', 'pubkey'], 'DO NOTHING');

/** Follow lists (kind 3) in both directions: a row for each list, and one for each pair of follower and followed. */
export const followsView: View = {
  name: 'follows',
  version: 1,
  kinds: new Set([Kind.follows]),
  tables: [
    {
      name: 'view_follows',
      key: ['pubkey'],
      statements: [
        'CREATE TABLE view_follows (pubkey TEXT PRIMARY KEY, follows TEXT NOT NULL, event_id TEXT NOT NULL, created_at BIGINT NOT NULL)',
      ],
    },
    {
      name: 'view_follow',
      key: ['followed', 'pubkey'],
      statements: [
        'CREATE TABLE view_follow (followed TEXT NOT NULL, pubkey TEXT NOT NULL, PRIMARY KEY (followed, pubkey))',
      ],
    },
  ],
  async apply(changes, transaction) {
    const { stored, removed } = toNetChanges(changes);
    const removedIds = new Set(removed.map(({ id }) => id));
    const eventByPubkey = new Map(stored.map((event) => [event.pubkey, event]));
    const pubkeys = [...new Set([...removed, ...stored].map(({ pubkey }) => pubkey))];
    for (let next = 0; next < pubkeys.length; next += followListsMax) {
      const part = pubkeys.slice(next, next + followListsMax);
      await applyLists(part, { eventByPubkey, removedIds }, transaction);
    }
  },
};

/** The follow list of somebody, or undefined. */
export async function getFollows(queryable: Queryable, pubkey: string): Promise<FollowList | undefined> {
  const [row] = await findByPubkeys<ListRow>(queryable, 'SELECT * FROM view_follows', [pubkey]);
  if (!row) return undefined;
  const { event_id, created_at, follows } = row;
  return { pubkey, eventId: event_id, created_at, follows: parseList(follows) };
}

/** Says whether one follows the other. */
export async function isFollowing(queryable: Queryable, pubkey: string, followed: string): Promise<boolean> {
  const sql = 'SELECT 1 AS found FROM view_follow WHERE followed = $1 AND pubkey = $2';
  return (await queryable.query(sql, [followed, pubkey])).length > 0;
}

/** How many distinct authors follow somebody by the lists that are stored: exact, and a lower bound of the whole network. */
export async function countFollowers(queryable: Queryable, pubkey: string): Promise<number> {
  const sql = 'SELECT count(*) AS count FROM view_follow WHERE followed = $1';
  const [row] = await queryable.query<{ count: number }>(sql, [pubkey]);
  return row?.count ?? 0;
}

/** Followers of somebody in the order of their pubkeys, at most `limit` of those after `after`. */
export async function getFollowers(
  queryable: Queryable,
  pubkey: string,
  { limit = 1_000, after = '' }: { readonly limit?: number; readonly after?: string } = {},
): Promise<readonly string[]> {
  const rows = await queryable.query<{ pubkey: string }>(
    'SELECT pubkey FROM view_follow WHERE followed = $1 AND pubkey > $2 ORDER BY pubkey LIMIT $3',
    [pubkey, after, limit],
  );
  return rows.map((row) => row.pubkey);
}

interface ListRow {
  readonly pubkey: string;
  readonly follows: string;
  readonly event_id: string;
  readonly created_at: number;
}

interface ListChanges {
  readonly eventByPubkey: ReadonlyMap<string, NostrEvent>;
  readonly removedIds: ReadonlySet<string>;
}

async function applyLists(pubkeys: readonly string[], changes: ListChanges, transaction: ViewTransaction) {
  const { eventByPubkey, removedIds } = changes;
  const rows = await findByPubkeys<ListRow>(
    transaction,
    'SELECT pubkey, follows, event_id, created_at FROM view_follows',
    pubkeys,
  );
  const rowByPubkey = new Map(rows.map((row) => [row.pubkey, row]));
  const lists: (string | number)[][] = [];
  const gone: string[] = [];
  const edges: string[][] = [];
  for (const pubkey of pubkeys) {
    const row = rowByPubkey.get(pubkey);
    const event = eventByPubkey.get(pubkey);
    if (!event && !(row && removedIds.has(row.event_id))) continue;
    const before = new Set(row ? parseList(row.follows).map((follow) => follow.pubkey) : []);
    const { follows } = event ? parseFollows(event) : { follows: [] };
    if (event) lists.push([pubkey, JSON.stringify(follows), event.id, event.created_at]);
    else gone.push(pubkey);
    // A new version differs in few: only those edges are written.
    for (const { pubkey: followed } of follows) if (!before.delete(followed)) edges.push([followed, pubkey]);
    await deleteOfPubkey(transaction, { table: 'view_follow', column: 'followed', pubkey }, [...before]);
  }
  await forValues(transaction, gone, (list) => `DELETE FROM view_follows WHERE pubkey IN (${list})`);
  await writeLists(transaction, lists);
  // Neighbours in the table are written together.
  await writeEdges(
    transaction,
    edges.sort(([a = ''], [b = '']) => (a < b ? -1 : Number(a > b))),
  );
}

function parseList(follows: string): Follow[] {
  return JSON.parse(follows) as Follow[];
}
