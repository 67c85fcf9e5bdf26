import type { Database } from '@nostrata/database';
import type { NostrEvent } from '@nostrata/protocol';
import { earlier, saveObservedAuthors } from './authors.ts';
import { toDay, toHour } from './buckets.ts';
import { createDictionaries } from './dictionaries.ts';
import { loadEvents, loadObserved, type ObservedRow, saveObserved } from './event-rows.ts';
import { isUserKind } from './events.ts';
import { toShortId } from './ids.ts';
import { createLedger, createLedgerStatements } from './ledger.ts';
import { lockFacts } from './lock.ts';
import type { FactsTransaction } from './rows.ts';
import type { OnTouched } from './touched.ts';

/** What is counted beside the log. */
export interface Facts {
  /**
   * Counts valid events that the store did not take into the log: ephemeral ones, and versions that were superseded
   * when they arrived. Each counts once, and not at all where the log has or had it. Durable when it resolves.
   * @returns how many were new
   */
  observe(events: readonly NostrEvent[]): Promise<number>;
}

const statements = createLedgerStatements('statistics_observed');

/** What the ledger beside the log is created with. */
export interface FactsOptions {
  readonly database: Database;
  readonly touched?: OnTouched | undefined;
}

/** Creates the ledger of what never comes into the log. `migrateFacts` and the views have made the tables before. */
export function createFacts({ database, touched }: FactsOptions): Facts {
  const dictionaries = createDictionaries();
  return {
    observe: async (events) => {
      if (events.length === 0) return 0;
      return await database.transaction(async (queryable) => {
        const transaction: FactsTransaction = {
          dialect: database.dialect,
          isShadow: false,
          query: (sql, parameters) => queryable.query(sql, parameters),
        };
        await lockFacts(transaction);
        const rows = await selectNew(transaction, events, dictionaries);
        await saveObserved(transaction, { added: rows, removed: [] });
        const authors = await count(transaction, rows);
        await touched?.(transaction, { hours: new Set(rows.map(({ hour }) => hour)), authors });
        return rows.length;
      });
    },
  };
}

async function selectNew(
  transaction: FactsTransaction,
  events: readonly NostrEvent[],
  dictionaries: ReturnType<typeof createDictionaries>,
): Promise<ObservedRow[]> {
  const places = new Map(
    events.map(({ id, created_at, kind, pubkey }) => {
      const place = { id: toShortId(id), hour: toHour(created_at), kind, pubkey };
      return [place.id, place];
    }),
  );
  for (const known of [
    await loadEvents(transaction, places.values()),
    await loadObserved(transaction, places.values()),
  ]) {
    for (const id of known.keys()) places.delete(id);
  }
  const users = [...places.values()].filter(({ kind }) => isUserKind(kind));
  const authors = await dictionaries.authors(transaction, new Set(users.map(({ pubkey }) => pubkey)));
  return [...places.values()].map(({ id, hour, kind, pubkey }) => {
    return { id, hour, kind, author: isUserKind(kind) ? (authors.get(pubkey) ?? 0) : 0 };
  });
}

async function count(transaction: FactsTransaction, rows: readonly ObservedRow[]): Promise<readonly number[]> {
  const ledger = createLedger(statements);
  const firstDays = new Map<number, number>();
  for (const { hour, kind, author } of rows) {
    ledger.add('events', [hour, kind], 1);
    ledger.addAuthor({ hour, author }, 1);
    if (author !== 0) firstDays.set(author, earlier(firstDays.get(author) ?? toDay(hour), toDay(hour)));
  }
  await ledger.write(transaction);
  return await saveObservedAuthors(transaction, firstDays);
}
