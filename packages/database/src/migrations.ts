import { sha256Hex } from '#platform';
import type { Database, Queryable } from './contract.ts';
import { DatabaseError } from './errors.ts';

/** One numbered step of a schema. A step that was published never changes; its checksum is compared at every start. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  readonly name: string;
  /** One SQL statement each, in the dialect of the database. */
  readonly statements: readonly string[];
}

/** The steps of one room, which has its own count of versions within the database. */
export interface MigrationSet {
  readonly room: string;
  readonly migrations: readonly Migration[];
}

/** A number that every process of the project locks while it migrates a PostgreSQL database. */
const migrationLock = 7_236_210;

/**
 * Brings the tables of a room to the newest version, all missing steps in one transaction; returns how many there
 * were. Several processes may do so at once: one of them migrates, the others find it done.
 * @throws DatabaseError `newer` where the database was written by a newer version of the program, `changed` where a
 * step that was applied is not the step of the same number in this program
 */
export async function migrate(database: Database, set: MigrationSet): Promise<number> {
  return await database.transaction(async (transaction) => {
    if (database.dialect === 'postgres') await transaction.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await transaction.query(
      'CREATE TABLE IF NOT EXISTS migration (room TEXT NOT NULL, version INTEGER NOT NULL, name TEXT NOT NULL, checksum TEXT NOT NULL, PRIMARY KEY (room, version))',
    );
    const applied = await checkApplied(transaction, set);
    const missing = set.migrations.filter(({ version }) => version > applied);
    for (const migration of missing) await apply(transaction, set.room, migration);
    return missing.length;
  });
}

/** The checksum under which a migration is remembered: SHA-256 over its statements. */
export function migrationChecksum(migration: Migration): string {
  return sha256Hex(migration.statements.join(';\n'));
}

async function checkApplied(transaction: Queryable, { room, migrations }: MigrationSet): Promise<number> {
  const rows = await transaction.query<{ version: number; checksum: string }>(
    'SELECT version, checksum FROM migration WHERE room = $1 ORDER BY version',
    [room],
  );
  const newest = rows.at(-1)?.version ?? 0;
  if (newest > migrations.length) {
    throw new DatabaseError(
      'newer',
      `the database has version ${newest} of "${room}", and this program knows only version ${migrations.length}: use a newer version of the program`,
    );
  }
  for (const { version, checksum } of rows) {
    const migration = migrations[version - 1];
    if (migration && migrationChecksum(migration) === checksum) continue;
    throw new DatabaseError(
      'changed',
      `step ${version} of "${room}" in the database is not the one that this program knows: another build made it; export the events with that build and import them into a new, empty store`,
    );
  }
  return newest;
}

async function apply(transaction: Queryable, room: string, migration: Migration): Promise<void> {
  for (const statement of migration.statements) await transaction.query(statement);
  await transaction.query('INSERT INTO migration (room, version, name, checksum) VALUES ($1, $2, $3, $4)', [
    room,
    migration.version,
    migration.name,
    migrationChecksum(migration),
  ]);
}
