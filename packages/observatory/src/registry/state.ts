import type { Database, Queryable } from '@nostrata/database';

/** Something that one process works out and all read. */
export interface RegistryState {
  readonly name: string;
  readonly atMs: number;
  readonly value: string;
}

/** A number that processes lock while they work such a thing out. */
const stateLock = 7_236_215;

/** Reads one in order to write it anew: within a transaction, one process after the other. */
export async function readState(
  transaction: Queryable,
  dialect: Database['dialect'],
  name: string,
): Promise<RegistryState | undefined> {
  if (dialect === 'postgres') await transaction.query('SELECT pg_advisory_xact_lock($1)', [stateLock]);
  return await peekState(transaction, name);
}

/** Reads one as it is. */
export async function peekState(queryable: Queryable, name: string): Promise<RegistryState | undefined> {
  type Row = { readonly at_ms: number; readonly value: string };
  const [row] = await queryable.query<Row>('SELECT at_ms, value FROM registry_state WHERE name = $1', [name]);
  return row === undefined ? undefined : { name, atMs: row.at_ms, value: row.value };
}

/** Writes one. */
export async function writeState(transaction: Queryable, { name, atMs, value }: RegistryState): Promise<void> {
  await transaction.query(
    `INSERT INTO registry_state (name, at_ms, value) VALUES ($1, $2, $3)
      ON CONFLICT (name) DO UPDATE SET at_ms = excluded.at_ms, value = excluded.value`,
    [name, atMs, value],
  );
}
