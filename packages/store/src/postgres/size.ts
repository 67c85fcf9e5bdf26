import type { PostgresDatabase } from '@nostrata/database';
import { tables } from './schema.ts';

const total = {
  name: 'size',
  text: `SELECT sum(pg_total_relation_size(name::regclass))::bigint AS bytes FROM unnest('{${tables.join(',')}}'::text[]) AS t (name)`,
};

/** Bytes on disk of all tables with their indexes. */
export async function readBytes(database: PostgresDatabase): Promise<number> {
  const [row] = await database.run<{ bytes: number }>(total);
  return row?.bytes ?? 0;
}

/** Tables from which removing takes rows. */
const shrinking = ['event', 'tag', 'search', 'sighting'] as const;

/**
 * Gives space back. `mark` makes the space of removed rows free for new ones, and returns what lies at the end of a
 * file, while others read and write. `rewrite` makes the files as small as they can be; it locks each table for as
 * long as it is written again.
 */
export async function vacuum(database: PostgresDatabase, way: 'mark' | 'rewrite'): Promise<void> {
  for (const table of shrinking) {
    await database.query(way === 'rewrite' ? `VACUUM (FULL, ANALYZE) ${table}` : `VACUUM (ANALYZE) ${table}`);
  }
}
