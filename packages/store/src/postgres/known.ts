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

/** For each query whether that id with that signature is stored; notes where it was seen again. */
export async function findKnown(
  database: PostgresDatabase,
  queries: readonly KnownQuery[],
  { sightings, now }: { readonly sightings: Sightings; readonly now: () => number },
): Promise<readonly boolean[]> {
  const known = queries.map(() => false);
  if (queries.length === 0) return known;
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
}
