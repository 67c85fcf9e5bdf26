import type { PostgresDatabase } from '@nostrata/database';
import type { KnownQuery } from '../contract.ts';
import { hexArray, textArray } from './literal.ts';
import type { Sightings } from './sightings.ts';

const compare = {
  name: 'known',
  // The signature is the last field of the canonical text: 128 digits, a quote and a brace from the end.
  text: `SELECT q.place FROM unnest($1::bytea[], $2::text[]) WITH ORDINALITY AS q (id, sig, place)
    JOIN event e ON e.id = q.id WHERE right(e.json, 130) = q.sig || '"}'`,
};

type FindKnown = (queries: readonly KnownQuery[]) => Promise<readonly boolean[]>;

/**
 * Says for each query whether that id with that signature is stored, and notes where it was seen again. The look-ups
 * run side by side on the connections of the pool, and a short one overtakes a long one; the answers wait for each
 * other, or an import would put events in an order of its own.
 */
export function createKnown(
  database: PostgresDatabase,
  { sightings, now }: { readonly sightings: Sightings; readonly now: () => number },
): FindKnown {
  const look = async (queries: readonly KnownQuery[]): Promise<readonly boolean[]> => {
    if (queries.length === 0) return [];
    const known = queries.map(() => false);
    const rows = await database.run<{ place: number }>(compare, [
      hexArray(queries.map(({ id }) => id)),
      textArray(queries.map(({ sig }) => sig)),
    ]);
    for (const { place } of rows) {
      known[place - 1] = true;
      const query = queries[place - 1];
      if (query?.source !== undefined) sightings.note({ id: query.id, source: query.source, atMs: now() });
    }
    return known;
  };
  let before: Promise<unknown> = Promise.resolve();
  return (queries) => {
    const turn = before;
    const looking = look(queries);
    const answer = Promise.allSettled([turn, looking]).then(() => looking);
    before = answer.catch(() => undefined);
    return answer;
  };
}
