import type { SqlValue } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import type { View } from './contract.ts';
import { createRowWriter, deleteOfEvents, replacing, toNetChanges } from './rows.ts';

/** A view of one row for each replaceable or addressable event. */
export interface RowViewOptions {
  readonly name: string;
  readonly version: number;
  readonly kinds: ReadonlySet<number>;
  readonly table: string;
  /** Columns with their types, those of the key first; `pubkey` is the first of all. Beside them each row has its event. */
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  /** More statements: indexes. */
  readonly indexes?: readonly string[] | undefined;
  /** The values of the columns, in their order; undefined where the event gives no row. */
  toValues(event: NostrEvent): readonly SqlValue[] | undefined;
}

/** Creates such a view. Each row also has the columns `event_id` and `created_at` (seconds). */
export function createRowView(options: RowViewOptions): View {
  const { name, version, kinds, table, key } = options;
  const definitions = Object.entries({
    ...options.columns,
    event_id: 'TEXT NOT NULL',
    created_at: 'BIGINT NOT NULL',
  });
  const columns = definitions.map(([column]) => column);
  const create = `CREATE TABLE ${table} (${definitions.map((words) => words.join(' ')).join(', ')}, PRIMARY KEY (${key.join(', ')}))`;
  const write = createRowWriter(table, columns, replacing(columns, key));
  return {
    name,
    version,
    kinds,
    tables: [{ name: table, key, statements: [create, ...(options.indexes ?? [])] }],
    async apply(changes, transaction) {
      const { stored, removed } = toNetChanges(changes);
      await deleteOfEvents(transaction, table, removed);
      const rowByKey = new Map<string, readonly SqlValue[]>();
      for (const event of stored) {
        const values = options.toValues(event);
        if (!values) continue;
        rowByKey.set(JSON.stringify(values.slice(0, key.length)), [...values, event.id, event.created_at]);
      }
      await write(transaction, [...rowByKey.values()]);
    },
  };
}
