import type { SqlRow } from '@nostrata/database';
import type { ContentRow, EventRow, Outcome } from './events.ts';
import { toBytes, toHex } from './ids.ts';
import { createKeyStatement, createWriter, type FactsTransaction, type KeyColumn, replacing } from './rows.ts';

const key: readonly KeyColumn[] = [
  ['hour', 'BIGINT'],
  ['id', 'BLOB'],
];
const keyNames = key.map(([name]) => name);
const contentColumns = ['kind', 'author', 'bytes', 'client', 'role'] as const;
const eventColumns = [...contentColumns, 'state'] as const;

const findEvents = createKeyStatement(
  `SELECT hour, id, ${eventColumns.join(', ')} FROM view_statistics_event WHERE`,
  key,
);
const writeEvents = createWriter(
  'view_statistics_event',
  [...keyNames, ...eventColumns],
  replacing(keyNames, eventColumns),
);
const findKept = createKeyStatement(
  `SELECT hour, id, ${contentColumns.join(', ')} FROM statistics_kept_event WHERE`,
  key,
);
const writeKept = createWriter('statistics_kept_event', [...keyNames, ...contentColumns], 'DO NOTHING');
const eraseKept = createKeyStatement('DELETE FROM statistics_kept_event WHERE', key);
const observedColumns = ['kind', 'author'] as const;
const findObserved = createKeyStatement(
  `SELECT hour, id, ${observedColumns.join(', ')} FROM statistics_observed_event WHERE`,
  key,
);
const writeObserved = createWriter('statistics_observed_event', [...keyNames, ...observedColumns], 'DO NOTHING');
const eraseObserved = createKeyStatement('DELETE FROM statistics_observed_event WHERE', key);

/** Where an event stands. */
type Place = Pick<Outcome, 'hour' | 'id'>;

/** A row of `statistics_observed_event`. */
export type ObservedRow = Pick<EventRow, 'hour' | 'id' | 'kind' | 'author'>;

/** The rows of `view_statistics_event` for these events, by id. */
export async function loadEvents(transaction: FactsTransaction, places: Iterable<Place>) {
  return byId<EventRow>(await findEvents(transaction, toKeys(places)));
}

/** The rows of `statistics_kept_event` for these events, by id. */
export async function loadKept(transaction: FactsTransaction, places: Iterable<Place>) {
  return byId<ContentRow>(await findKept(transaction, toKeys(places)));
}

/** The rows of `statistics_observed_event` for these events, by id. */
export async function loadObserved(transaction: FactsTransaction, places: Iterable<Place>) {
  return byId<ObservedRow>(await findObserved(transaction, toKeys(places)));
}

/** Writes rows, in the place of those that are there. */
export async function saveEvents(transaction: FactsTransaction, rows: readonly EventRow[]): Promise<void> {
  await writeEvents(
    transaction,
    sort(rows).map((row) => [...toKey(row), ...eventColumns.map((name) => row[name])]),
  );
}

/** Writes and deletes rows of what the log can give no more. */
export async function saveKept(
  transaction: FactsTransaction,
  { added, removed }: { readonly added: readonly ContentRow[]; readonly removed: readonly Place[] },
): Promise<void> {
  await eraseKept(transaction, toKeys(removed));
  await writeKept(
    transaction,
    sort(added).map((row) => [...toKey(row), ...contentColumns.map((name) => row[name])]),
  );
}

/** Writes and deletes rows of what never came into the log. */
export async function saveObserved(
  transaction: FactsTransaction,
  { added, removed }: { readonly added: readonly ObservedRow[]; readonly removed: readonly Place[] },
): Promise<void> {
  await eraseObserved(transaction, toKeys(removed));
  await writeObserved(
    transaction,
    sort(added).map((row) => [...toKey(row), ...observedColumns.map((name) => row[name])]),
  );
}

function toKey({ hour, id }: Place): [number, Uint8Array] {
  return [hour, toBytes(id)];
}

function toKeys(places: Iterable<Place>): [number, Uint8Array][] {
  return sort([...places]).map(toKey);
}

/** Neighbours in the table are written together. */
function sort<Row extends Place>(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => a.hour - b.hour || (a.id < b.id ? -1 : 1));
}

/** The columns are those that were asked for, and only the id has another form. */
function byId<Row extends Place>(rows: readonly SqlRow[]): Map<string, Row> {
  return new Map(
    rows.map((row) => {
      const id = row.id instanceof Uint8Array ? toHex(row.id) : '';
      return [id, { ...row, id } as unknown as Row];
    }),
  );
}
