import { type Queryable, selectIn } from '@nostrata/database';
import { type AuthorSet, addAuthor } from './author-set.ts';

/** Finds the authors among pubkeys; the same set as before for as long as nobody is added to it. */
export interface TrustedAuthors {
  /** `size` is one above the highest id there is; undefined where there are no pubkeys to look for. */
  find(pubkeys: ReadonlySet<string> | undefined, size: number): Promise<AuthorSet | undefined>;
}

interface Found {
  readonly pubkeys: ReadonlySet<string>;
  readonly size: number;
  readonly authors: AuthorSet;
  /** Who has never published anything. */
  readonly missing: readonly string[];
}

interface AuthorRow {
  readonly [column: string]: number | Uint8Array;
  readonly author: number;
  readonly pubkey: Uint8Array;
}

/** Creates it; who was found is not looked for again. */
export function createTrustedAuthors(queryable: Queryable): TrustedAuthors {
  let found: Found | undefined;
  const search = async (pubkeys: ReadonlySet<string>, size: number): Promise<Found> => {
    const before = found?.pubkeys === pubkeys ? found : undefined;
    if (before?.size === size) return before;
    const wanted = before?.missing ?? [...pubkeys];
    const rows = await selectIn<AuthorRow>(
      queryable,
      'SELECT author, pubkey FROM statistics_author WHERE pubkey IN',
      wanted.map((pubkey) => Buffer.from(pubkey, 'hex')),
    );
    if (before && rows.length === 0) return { ...before, size };
    const highest = rows.reduce((most, { author }) => Math.max(most, author), size - 1);
    const authors = new Uint32Array(Math.max((highest >>> 5) + 1, before?.authors.length ?? 0));
    if (before) authors.set(before.authors);
    for (const { author } of rows) addAuthor(authors, author);
    const known = new Set(rows.map(({ pubkey }) => Buffer.from(pubkey).toString('hex')));
    return { pubkeys, size, authors, missing: wanted.filter((pubkey) => !known.has(pubkey)) };
  };
  return {
    async find(pubkeys, size) {
      if (!pubkeys) return undefined;
      found = await search(pubkeys, size);
      return found.authors;
    },
  };
}
