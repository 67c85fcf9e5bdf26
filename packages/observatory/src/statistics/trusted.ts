import { type Queryable, selectIn } from '@nostrata/database';
import { type AuthorSet, toAuthorSet } from './author-set.ts';

/** The authors among these pubkeys; undefined where there are no pubkeys to look for. */
export async function loadTrustedAuthors(
  queryable: Queryable,
  pubkeys: ReadonlySet<string> | undefined,
  size: number,
): Promise<AuthorSet | undefined> {
  if (!pubkeys) return undefined;
  const rows = await selectIn<{ readonly author: number }>(
    queryable,
    'SELECT author FROM statistics_author WHERE pubkey IN',
    [...pubkeys].map((pubkey) => Buffer.from(pubkey, 'hex')),
  );
  const authors = rows.map(({ author }) => author);
  return toAuthorSet(
    authors,
    authors.reduce((highest, author) => Math.max(highest, author + 1), size),
  );
}
