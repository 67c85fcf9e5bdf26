import type { Queryable } from '@nostrata/database';
import type { Clients, ClientUse } from '../answers.ts';
import type { Span } from '../spans.ts';
import type { KeyAmount } from './ledgers.ts';
import { bucketSetsMax, clientsMax, clientUsersMin } from './limits.ts';

/** Who used which client on which day, as far as it was asked for. */
export interface ClientIndex {
  /** How many authors used each client on the days of the span, by client id. */
  countUsers(span: Span): Promise<ReadonlyMap<number, number>>;
  /** The same over everything, as of the last `refreshTotals`. */
  readonly totals: ReadonlyMap<number, number>;
  /** Counts everything anew: a second for some million rows. */
  refreshTotals(): Promise<void>;
  forgetDay(day: number): void;
}

/** Creates an index that reads what it is asked for. */
export function createClientIndex(database: Queryable): ClientIndex {
  const authorsByDay = new Map<number, ReadonlyMap<number, Uint32Array>>();
  let totals: ReadonlyMap<number, number> = new Map();
  const loadDay = async (day: number): Promise<ReadonlyMap<number, Uint32Array>> => {
    const authors = authorsByDay.get(day) ?? (await loadClientAuthors(database, day));
    authorsByDay.delete(day);
    authorsByDay.set(day, authors);
    for (const oldest of authorsByDay.keys()) {
      if (authorsByDay.size <= bucketSetsMax.clientDay) break;
      authorsByDay.delete(oldest);
    }
    return authors;
  };
  return {
    async countUsers({ from, to }) {
      const parts = new Map<number, Uint32Array[]>();
      for (let day = from; day <= to; day++) {
        for (const [client, authors] of await loadDay(day)) {
          const known = parts.get(client);
          if (known) known.push(authors);
          else parts.set(client, [authors]);
        }
      }
      return countDistinct(parts);
    },
    get totals() {
      return totals;
    },
    async refreshTotals() {
      const pairs = clientLedgers.map((prefix) => `SELECT client, author FROM ${prefix}_client_author_day`);
      const rows = await database.query<{ readonly client: number; readonly users: number }>(
        `SELECT client, COUNT(*) AS users FROM (${pairs.join(' UNION ')}) AS pair GROUP BY client`,
      );
      totals = new Map(rows.map(({ client, users }) => [client, users]));
    },
    forgetDay: (day) => void authorsByDay.delete(day),
  };
}

const clientLedgers = ['view_statistics', 'statistics_kept'] as const;

async function loadClientAuthors(queryable: Queryable, day: number): Promise<ReadonlyMap<number, Uint32Array>> {
  const pairs = clientLedgers.map((prefix) => `SELECT client, author FROM ${prefix}_client_author_day WHERE day = $1`);
  const rows = await queryable.query<{ readonly client: number; readonly author: number }>(pairs.join(' UNION ALL '), [
    day,
  ]);
  const authors = new Map<number, number[]>();
  for (const { client, author } of rows) {
    const known = authors.get(client);
    if (known) known.push(author);
    else authors.set(client, [author]);
  }
  return new Map([...authors].map(([client, ids]) => [client, Uint32Array.from(ids)]));
}

/** How many different ids there are by client; one bit set serves all clients, one after the other. */
function countDistinct(parts: ReadonlyMap<number, readonly Uint32Array[]>): ReadonlyMap<number, number> {
  let highest = 0;
  for (const lists of parts.values()) for (const list of lists) for (const id of list) if (id > highest) highest = id;
  const seen = new Uint32Array((highest >>> 5) + 1);
  const counts = new Map<number, number>();
  for (const [client, lists] of parts) {
    let count = 0;
    for (const list of lists) {
      for (const id of list) {
        const word = seen[id >>> 5] ?? 0;
        const bit = 1 << (id & 31);
        if ((word & bit) !== 0) continue;
        seen[id >>> 5] = word | bit;
        count++;
      }
    }
    for (const list of lists) for (const id of list) seen[id >>> 5] = 0;
    counts.set(client, count);
  }
  return counts;
}

/**
 * Makes the client figures of a range. Clients with few users are not named, as long as there are others: a name costs
 * a stranger nothing.
 */
export async function loadClients(
  queryable: Queryable,
  sums: readonly KeyAmount[],
  usersByClient: ReadonlyMap<number, number>,
): Promise<Clients> {
  const counted = sums.filter(({ metric }) => metric === 'client');
  const untaggedEvents = counted.find(({ key }) => key === 0)?.amount ?? 0;
  const tagged = counted.filter(({ key }) => key !== 0).sort((a, b) => b.amount - a.amount);
  const taggedEvents = tagged.reduce((sum, { amount }) => sum + amount, 0);
  const usersOf = (client: number): number => usersByClient.get(client) ?? 0;
  const known = tagged.filter(({ key }) => usersOf(key) >= clientUsersMin);
  const named = (known.length > 0 ? known : tagged).slice(0, clientsMax);
  const names = await loadNames(
    queryable,
    named.map(({ key }) => key),
  );
  const clients = named.map(
    ({ key, amount }): ClientUse => ({
      name: names.get(key)?.name ?? '',
      address: names.get(key)?.address ?? null,
      events: amount,
      shareOfTagged: taggedEvents === 0 ? 0 : amount / taggedEvents,
      users: usersOf(key),
    }),
  );
  const all = taggedEvents + untaggedEvents;
  return {
    clients,
    taggedEvents,
    untaggedEvents,
    untaggedShare: all === 0 ? 0 : untaggedEvents / all,
    unnamed: tagged.length - named.length,
  };
}

interface ClientName {
  readonly [column: string]: number | string | null;
  readonly client: number;
  readonly name: string;
  readonly address: string | null;
}

async function loadNames(queryable: Queryable, clients: readonly number[]): Promise<ReadonlyMap<number, ClientName>> {
  if (clients.length === 0) return new Map();
  const list = clients.map((_, index) => `$${index + 1}`).join(', ');
  const rows = await queryable.query<ClientName>(
    `SELECT client, name, address FROM statistics_client WHERE client IN (${list})`,
    clients,
  );
  return new Map(rows.map((row) => [row.client, row]));
}
