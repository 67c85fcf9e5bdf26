import type { Step } from './batch.ts';
import { saveKept, saveObserved } from './event-rows.ts';
import { type ContentRow, countContent, Role } from './events.ts';
import { toBytes, toHex } from './ids.ts';
import { createLedger, createLedgerStatements } from './ledger.ts';
import { createKeyStatement, type FactsTransaction } from './rows.ts';
import { EventState } from './tables.ts';
import { createZapTable, moveZaps, type ZapRow } from './zap-rows.ts';

const statements = createLedgerStatements('statistics_kept');
const observedStatements = createLedgerStatements('statistics_observed');
const zaps = createZapTable('statistics_kept_zap');
const findCounted = createKeyStatement('SELECT DISTINCT invoice FROM view_statistics_zap WHERE', [['invoice', 'BLOB']]);

/** The valid receipts that left the ledger of the log, and the invoices that may count otherwise there. */
interface ZapsOfLog {
  readonly gone: readonly ZapRow[];
  readonly touched: ReadonlySet<string>;
}

/**
 * Moves what retention and expiry took into the ledger that no rebuild touches, and gives it back where such an event
 * has come again. Each event has a row there, so that it is moved once, however often its changes are applied.
 * @returns the hours whose sums have moved
 */
export async function moveKept(
  transaction: FactsTransaction,
  steps: readonly Step[],
  { gone, touched }: ZapsOfLog,
): Promise<readonly number[]> {
  const ledger = createLedger(statements);
  const added: ContentRow[] = [];
  const removed: ContentRow[] = [];
  const addedZaps: Omit<ZapRow, 'state'>[] = [];
  const goneById = new Map(gone.map((row) => [row.id, row]));
  for (const { outcome, content, zap, kept } of steps) {
    const isKept = outcome.state === EventState.retained || outcome.state === EventState.expired;
    if (kept && !isKept) {
      removed.push(kept);
      countContent(ledger, kept, -1);
    }
    if (kept || !isKept || !content) continue;
    added.push(content);
    countContent(ledger, content, 1);
    const row = zap ?? goneById.get(outcome.id);
    if (row) addedZaps.push(row);
  }
  await saveKept(transaction, { added, removed });
  const removedZaps = await zaps.load(
    transaction,
    removed.filter(({ role }) => role === Role.zap),
  );
  const invoices = new Set([...touched, ...[...addedZaps, ...removedZaps].map(({ invoice }) => invoice)]);
  if (invoices.size > 0) {
    const rows = await findCounted<{ invoice: Uint8Array }>(
      transaction,
      [...invoices].map((invoice) => [toBytes(invoice)]),
    );
    const counted = new Set(rows.map(({ invoice }) => toHex(invoice)));
    const moves = {
      added: addedZaps,
      removed: removedZaps,
      touched,
      isElsewhere: (invoice: string) => counted.has(invoice),
    };
    await moveZaps(transaction, { table: zaps, ledger }, moves);
  }
  await ledger.write(transaction);
  return ledger.movedHours();
}

/** Takes out of the ledger of what never came into the log what has come into it now. */
export async function takeObserved(transaction: FactsTransaction, steps: readonly Step[]): Promise<void> {
  const ledger = createLedger(observedStatements);
  const removed = steps.flatMap(({ observed }) => observed ?? []);
  if (removed.length === 0) return;
  for (const { hour, kind, author } of removed) {
    ledger.add('events', [hour, kind], -1);
    ledger.addAuthor({ hour, author }, -1);
  }
  await saveObserved(transaction, { added: [], removed });
  await ledger.write(transaction);
}
