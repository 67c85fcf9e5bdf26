export type { Database, Queryable, SqlRow, SqlValue } from './src/contract.ts';
export { DatabaseError, type DatabaseFault } from './src/errors.ts';
export { type Migration, type MigrationSet, migrate, migrationChecksum } from './src/migrations.ts';
export { openSqlite, type SqliteDatabase, type SqliteOptions, toDatabaseError } from './src/sqlite.ts';
