import type { SqlRow } from '@nostrata/database';
import { toDay } from './buckets.ts';
import { toBytes, toHex } from './ids.ts';
import type { Ledger } from './ledger.ts';
import { createKeyStatement, createWriter, type FactsTransaction, type KeyColumn, replacing } from './rows.ts';
import { ZapState } from './tables.ts';
import { listZapAmounts, stateOfFirst } from './zap-receipts.ts';

/** A valid receipt; ids and invoices are hex. */
export interface ZapRow {
  readonly id: string;
  readonly hour: number;
  readonly invoice: string;
  readonly msat: number;
  readonly state: number;
  /** 0: nobody is known. */
  readonly sender: number;
  readonly recipient: number;
}

/** Where a receipt stands. */
export type ZapPlace = Pick<ZapRow, 'hour' | 'id'>;

/** The receipts of a ledger. */
export interface ZapTable {
  load(transaction: FactsTransaction, places: readonly ZapPlace[]): Promise<ZapRow[]>;
  loadByInvoice(transaction: FactsTransaction, invoices: readonly string[]): Promise<ZapRow[]>;
  save(transaction: FactsTransaction, rows: readonly ZapRow[]): Promise<void>;
  erase(transaction: FactsTransaction, places: readonly ZapPlace[]): Promise<void>;
}

/** Prepares the statements on one table of receipts. */
export function createZapTable(table: string): ZapTable {
  const key: readonly KeyColumn[] = [
    ['hour', 'BIGINT'],
    ['id', 'BLOB'],
  ];
  const columns = ['day', 'invoice', 'msat', 'state', 'sender', 'recipient'];
  const select = `SELECT hour, id, invoice, msat, state, sender, recipient FROM ${table} WHERE`;
  const find = createKeyStatement(select, key);
  const findByInvoice = createKeyStatement(select, [['invoice', 'BLOB']]);
  const write = createWriter(table, ['hour', 'id', ...columns], replacing(['hour', 'id'], columns));
  const erase = createKeyStatement(`DELETE FROM ${table} WHERE`, key);
  return {
    load: async (transaction, places) => (await find(transaction, places.map(toKey))).map(toZapRow),
    loadByInvoice: async (transaction, invoices) => {
      const keys = invoices.map((invoice) => [toBytes(invoice)]);
      return (await findByInvoice(transaction, keys)).map(toZapRow);
    },
    save: async (transaction, rows) => {
      await write(transaction, rows.map(toValues));
    },
    erase: async (transaction, places) => {
      await erase(transaction, places.map(toKey));
    },
  };
}

function toKey({ hour, id }: ZapPlace): [number, Uint8Array] {
  return [hour, toBytes(id)];
}

function toValues(row: ZapRow) {
  const { hour, invoice, msat, state, sender, recipient } = row;
  return [...toKey(row), toDay(hour), toBytes(invoice), msat, state, sender, recipient];
}

function toZapRow({ id, invoice, ...others }: SqlRow): ZapRow {
  const toText = (value: unknown): string => (value instanceof Uint8Array ? toHex(value) : '');
  return { ...others, id: toText(id), invoice: toText(invoice) } as unknown as ZapRow;
}

/** What happens to the receipts of a ledger. */
export interface ZapMoves {
  readonly added: readonly Omit<ZapRow, 'state'>[];
  readonly removed: readonly ZapRow[];
  /** Invoices that may count otherwise now, beside those of the receipts. */
  readonly touched?: Iterable<string>;
  /** Invoices that are counted elsewhere: here their receipts are duplicates. */
  readonly isElsewhere?: (invoice: string) => boolean;
}

/**
 * Adds and removes receipts. Of several for one invoice the one with the lowest id counts: whichever came first, and
 * whatever leaves, the rows are those that the receipts come to.
 * @returns the invoices that were looked at
 */
export async function moveZaps(
  transaction: FactsTransaction,
  { table, ledger }: { readonly table: ZapTable; readonly ledger: Ledger },
  { added, removed, touched = [], isElsewhere = () => false }: ZapMoves,
): Promise<ReadonlySet<string>> {
  const invoices = new Set([...added, ...removed].map(({ invoice }) => invoice));
  for (const invoice of touched) invoices.add(invoice);
  if (invoices.size === 0) return invoices;
  const before = new Map((await table.loadByInvoice(transaction, [...invoices])).map((row) => [row.id, row]));
  const after = new Map<string, Omit<ZapRow, 'state'>>(before);
  for (const { id } of removed) after.delete(id);
  for (const row of added) after.set(row.id, row);
  const settled = settle([...after.values()], isElsewhere);
  const changed = settled.filter((row) => before.get(row.id)?.state !== row.state);
  const gone = [...before.values()].filter(({ id }) => !after.has(id));
  for (const row of changed) {
    const old = before.get(row.id);
    if (old) count(ledger, old, -1);
    count(ledger, row, 1);
  }
  for (const row of gone) count(ledger, row, -1);
  await table.erase(transaction, gone);
  await table.save(transaction, changed);
  return invoices;
}

function settle(rows: readonly Omit<ZapRow, 'state'>[], isElsewhere: (invoice: string) => boolean): ZapRow[] {
  const firstByInvoice = new Map<string, string>();
  for (const { invoice, id } of rows) {
    const first = firstByInvoice.get(invoice);
    if (first === undefined || id < first) firstByInvoice.set(invoice, id);
  }
  return rows.map((row) => {
    const isFirst = firstByInvoice.get(row.invoice) === row.id && !isElsewhere(row.invoice);
    return { ...row, state: isFirst ? stateOfFirst(row.msat) : ZapState.duplicate };
  });
}

function count(ledger: Ledger, row: ZapRow, sign: 1 | -1): void {
  for (const [metric, key, amount] of listZapAmounts(row)) ledger.add(metric, [row.hour, key], sign * amount);
}
