import type { Database } from '@nostrata/database';

/**
 * The key that authors are hashed with before they are estimated, the same for the life of an installation: the first
 * one that was given stays.
 * @param fresh 32 random bytes
 */
export async function loadStatisticsSecret(database: Database, fresh: Uint8Array): Promise<Uint8Array> {
  const insert = "INSERT INTO statistics_secret (name, secret) VALUES ('authors', $1) ON CONFLICT DO NOTHING";
  await database.query(insert, [fresh]);
  const [row] = await database.query<{ secret: Uint8Array }>(
    "SELECT secret FROM statistics_secret WHERE name = 'authors'",
  );
  return row ? Uint8Array.from(row.secret) : fresh;
}
