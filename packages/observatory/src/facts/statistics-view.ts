import { Kind, type NostrEvent, verifyEvent } from '@nostrata/protocol';
import type { View } from '@nostrata/views';
import { createAuthorSketches } from './author-sketches.ts';
import { createAuthorSums } from './authors.ts';
import { loadSteps, type Step } from './batch.ts';
import { undated } from './buckets.ts';
import { createDictionaries } from './dictionaries.ts';
import { saveEvents } from './event-rows.ts';
import { type Content, countEvent, type EventRow, Role, readContent, toOutcomes } from './events.ts';
import { moveKept, takeObserved } from './kept.ts';
import { createLedger, createLedgerStatements, type Ledger } from './ledger.ts';
import { receiptsAtOnce } from './limits.ts';
import { lockFacts } from './lock.ts';
import type { FactsTransaction } from './rows.ts';
import { EventState, viewTables } from './tables.ts';
import type { OnTouched, Touched } from './touched.ts';
import type { ZapCheck } from './zap-receipts.ts';
import { createZapTable, moveZaps, type ZapRow } from './zap-rows.ts';

/** What the views of the statistics are created with. */
export interface StatisticsViewsOptions {
  /** The key that authors are hashed with before they are estimated: `loadStatisticsSecret`. */
  readonly secret: Uint8Array;
  /** Checks id and signature of a zap request; `verifyEvent` unless told, which takes a millisecond. */
  readonly verify?: ZapCheck | undefined;
  readonly touched?: OnTouched | undefined;
}

/**
 * The roll-ups as a view over the log. The tables of `migrateFacts` have to be there. Each event of the log has one row
 * that follows from its last change, and every sum is moved by the difference of that row before and after: the same
 * log gives the same rows, whatever the order, the batches, and the moments when the process died.
 */
export function createStatisticsViews({
  secret,
  verify = verifyEvent,
  touched,
}: StatisticsViewsOptions): readonly View[] {
  const dictionaries = createDictionaries();
  /** Signatures of zap requests take a millisecond each: they are checked before, and not within, the transaction. */
  const readBefore = new WeakMap<NostrEvent, Content>();
  const read = (event: NostrEvent, json: string): Content => readBefore.get(event) ?? readContent(event, json, verify);
  const view: View = {
    name: 'statistics',
    version: 2,
    tables: viewTables,
    async prepare(changes) {
      let receipts = 0;
      for (const change of changes) {
        if (change.type !== 'stored' || change.event.kind !== Kind.zapReceipt) continue;
        receipts += 1;
        if (receipts % receiptsAtOnce === 0) await pause();
        readBefore.set(change.event, readContent(change.event, change.json, verify));
      }
    },
    async apply(changes, transaction) {
      await lockFacts(transaction);
      const steps = await loadSteps(transaction, toOutcomes(changes, read), dictionaries);
      const changed = await applySteps(transaction, steps, secret);
      if (!transaction.isShadow) await touched?.(transaction, changed);
    },
  };
  return [view];
}

const statements = createLedgerStatements('view_statistics');
const zapTable = createZapTable('view_statistics_zap');

async function applySteps(transaction: FactsTransaction, steps: readonly Step[], secret: Uint8Array): Promise<Touched> {
  const ledger = createLedger(statements);
  const authors = createAuthorSums();
  const sketches = createAuthorSketches(secret);
  const written: EventRow[] = [];
  for (const { outcome, before, after } of steps) {
    const { hour, pubkey } = outcome;
    // What is said of an event whatever becomes of it was said with its first row.
    if (!before && after.author !== 0) {
      authors.see(after.author, hour);
      if (hour !== undated) sketches.see(pubkey, hour);
    }
    if (before && isSame(before, after)) continue;
    written.push(after);
    if (before) countEvent(ledger, before, -1);
    countEvent(ledger, after, 1);
    const more = Number(after.state === EventState.present) - Number(before?.state === EventState.present);
    if (more !== 0 && after.kind === Kind.profile) authors.add(after.author, 'profiles', more);
    if (more !== 0 && after.kind === Kind.follows) authors.add(after.author, 'follows', more);
  }
  await saveEvents(transaction, written);
  const zaps = await moveZapsOfLog(transaction, steps, ledger);
  await ledger.write(transaction);
  const changed = await authors.write(transaction);
  await sketches.write(transaction);
  // One invoice may have receipts in several hours: what comes now can move the sums of another one.
  const hours = new Set([...steps.map(({ outcome }) => outcome.hour), ...ledger.movedHours()]);
  if (!transaction.isShadow) {
    await takeObserved(transaction, steps);
    for (const hour of await moveKept(transaction, steps, zaps)) hours.add(hour);
  }
  return { hours, authors: changed };
}

function isSame(before: EventRow, after: EventRow): boolean {
  const { bytes, client, role, state } = after;
  return before.state === state && before.bytes === bytes && before.client === client && before.role === role;
}

async function moveZapsOfLog(transaction: FactsTransaction, steps: readonly Step[], ledger: Ledger) {
  const isCounted = ({ role, state }: EventRow): boolean => state === EventState.present && role === Role.zap;
  const wasCounted = ({ before }: Step): boolean => before !== undefined && isCounted(before);
  const leaving = steps.filter((step) => wasCounted(step) && !isCounted(step.after));
  const gone: ZapRow[] = await zapTable.load(
    transaction,
    leaving.map(({ after }) => after),
  );
  const added = steps.flatMap((step) => (!wasCounted(step) && isCounted(step.after) && step.zap ? [step.zap] : []));
  const touched = await moveZaps(transaction, { table: zapTable, ledger }, { added, removed: gone });
  return { gone, touched };
}

/** Lets others have the thread. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
