import type { SqlRow } from '@nostrata/database';
import { callerOf, defineAction, type HttpRequest, type HttpRoute, Problem, Reply } from '@nostrata/http';
import { z } from 'zod';
import { pageMax } from './limits.ts';
import type { PaymentParts } from './parts.ts';
import { receiptPagePolicy, renderReceipt } from './receipt-page.ts';
import type { Receipt } from './receipts.ts';

interface ReceiptRow extends SqlRow {
  readonly number: string;
  readonly document: string;
  readonly hash: string;
}

const group = 'Payments';
const access = { kind: 'user', scope: 'payments:read' } as const;
const number = z
  .string()
  .regex(/^NST-\d{4}-\d{6,9}$/)
  .describe('The number of the receipt');

/** Routes of receipts; who has none of that number hears that there is none. */
export function createReceiptRoutes(parts: Pick<PaymentParts, 'database'>): HttpRoute[] {
  return [listRoute(parts), documentRoute(parts), pageRoute(parts)];
}

const entry = z.object({
  number: z.string(),
  issuedAt: z.string(),
  description: z.string(),
  currency: z.string(),
  amount: z.int(),
  paid: z.int(),
  paymentId: z.string(),
});

function listRoute({ database }: Pick<PaymentParts, 'database'>): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/receipts',
    operation: 'listReceipts',
    group,
    summary: 'Your receipts',
    description: 'The newest first, fifty a page.',
    access,
    parameters: z.object({ cursor: number.optional() }),
    answer: z.object({ items: z.array(entry), next: z.string().nullable() }),
    async handle({ caller, parameters: { cursor } }) {
      const { userId } = callerOf({ caller });
      const rows = await database.query<ReceiptRow>(
        `SELECT number, document, hash FROM receipt WHERE user_id = $1 AND number < $2
          ORDER BY number DESC LIMIT ${pageMax + 1}`,
        [userId, cursor ?? 'NST-9999-999999999'],
      );
      const items = rows.slice(0, pageMax).map(({ document }) => toEntry(JSON.parse(document)));
      return { items, next: rows.length > pageMax ? (items.at(-1)?.number ?? null) : null };
    },
  });
}

function toEntry(receipt: Receipt): z.output<typeof entry> {
  const { issuedAt, item, currency, amount, paid, payment } = receipt;
  return {
    number: receipt.number,
    issuedAt,
    description: item.description,
    currency,
    amount,
    paid,
    paymentId: payment.id,
  };
}

function documentRoute(parts: Pick<PaymentParts, 'database'>): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/receipts/:number',
    operation: 'getReceipt',
    group,
    summary: 'A receipt',
    description: 'The document as it was issued, byte for byte; its `ETag` is the SHA-256 of it.',
    access,
    parameters: z.object({ number }),
    answer: z.looseObject({ number: z.string(), issuedAt: z.string() }),
    problems: { 404: 'not-found' },
    async handle({ request, parameters }) {
      const { document, hash } = await load(parts, request, parameters.number);
      return new Reply({
        raw: { contentType: 'application/json; charset=utf-8', bytes: document },
        headers: { ETag: `"${hash}"`, 'X-Content-Type-Options': 'nosniff' },
      });
    },
  });
}

function pageRoute(parts: Pick<PaymentParts, 'database'>): HttpRoute {
  return defineAction({
    method: 'GET',
    path: '/api/v1/receipts/:number/page',
    operation: 'getReceiptPage',
    group,
    summary: 'A receipt to print',
    description: 'HTML without scripts.',
    access,
    parameters: z.object({ number }),
    answer: z.string(),
    problems: { 404: 'not-found' },
    async handle({ request, parameters }) {
      const { document, hash } = await load(parts, request, parameters.number);
      return new Reply({
        raw: { contentType: 'text/html; charset=utf-8', bytes: renderReceipt(JSON.parse(document), hash) },
        headers: {
          'Content-Security-Policy': receiptPagePolicy,
          'X-Content-Type-Options': 'nosniff',
          'Referrer-Policy': 'no-referrer',
        },
      });
    },
  });
}

async function load(
  { database }: Pick<PaymentParts, 'database'>,
  request: HttpRequest,
  wanted: string,
): Promise<ReceiptRow> {
  const { userId } = callerOf(request);
  const [row] = await database.query<ReceiptRow>(
    'SELECT number, document, hash FROM receipt WHERE number = $1 AND user_id = $2',
    [wanted, userId],
  );
  if (row === undefined) throw new Problem(404, 'not-found', 'there is no such receipt');
  return row;
}
