import type { Queryable } from '@nostrata/database';
import {
  type Bookmarks,
  type Favorite,
  getIdentifier,
  Kind,
  parseBookmarks,
  parseFavorite,
  parseSetTitle,
  type SetTitle,
} from '@nostrata/protocol';
import type { View } from './contract.ts';
import { fromKeyText, toKeyText } from './keys.ts';
import { fromPrivatePart, type PrivatePart, toPrivatePart } from './private-part.ts';
import type { Sourced } from './reading.ts';
import { createRowView } from './row-view.ts';

/** Something that somebody keeps: bookmarks, a set of them, or a track or album among old favourites. */
export interface List extends SetTitle, Sourced {
  readonly kind: number;
  readonly bookmarks: Bookmarks;
  /** What the list stands for where it is a favourite of a music application, in one of the three old forms. */
  readonly favorite?: Favorite | undefined;
  /** More of it, for its author only. */
  readonly private?: PrivatePart | undefined;
}

/** Bookmarks (10003), bookmark sets (30003), generic lists (30001), and favourites of kind 30002. */
export const listsView: View = createRowView({
  name: 'lists',
  version: 1,
  kinds: new Set([Kind.bookmarks, Kind.genericSet, Kind.relaySet, Kind.bookmarkSet]),
  table: 'view_list',
  columns: {
    pubkey: 'TEXT NOT NULL',
    kind: 'INTEGER NOT NULL',
    identifier: 'TEXT NOT NULL',
    title: 'TEXT NOT NULL',
    bookmarks: 'TEXT NOT NULL',
    favorite: 'TEXT',
    content: 'TEXT NOT NULL',
  },
  key: ['pubkey', 'kind', 'identifier'],
  toValues(event) {
    const favorite = parseFavorite(event);
    const identifier = toKeyText(getIdentifier(event));
    if (identifier === undefined || (event.kind === Kind.relaySet && !favorite)) return undefined;
    const { identifier: _, ...title } = parseSetTitle(event);
    return [
      event.pubkey,
      event.kind,
      identifier,
      JSON.stringify(title),
      JSON.stringify(parseBookmarks(event.tags)),
      favorite && JSON.stringify(favorite),
      toPrivatePart(event.content),
    ];
  },
});

/** The lists of somebody, of one kind or of all, in the order of kind and identifier. */
export async function getLists(queryable: Queryable, pubkey: string, kind?: number): Promise<readonly List[]> {
  const condition = kind === undefined ? 'pubkey = $1' : 'pubkey = $1 AND kind = $2';
  const rows = await queryable.query<Row>(
    `SELECT * FROM view_list WHERE ${condition} ORDER BY kind, identifier`,
    kind === undefined ? [pubkey] : [pubkey, kind],
  );
  return rows.map((row) => ({
    pubkey,
    kind: row.kind,
    eventId: row.event_id,
    created_at: row.created_at,
    identifier: fromKeyText(row.identifier),
    ...(JSON.parse(row.title) as Omit<SetTitle, 'identifier'>),
    bookmarks: JSON.parse(row.bookmarks) as Bookmarks,
    ...(row.favorite !== null && { favorite: JSON.parse(row.favorite) as Favorite }),
    ...fromPrivatePart(row.content),
  }));
}

/** The bookmarks of somebody (kind 10003), or undefined. */
export async function getBookmarks(queryable: Queryable, pubkey: string): Promise<List | undefined> {
  return (await getLists(queryable, pubkey, Kind.bookmarks))[0];
}

/** The tracks and albums that somebody likes, as old music applications published them. */
export async function getFavorites(queryable: Queryable, pubkey: string): Promise<readonly List[]> {
  return (await getLists(queryable, pubkey)).filter(({ favorite }) => favorite);
}

type Row = {
  readonly kind: number;
  readonly identifier: string;
  readonly title: string;
  readonly bookmarks: string;
  readonly favorite: string | null;
  readonly content: string;
  readonly event_id: string;
  readonly created_at: number;
};
