export type { Database, Queryable, SqlRow, SqlValue } from './src/contract.ts';
export { DatabaseError, type DatabaseFault } from './src/errors.ts';
export type { SqliteHandle, SqliteStatement } from './src/handle.ts';
export { type Migration, type MigrationSet, migrate, migrationChecksum } from './src/migrations.ts';
export {
  openPostgres,
  type PostgresDatabase,
  type PostgresOptions,
  type PostgresSession,
  type PostgresStatement,
} from './src/postgres.ts';
export { sqlStateOf } from './src/postgres-errors.ts';
export type { NotificationHandler } from './src/postgres-listener.ts';
export { adding, insertRows, placeholders, type RowShape, selectIn } from './src/rows.ts';
export { openSqlite, type SqliteOptions } from './src/sqlite.ts';
export { createSqliteDatabase, type SqliteDatabase } from './src/sqlite-database.ts';
export { toDatabaseError } from './src/sqlite-errors.ts';
