import type { SqlValue } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import type { View, ViewTable, ViewTransaction } from './contract.ts';
import { createRowWriter, deleteOfEvents, type NetChanges, type RowWriter, replacing, toNetChanges } from './rows.ts';

/** A table with one row for each replaceable or addressable event. */
export interface RowTableOptions {
  readonly table: string;
  /** Columns with their types, those of the key first; `pubkey` is the first of all. Beside them each row has its event. */
  readonly columns: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  /** The values of the columns, in their order; undefined where the event gives no row. */
  toValues(event: NostrEvent): readonly SqlValue[] | undefined;
}

/** Such a table at work. */
export interface RowTable {
  readonly table: ViewTable;
  apply(net: NetChanges, transaction: ViewTransaction): Promise<void>;
}

/** Creates such a table. Each row also has the columns `event_id` and `created_at` (seconds). */
function createRowTable({ table, columns: own, key, toValues }: RowTableOptions): RowTable {
  const definitions = Object.entries({ ...own, event_id: 'TEXT NOT NULL', created_at: 'BIGINT NOT NULL' });
  const columns = definitions.map(([column]) => column);
  const words = definitions.map((definition) => definition.join(' ')).join(', ');
  const write: RowWriter = createRowWriter(table, columns, replacing(columns, key));
  return {
    table: { name: table, key, statements: [`CREATE TABLE ${table} (${words}, PRIMARY KEY (${key.join(', ')}))`] },
    async apply({ stored, removed }, transaction) {
      await deleteOfEvents(transaction, table, removed);
      const rowByKey = new Map<string, readonly SqlValue[]>();
      for (const event of stored) {
        const values = toValues(event);
        if (!values) continue;
        rowByKey.set(JSON.stringify(values.slice(0, key.length)), [...values, event.id, event.created_at]);
      }
      await write(transaction, [...rowByKey.values()]);
    },
  };
}

/** A view of one such table. */
export interface RowViewOptions extends RowTableOptions {
  readonly name: string;
  readonly version: number;
  readonly kinds: ReadonlySet<number>;
}

/** Creates a view of one row for each replaceable or addressable event. */
export function createRowView(options: RowViewOptions): View {
  const { name, version, kinds } = options;
  const { table, apply } = createRowTable(options);
  return {
    name,
    version,
    kinds,
    tables: [table],
    apply: (changes, transaction) => apply(toNetChanges(changes), transaction),
  };
}
