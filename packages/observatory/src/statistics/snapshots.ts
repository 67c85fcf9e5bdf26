import { type Database, type MigrationSet, migrate, type Queryable } from '@nostrata/database';
import type { Range, Snapshot } from '../answers.ts';
import { toDay } from '../spans.ts';
import { snapshotDays } from './limits.ts';

const migrations: MigrationSet = {
  room: 'observatory-snapshots',
  migrations: [
    {
      version: 1,
      name: 'snapshots',
      statements: [
        `CREATE TABLE statistics_snapshots (span TEXT NOT NULL, as_of_ms BIGINT NOT NULL, day BIGINT NOT NULL,
          is_last_of_day BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (span, as_of_ms))`,
        'CREATE INDEX statistics_snapshots_day ON statistics_snapshots (span, day, is_last_of_day)',
      ],
    },
  ],
};

/** Creates the table where it is not there. */
export async function migrateSnapshots(database: Database): Promise<void> {
  await migrate(database, migrations);
}

/** A snapshot as it is stored. */
export interface StoredSnapshot {
  readonly range: Range;
  readonly asOfMs: number;
  /** The JSON text of the `Snapshot`. */
  readonly body: string;
}

/**
 * Stores the snapshots of one moment in one transaction. Those of each five minutes are kept for some days; of each day
 * the last one stays for ever and is never changed after its day.
 */
export async function putSnapshots(database: Database, snapshots: readonly StoredSnapshot[]): Promise<void> {
  await database.transaction(async (transaction) => {
    for (const { range, asOfMs, body } of snapshots) {
      const day = toDay(asOfMs);
      await transaction.query(
        'UPDATE statistics_snapshots SET is_last_of_day = 0 WHERE span = $1 AND day = $2 AND is_last_of_day = 1',
        [range, day],
      );
      await transaction.query(
        `INSERT INTO statistics_snapshots (span, as_of_ms, day, is_last_of_day, body) VALUES ($1, $2, $3, 1, $4)
        ON CONFLICT (span, as_of_ms) DO UPDATE SET is_last_of_day = 1, body = excluded.body`,
        [range, asOfMs, day, body],
      );
      await transaction.query(
        'DELETE FROM statistics_snapshots WHERE span = $1 AND is_last_of_day = 0 AND as_of_ms < $2',
        [range, asOfMs - snapshotDays * 86_400_000],
      );
    }
  });
}

/** The newest snapshot of a range; undefined before the first. */
export async function loadSnapshot(database: Queryable, range: Range): Promise<Snapshot | undefined> {
  const [row] = await database.query<{ readonly body: string }>(
    'SELECT body FROM statistics_snapshots WHERE span = $1 ORDER BY as_of_ms DESC LIMIT 1',
    [range],
  );
  return row ? (JSON.parse(row.body) as Snapshot) : undefined;
}
