import type { Queryable } from '@nostrata/database';
import { type AuthorSet, toAuthorSet } from './author-set.ts';

/** The authors among these pubkeys; undefined where there are no pubkeys to look for. */
export async function loadTrustedAuthors(
  queryable: Queryable,
  pubkeys: ReadonlySet<string> | undefined,
  size: number,
): Promise<AuthorSet | undefined> {
  if (!pubkeys) return undefined;
  const all = [...pubkeys];
  const authors: number[] = [];
  for (let next = 0; next < all.length; next += 500) {
    const part = all.slice(next, next + 500).map((pubkey) => Buffer.from(pubkey, 'hex'));
    const list = part.map((_, index) => `$${index + 1}`).join(', ');
    const rows = await queryable.query<{ readonly author: number }>(
      `SELECT author FROM statistics_author WHERE pubkey IN (${list})`,
      part,
    );
    for (const { author } of rows) authors.push(author);
  }
  return toAuthorSet(
    authors,
    authors.reduce((highest, author) => Math.max(highest, author + 1), size),
  );
}
