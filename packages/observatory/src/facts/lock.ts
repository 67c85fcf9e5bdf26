import type { FactsTransaction } from './rows.ts';

/** A number that every process of the project locks while it writes facts to a PostgreSQL database. */
const factsLock = 7_236_211;

/** Until the transaction ends nobody else writes facts. SQLite has one writer anyway. */
export async function lockFacts(transaction: FactsTransaction): Promise<void> {
  if (transaction.dialect === 'postgres') await transaction.query('SELECT pg_advisory_xact_lock($1)', [factsLock]);
}
