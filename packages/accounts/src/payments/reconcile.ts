import type { CheckParts } from './check.ts';
import { nextLookMs } from './check.ts';
import { claimMs, giveUpMs, lookAgain, turnMax, turnParallel } from './limits.ts';
import { ProviderError } from './provider.ts';
import type { PaymentRow } from './rows.ts';

/** What a turn came to. */
export interface Reconciled {
  readonly checked: number;
  readonly failed: number;
}

/**
 * Looks at every payment that is due: open ones, expired ones for late money, settled ones for a second payment. A payment
 * is claimed by moving the time of its next look, so several processes share the work; who dies gives it back by time.
 */
export async function reconcile(parts: CheckParts & { check(paymentId: string): Promise<void> }): Promise<Reconciled> {
  const due = await parts.database.query<PaymentRow>(
    `SELECT * FROM payment WHERE next_check_ms IS NOT NULL AND next_check_ms <= $1
      ORDER BY next_check_ms LIMIT ${turnMax}`,
    [parts.clock.now()],
  );
  let [checked, failed] = [0, 0];
  const queue = due[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (const payment of queue) {
      if (!(await claim(parts, payment))) continue;
      checked += 1;
      if (!(await look(parts, payment))) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: turnParallel }, worker));
  return { checked, failed };
}

async function claim({ database, clock }: CheckParts, payment: PaymentRow): Promise<boolean> {
  return await database.transaction(async (transaction) => {
    const rows = await transaction.query(
      'UPDATE payment SET next_check_ms = $1, checks = checks + 1 WHERE id = $2 AND next_check_ms = $3 RETURNING id',
      [clock.now() + claimMs, payment.id, payment.next_check_ms],
    );
    return rows.length > 0;
  });
}

/** False where the provider could not be asked: then it is asked again. */
async function look(
  parts: CheckParts & { check(paymentId: string): Promise<void> },
  payment: PaymentRow,
): Promise<boolean> {
  try {
    await parts.check(payment.id);
    return true;
  } catch (error) {
    parts.metrics.failed?.('payments.reconcile');
    const fault = error instanceof ProviderError ? error.fault : 'failed';
    const { id, provider } = payment;
    parts.logger.warn({ payment: id, provider, fault, err: error }, 'a payment could not be checked');
    const nowMs = parts.clock.now();
    const again = nextLookMs(payment, nowMs) ?? afterTheEnd(payment, nowMs);
    await parts.database.transaction(async (transaction) => {
      await transaction.query('UPDATE payment SET next_check_ms = $1 WHERE id = $2 AND next_check_ms IS NOT NULL', [
        again,
        id,
      ]);
    });
    return false;
  }
}

/** A provider that is away when the time is over is asked every hour for another week; one that is gone for good is not. */
function afterTheEnd({ settled_ms, expires_ms }: PaymentRow, nowMs: number): number | null {
  return nowMs < (settled_ms ?? expires_ms) + giveUpMs ? nowMs + lookAgain.settledMs : null;
}
