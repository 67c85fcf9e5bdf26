import type { SqlRow } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import {
  claimMs,
  deliveryBytesMax,
  deliveryKeepMs,
  deliveryRetry,
  deliveryTextMax,
  refLengthMax,
  turnMax,
  unknownAttemptsMax,
} from './limits.ts';
import type { PaymentParts } from './parts.ts';
import { type Delivery, type DeliveryReading, ProviderError } from './provider.ts';

/** What providers deliver: noted first, worked on afterwards, again after a crash. */
export interface Inbox {
  /**
   * Notes a delivery, once however often it is made. It is nothing but a hint.
   * @throws Problem 401 where it does not prove to be from the provider, 404 where that one never calls
   */
  accept(provider: string, delivery: Delivery): Promise<{ readonly isNew: boolean }>;
  /** Works on what is due; returns how many deliveries were taken up. Several processes may do so at once. */
  process(): Promise<number>;
}

interface InboxRow extends SqlRow {
  readonly provider: string;
  readonly delivery: string;
  readonly provider_ref: string | null;
  readonly attempts: number;
  readonly next_ms: number | null;
}

/** What the inbox needs. */
export type InboxParts = Pick<PaymentParts, 'database' | 'clock' | 'providers' | 'metrics' | 'logger'> & {
  /** Asks the provider for the state of a payment. */
  check(paymentId: string): Promise<void>;
};

/** Creates it. */
export function createInbox(parts: InboxParts): Inbox {
  return {
    accept: (provider, delivery) => accept(parts, provider, delivery),
    async process() {
      const nowMs = parts.clock.now();
      const due = await parts.database.query<InboxRow>(
        `SELECT provider, delivery, provider_ref, attempts, next_ms FROM payment_inbox
          WHERE next_ms IS NOT NULL AND next_ms <= $1 ORDER BY next_ms LIMIT ${turnMax}`,
        [nowMs],
      );
      let taken = 0;
      for (const row of due) {
        const claimed = await claim(parts, row);
        if (claimed === undefined) continue;
        taken += 1;
        await work(parts, claimed);
      }
      await forgetOld(parts);
      return taken;
    },
  };
}

async function accept(
  { database, clock, providers, metrics }: InboxParts,
  name: string,
  delivery: Delivery,
): Promise<{ readonly isNew: boolean }> {
  const provider = providers.find((one) => one.name === name);
  if (provider?.readDelivery === undefined) throw new Problem(404, 'not-found', 'nothing is delivered here');
  if (delivery.rawBody.byteLength > deliveryBytesMax) throw new Problem(413, 'too-large', 'the delivery is too large');
  const reading = read(() => provider.readDelivery?.(delivery));
  if (!reading.ok) {
    metrics.delivery?.(name, 'forged');
    if (reading.reason === 'malformed') throw new Problem(400, 'bad-body', 'the delivery cannot be read');
    throw new Problem(401, 'forged', 'the delivery does not prove where it comes from');
  }
  const { deliveryId, ref } = reading;
  const nowMs = clock.now();
  const isNew = await database.transaction(async (transaction) => {
    const rows = await transaction.query(
      `INSERT INTO payment_inbox (provider, delivery, received_ms, body, provider_ref, state, attempts, next_ms)
        VALUES ($1, $2, $3, $4, $5, $6, 0, $7) ON CONFLICT (provider, delivery) DO NOTHING RETURNING delivery`,
      [name, deliveryId, nowMs, toText(delivery.rawBody), ref, ref === null ? 'ignored' : 'new', ref && nowMs],
    );
    return rows.length > 0;
  });
  metrics.delivery?.(name, isNew ? 'accepted' : 'repeated');
  return { isNew };
}

/** Whatever a provider throws at bytes from outside, they are not accepted. */
function read(step: () => DeliveryReading | undefined): DeliveryReading {
  const malformed = { ok: false, reason: 'malformed' } as const;
  try {
    const reading = step() ?? malformed;
    if (!reading.ok) return reading;
    const { deliveryId, ref } = reading;
    const isWhole = isPlain(deliveryId) && (ref === null || isPlain(ref));
    return isWhole ? reading : malformed;
  } catch (cause) {
    if (cause instanceof Error) return malformed;
    throw cause;
  }
}

function isPlain(text: string): boolean {
  return text.length > 0 && text.length <= refLengthMax && !text.includes('\0');
}

/** As text, without what PostgreSQL does not keep. */
function toText(body: Uint8Array): string {
  return new TextDecoder().decode(body).slice(0, deliveryTextMax).replaceAll('\0', '\uFFFD');
}

/** Takes up a delivery for a while, if nobody else has. */
async function claim({ database, clock }: InboxParts, row: InboxRow): Promise<InboxRow | undefined> {
  return await database.transaction(async (transaction) => {
    const [claimed] = await transaction.query<InboxRow>(
      `UPDATE payment_inbox SET next_ms = $1, attempts = attempts + 1
        WHERE provider = $2 AND delivery = $3 AND next_ms = $4 RETURNING *`,
      [clock.now() + claimMs, row.provider, row.delivery, row.next_ms],
    );
    return claimed;
  });
}

async function work(parts: InboxParts, row: InboxRow): Promise<void> {
  const [payment] = await parts.database.query<{ id: string }>(
    'SELECT id FROM payment WHERE provider = $1 AND provider_ref = $2',
    [row.provider, row.provider_ref],
  );
  if (payment === undefined) {
    const isLost = row.attempts >= unknownAttemptsMax;
    return await finish(parts, row, { state: isLost ? 'unknown' : 'new', failure: 'no payment has this invoice' });
  }
  try {
    await parts.check(payment.id);
  } catch (error) {
    parts.metrics.failed?.('payments.delivery');
    const fault = error instanceof ProviderError ? error.fault : 'failed';
    parts.logger.warn(
      { payment: payment.id, provider: row.provider, fault, err: error },
      'a delivery was not worked on',
    );
    const isLast = row.attempts >= deliveryRetry.attemptsMax;
    return await finish(parts, row, { state: isLast ? 'failed' : 'new', failure: fault });
  }
  await finish(parts, row, { state: 'done', failure: null });
}

async function finish(
  { database, clock }: InboxParts,
  { provider, delivery, attempts }: InboxRow,
  { state, failure }: { readonly state: 'new' | 'done' | 'unknown' | 'failed'; readonly failure: string | null },
): Promise<void> {
  const wait = Math.min(deliveryRetry.firstMs * 2 ** (attempts - 1), deliveryRetry.mostMs);
  await database.transaction(async (transaction) => {
    await transaction.query(
      'UPDATE payment_inbox SET state = $1, failure = $2, next_ms = $3 WHERE provider = $4 AND delivery = $5',
      [state, failure, state === 'new' ? clock.now() + wait : null, provider, delivery],
    );
  });
}

async function forgetOld({ database, clock }: InboxParts): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query('DELETE FROM payment_inbox WHERE next_ms IS NULL AND received_ms < $1', [
      clock.now() - deliveryKeepMs,
    ]);
  });
}
