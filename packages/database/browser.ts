export type { Database, Queryable, SqlRow, SqlValue } from './src/contract.ts';
export { DatabaseError, type DatabaseFault } from './src/errors.ts';
export type { SqliteHandle, SqliteStatement } from './src/handle.ts';
export { type Migration, type MigrationSet, migrate, migrationChecksum } from './src/migrations.ts';
export { createSqliteDatabase, type SqliteDatabase } from './src/sqlite-database.ts';
export { toDatabaseError } from './src/sqlite-errors.ts';
