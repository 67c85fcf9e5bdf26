import { toDay } from './buckets.ts';
import { adding, createKeyStatement, createWriter, type FactsTransaction, type KeyColumn } from './rows.ts';
import type { LedgerPrefix, Metric } from './tables.ts';

/** What one batch adds to a ledger, and takes from it; nothing is written before `write`. */
export interface Ledger {
  add(metric: Metric, place: readonly [hour: number, key: number], amount: number): void;
  /** Events that somebody published; nobody is 0 and not counted. */
  addAuthor(of: { readonly hour: number; readonly author: number }, events: number): void;
  addClientAuthor(
    of: { readonly hour: number; readonly client: number; readonly author: number },
    events: number,
  ): void;
  /** Hours whose sums move with this batch; one may come twice. */
  movedHours(): readonly number[];
  /** Rows that have come to nothing are deleted, as if nothing had ever been. */
  write(transaction: FactsTransaction): Promise<void>;
}

/** Keys of a metric are below this, so that hour and key are one number. */
const keySpan = 2 ** 30;

/** Ids of authors are below this; the last hour there is, of the year 2242, times this is still exact in a double. */
const authorSpan = 2 ** 31;

/** The statements of a ledger, made once for each. */
export interface LedgerStatements {
  readonly hour: SumTable;
  readonly day: SumTable;
  readonly total: SumTable;
  readonly authorHour: SumTable;
  readonly authorDay: SumTable;
  readonly clientAuthorDay: SumTable;
}

interface SumTable {
  /** Adds to rows; those with a negative amount may come to nothing. */
  add(transaction: FactsTransaction, rows: readonly SumRow[]): Promise<void>;
}

/** The key, and the amount as the last value. */
type SumRow = readonly (string | number)[];

/** Prepares the statements of one ledger. */
export function createLedgerStatements(prefix: LedgerPrefix): LedgerStatements {
  const metric: KeyColumn = ['metric', 'TEXT'];
  const day: KeyColumn = ['day', 'BIGINT'];
  const author: KeyColumn = ['author', 'BIGINT'];
  const key: KeyColumn = ['key', 'BIGINT'];
  return {
    hour: createSumTable(`${prefix}_hour`, [metric, ['hour', 'BIGINT'], key], 'amount'),
    day: createSumTable(`${prefix}_day`, [metric, day, key], 'amount'),
    total: createSumTable(`${prefix}_total`, [metric, key], 'amount'),
    authorHour: createSumTable(`${prefix}_author_hour`, [['hour', 'BIGINT'], author], 'events'),
    authorDay: createSumTable(`${prefix}_author_day`, [day, author], 'events'),
    clientAuthorDay: createSumTable(`${prefix}_client_author_day`, [day, ['client', 'BIGINT'], author], 'events'),
  };
}

function createSumTable(table: string, key: readonly KeyColumn[], amount: string): SumTable {
  const names = key.map(([name]) => name);
  const write = createWriter(table, [...names, amount], adding(table, names, amount));
  const erase = createKeyStatement(`DELETE FROM ${table} WHERE ${amount} = 0 AND`, key);
  return {
    async add(transaction, rows) {
      await write(transaction, rows);
      const lessened = rows.filter((row) => Number(row.at(-1)) < 0).map((row) => row.slice(0, -1));
      await erase(transaction, lessened);
    },
  };
}

/** Creates an empty sum for one batch. */
export function createLedger(statements: LedgerStatements): Ledger {
  const hoursByMetric = new Map<Metric, Map<number, number>>();
  const authorHours = new Map<number, number>();
  const clientAuthorDays = new Map<string, number>();
  return {
    add(metric, [hour, key], amount) {
      let hours = hoursByMetric.get(metric);
      if (!hours) {
        hours = new Map();
        hoursByMetric.set(metric, hours);
      }
      increase(hours, (hour + 1) * keySpan + key, amount);
    },
    addAuthor({ hour, author }, events) {
      if (author !== 0) increase(authorHours, (hour + 1) * authorSpan + author, events);
    },
    addClientAuthor({ hour, client, author }, events) {
      if (author !== 0 && client !== 0) increase(clientAuthorDays, `${toDay(hour)} ${client} ${author}`, events);
    },
    movedHours: () =>
      [...hoursByMetric.values()].flatMap((hours) => select(hours).map(([place]) => split(place, keySpan)[0])),
    async write(transaction) {
      await writeMetrics(transaction, statements, hoursByMetric);
      await writeAuthors(transaction, statements, authorHours);
      const clients = select(clientAuthorDays).map(([place, events]) => [...place.split(' ').map(Number), events]);
      await statements.clientAuthorDay.add(transaction, clients);
    },
  };
}

async function writeMetrics(
  transaction: FactsTransaction,
  statements: LedgerStatements,
  hoursByMetric: ReadonlyMap<Metric, ReadonlyMap<number, number>>,
): Promise<void> {
  const hourRows: SumRow[] = [];
  const dayRows: SumRow[] = [];
  const totalRows: SumRow[] = [];
  for (const [metric, hours] of hoursByMetric) {
    const days = new Map<number, number>();
    const totals = new Map<number, number>();
    for (const [place, amount] of select(hours)) {
      const [hour, key] = split(place, keySpan);
      hourRows.push([metric, hour, key, amount]);
      increase(days, (toDay(hour) + 1) * keySpan + key, amount);
      increase(totals, key, amount);
    }
    for (const [place, amount] of select(days)) dayRows.push([metric, ...split(place, keySpan), amount]);
    for (const [key, amount] of select(totals)) totalRows.push([metric, key, amount]);
  }
  await statements.hour.add(transaction, hourRows);
  await statements.day.add(transaction, dayRows);
  await statements.total.add(transaction, totalRows);
}

async function writeAuthors(
  transaction: FactsTransaction,
  statements: LedgerStatements,
  hours: ReadonlyMap<number, number>,
): Promise<void> {
  const hourRows: SumRow[] = [];
  const days = new Map<number, number>();
  for (const [place, events] of select(hours)) {
    const [hour, author] = split(place, authorSpan);
    hourRows.push([hour, author, events]);
    increase(days, (toDay(hour) + 1) * authorSpan + author, events);
  }
  await statements.authorHour.add(transaction, hourRows);
  const dayRows = select(days).map(([place, events]): SumRow => [...split(place, authorSpan), events]);
  await statements.authorDay.add(transaction, dayRows);
}

/** Bucket and key of a place. */
function split(place: number, span: number): [bucket: number, key: number] {
  const bucket = Math.floor(place / span);
  return [bucket - 1, place - bucket * span];
}

/** What has changed, in the order of the places. */
function select<Place extends string | number>(amounts: ReadonlyMap<Place, number>): [Place, number][] {
  const changed = [...amounts].filter(([, amount]) => amount !== 0);
  return changed.sort(([a], [b]) => (a < b ? -1 : 1));
}

function increase<Place>(amounts: Map<Place, number>, place: Place, amount: number): void {
  amounts.set(place, (amounts.get(place) ?? 0) + amount);
}
