import { InvalidError, type Invoice, parseInvoice } from '@nostrata/protocol';
import { z } from 'zod';
import type { Clock, RandomBytes } from '../contract.ts';
import { type InvoiceRequest, type InvoiceState, type OpenedInvoice, ProviderError } from '../payments/provider.ts';
import { wholeSat } from './amounts.ts';
import type { CheckedProvider } from './check.ts';
import { readShape } from './http.ts';
import { limits } from './limits.ts';
import { createWalletClient, type WalletClient, type WalletReply } from './nwc-client.ts';
import type { NwcSettings } from './settings.ts';
import { isPreimage } from './signatures.ts';

/** What it needs besides its settings. */
export interface NwcParts {
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/**
 * A wallet behind Nostr Wallet Connect (NIP-47). It knows invoices by their hash alone: one whose reply was lost is not
 * found again, and does no harm, as nobody ever saw it.
 */
export function createNwc(settings: NwcSettings, { clock, random }: NwcParts): CheckedProvider {
  const client = createWalletClient({ settings, clock, random });
  return {
    name: 'nwc',
    kind: 'lightning',
    currency: 'msat',
    create: (asked) => create({ client, clock }, asked),
    load: (ref) => load({ client, clock }, ref),
    watch: (onHint) => client.watch((content) => onHintOf(content, onHint)),
    stop: () => client.stop(),
    check: () => check(client),
  };
}

interface Wallet {
  readonly client: WalletClient;
  readonly clock: Clock;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const seconds = z.number().min(0).max(1e11).nullish();

const madeShape = z.object({ invoice: z.string().min(1).max(10_000), payment_hash: hash.nullish() });

async function create({ client, clock }: Wallet, asked: InvoiceRequest): Promise<OpenedInvoice> {
  const reply = await client.request('make_invoice', {
    amount: wholeSat(asked.amount) * 1_000,
    description: asked.description.slice(0, limits.descriptionCharactersMax),
    expiry: Math.max(60, Math.ceil((asked.expiresMs - clock.now()) / 1_000)),
  });
  const { invoice: bolt11, payment_hash: told } = readShape('nwc', resultOf(reply), madeShape);
  const invoice = readInvoice(bolt11);
  const { paymentHash } = invoice;
  if (paymentHash === undefined || (told != null && told !== paymentHash)) {
    throw new ProviderError('malformed', 'nwc: the wallet made an invoice of another payment');
  }
  if (invoice.amountMsat !== asked.amount) {
    throw new ProviderError('malformed', 'nwc: the wallet made an invoice over another amount');
  }
  const expiresMs = (invoice.createdAt + invoice.expirySeconds) * 1_000;
  return { ref: paymentHash, bolt11, paymentHash, checkoutUrl: null, expiresMs };
}

function readInvoice(bolt11: string): Invoice {
  try {
    return parseInvoice(bolt11);
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    throw new ProviderError('malformed', 'nwc: the wallet made an invoice that cannot be read', { cause: error });
  }
}

const transactionShape = z.object({
  payment_hash: hash,
  type: z.literal('incoming').nullish(),
  state: z.string().max(40).nullish(),
  amount: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  preimage: z.string().max(200).nullish(),
  settled_at: seconds,
  expires_at: seconds,
});
type Transaction = z.infer<typeof transactionShape>;

async function load({ client, clock }: Wallet, ref: string): Promise<InvoiceState> {
  const nothing = { paidAmount: 0, currency: 'msat', paymentId: null, paymentHash: ref, preimage: null };
  const reply = await client.request('lookup_invoice', { payment_hash: ref });
  if (!reply.ok && reply.code === 'NOT_FOUND') return { ...nothing, state: 'unknown', paymentHash: null };
  const transaction = readShape('nwc', resultOf(reply), transactionShape);
  if (transaction.payment_hash !== ref)
    throw new ProviderError('malformed', 'nwc: the wallet tells of another payment');
  const state = stateOf(transaction, clock.now());
  if (state !== 'paid') return { ...nothing, state };
  return { ...nothing, state, paidAmount: transaction.amount, preimage: readPreimage(transaction) };
}

/**
 * The state in one word, or, of wallets of the first version, from when it was settled. A preimage proves nothing by
 * itself: some wallets tell it before anybody has paid.
 */
function stateOf(
  { state, settled_at: settledAt, expires_at: expiresAt }: Transaction,
  nowMs: number,
): InvoiceState['state'] {
  switch (state?.toLowerCase()) {
    case 'settled':
      return 'paid';
    case 'accepted':
      return 'processing';
    case 'expired':
      return 'expired';
    case 'failed':
      return 'failed';
    case undefined:
      if (settledAt) return 'paid';
      return expiresAt && expiresAt * 1_000 < nowMs ? 'expired' : 'pending';
    case 'pending':
      return expiresAt && expiresAt * 1_000 < nowMs ? 'expired' : 'pending';
    default:
      throw new ProviderError('malformed', 'nwc: the wallet tells of a state that nobody knows');
  }
}

/** @throws ProviderError where there is one that does not fit */
function readPreimage({ preimage, payment_hash: paymentHash }: Transaction): string | null {
  if (!preimage || /^0+$/.test(preimage)) return null;
  if (isPreimage(preimage, paymentHash)) return preimage.toLowerCase();
  throw new ProviderError('malformed', 'nwc: the wallet tells of a payment with a preimage that does not fit');
}

/** Codes after which asking again may help. */
const passingCodes = new Set(['RATE_LIMITED', 'INTERNAL', 'OTHER', 'UNSUPPORTED_ENCRYPTION']);

/** @throws ProviderError where the wallet refused */
function resultOf(reply: WalletReply): unknown {
  if (reply.ok) return reply.result;
  const fault = passingCodes.has(reply.code) ? 'away' : 'refused';
  throw new ProviderError(fault, `nwc: the wallet refused (${reply.code})`);
}

const noticeShape = z.object({
  notification_type: z.literal('payment_received'),
  notification: z.object({ payment_hash: hash }),
});

function onHintOf(content: unknown, onHint: (ref: string) => void): void {
  const { success, data } = noticeShape.safeParse(content);
  if (success) onHint(data.notification.payment_hash);
}

async function check(client: WalletClient): Promise<string> {
  const { methods } = await client.loadInfo();
  if (!methods.has('make_invoice')) throw new ProviderError('refused', 'the connection does not allow make_invoice');
  // Nobody has an invoice of this hash: whoever may ask is told so.
  const reply = await client.request('lookup_invoice', { payment_hash: '0'.repeat(64) });
  if (reply.ok || reply.code !== 'NOT_FOUND') resultOf(reply);
  return methods.has('pay_invoice')
    ? 'the wallet replies, but the connection may also spend: one that only receives is enough'
    : 'the wallet replies and makes invoices';
}
