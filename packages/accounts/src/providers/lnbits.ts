import { InvalidError, type Invoice, parseInvoice } from '@nostrata/protocol';
import { z } from 'zod';
import type { Clock } from '../contract.ts';
import {
  type Delivery,
  type DeliveryReading,
  type InvoiceRequest,
  type InvoiceState,
  type OpenedInvoice,
  ProviderError,
} from '../payments/provider.ts';
import { wholeSat } from './amounts.ts';
import type { CheckedProvider } from './check.ts';
import { createProviderHttp, type ProviderHttp, parseJson, readShape } from './http.ts';
import { limits } from './limits.ts';
import { watchLnbits } from './lnbits-watch.ts';
import type { LnbitsSettings } from './settings.ts';
import { digestOf, isPreimage, isSameSecret } from './signatures.ts';

/** A wallet of an LNbits server. The server signs nothing, so that whatever it tells by itself is a hint to ask. */
export function createLnbits(settings: LnbitsSettings, { clock }: { readonly clock: Clock }): CheckedProvider {
  const http = createProviderHttp({
    name: 'lnbits',
    clock,
    baseUrl: `${settings.url}/api/v1`,
    headers: { 'x-api-key': settings.invoiceKey },
    secrets: [settings.invoiceKey, settings.webhookSecret ?? ''],
    findCause,
    // Invoices that the wallet will not make: `failed`; where its node is away: `pending`.
    isFinal: (status, body) => status === 520 && z.object({ status: z.literal('failed') }).safeParse(body).success,
  });
  const wallet: Wallet = { http, clock, settings };
  return {
    name: 'lnbits',
    kind: 'lightning',
    currency: 'msat',
    create: (asked) => create(wallet, asked),
    load: (ref) => load(wallet, ref),
    readDelivery: (delivery) => readDelivery(settings, delivery),
    watch: (onHint) => watchLnbits({ settings, clock }, (value) => onHintOf(value, onHint)),
    check: () => check(wallet),
  };
}

interface Wallet {
  readonly http: ProviderHttp;
  readonly clock: Clock;
  readonly settings: LnbitsSettings;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const paymentShape = z.object({
  payment_hash: hash,
  /** Millisatoshi; below zero where it went out. */
  amount: z.number().int().max(Number.MAX_SAFE_INTEGER),
  bolt11: z.string().min(1).max(10_000),
  preimage: z.string().max(200).nullish(),
  extra: z
    .object({ nostrata_payment: z.string().max(limits.refCharactersMax).nullish().catch(null) })
    .nullish()
    .catch(null),
});
type Payment = z.infer<typeof paymentShape>;

async function create(wallet: Wallet, asked: InvoiceRequest): Promise<OpenedInvoice> {
  const { http, clock, settings } = wallet;
  const { webhookSecret } = settings;
  const json = {
    out: false,
    amount: wholeSat(asked.amount),
    unit: 'sat',
    memo: asked.description.slice(0, limits.descriptionCharactersMax),
    expiry: Math.max(60, Math.ceil((asked.expiresMs - clock.now()) / 1_000)),
    extra: { nostrata_payment: asked.paymentId },
    ...(webhookSecret !== undefined && { webhook: `${asked.webhookUrl}/${webhookSecret}` }),
  };
  try {
    return toOpened(await http.read({ path: '/payments', body: { json } }, paymentShape), asked);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.fault === 'refused') throw error;
    // The answer was lost, but the invoice may be there. Where it is not found either, no harm is done: nobody ever saw
    // it, and so nobody can pay it.
    const found = await findRecent(wallet, asked);
    if (!found) throw error;
    return toOpened(found, asked);
  }
}

/** The invoice that was made for a payment a moment ago, if any. */
async function findRecent({ http }: Wallet, { paymentId, amount }: InvoiceRequest): Promise<Payment | undefined> {
  const query = new URLSearchParams({
    limit: String(limits.recentPaymentsMax),
    sortby: 'created_at',
    direction: 'desc',
  });
  // What other programs wrote into the same wallet may have any shape.
  const recent = await http.read(
    { path: `/payments?${query}` },
    z.array(paymentShape.nullable().catch(null)).max(1_000),
  );
  return (
    recent.find((payment) => payment?.extra?.nostrata_payment === paymentId && payment.amount === amount) ?? undefined
  );
}

function toOpened(payment: Payment, asked: InvoiceRequest): OpenedInvoice {
  const invoice = readInvoice(payment);
  if (invoice.amountMsat !== asked.amount || payment.amount !== asked.amount) {
    throw new ProviderError('malformed', 'lnbits made an invoice over another amount');
  }
  return {
    ref: payment.payment_hash,
    bolt11: payment.bolt11,
    paymentHash: payment.payment_hash,
    checkoutUrl: null,
    expiresMs: (invoice.createdAt + invoice.expirySeconds) * 1_000,
  };
}

/** @throws ProviderError where the invoice cannot be read or is another one */
function readInvoice(payment: Payment): Invoice {
  try {
    const invoice = parseInvoice(payment.bolt11);
    if (invoice.paymentHash === payment.payment_hash) return invoice;
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    throw new ProviderError('malformed', 'lnbits answered with an invoice that cannot be read', { cause: error });
  }
  throw new ProviderError('malformed', 'lnbits answered with an invoice of another payment');
}

const stateShape = z.object({
  paid: z.boolean(),
  status: z.string().max(60).nullish(),
  preimage: z.string().max(200).nullish(),
  /** Only with the key of the wallet that the payment is of. */
  details: paymentShape.nullish(),
});

async function load({ http, clock }: Wallet, ref: string): Promise<InvoiceState> {
  const answer = await http.call({ path: `/payments/${encodeURIComponent(ref)}` });
  const nothing = { paidAmount: 0, currency: 'msat', preimage: null };
  if (!answer.isOk) {
    if (answer.cause !== 'Payment does not exist.')
      throw new ProviderError('refused', `lnbits refused: ${answer.cause ?? 404}`);
    return { state: 'unknown', paymentId: null, paymentHash: null, ...nothing };
  }
  const { details, ...told } = readShape('lnbits', answer.body, stateShape);
  if (!details) throw new ProviderError('refused', 'lnbits does not count the payment to the wallet of the key');
  if (details.payment_hash !== ref) throw new ProviderError('malformed', 'lnbits answered with another payment');
  const invoice = readInvoice(details);
  const known = { paymentId: details.extra?.nostrata_payment ?? null, paymentHash: ref };
  if (told.paid) {
    if (details.amount <= 0) throw new ProviderError('malformed', 'lnbits tells of a payment that went out');
    const preimage = readPreimage(ref, told.preimage ?? details.preimage);
    return { state: 'paid', ...known, ...nothing, paidAmount: details.amount, preimage };
  }
  const hasExpired = (invoice.createdAt + invoice.expirySeconds) * 1_000 < clock.now();
  return { state: hasExpired ? 'expired' : told.status === 'failed' ? 'failed' : 'pending', ...known, ...nothing };
}

/**
 * The preimage, in lower case. Some wallets behind LNbits tell none, and of payments between two of its own wallets it
 * writes zeros: then there is none. One that does not fit is a contradiction.
 * @throws ProviderError
 */
function readPreimage(paymentHash: string, preimage: string | null | undefined): string | null {
  if (!preimage || /^0+$/.test(preimage)) return null;
  if (isPreimage(preimage, paymentHash)) return preimage.toLowerCase();
  throw new ProviderError('malformed', 'lnbits tells of a payment with a preimage that does not fit');
}

/** The body is the payment, or a JSON string that holds it: that is what LNbits posts. */
function readDelivery({ webhookSecret }: LnbitsSettings, { rawBody, pathSecret }: Delivery): DeliveryReading {
  if (webhookSecret === undefined) return { ok: false, reason: 'no-secret' };
  if (pathSecret === undefined || !isSameSecret(pathSecret, webhookSecret)) return { ok: false, reason: 'forged' };
  const outer = parseJson(new TextDecoder().decode(rawBody));
  const { success, data } = z
    .object({ payment_hash: hash })
    .safeParse(typeof outer === 'string' ? parseJson(outer) : outer);
  return success
    ? { ok: true, deliveryId: digestOf(rawBody), ref: data.payment_hash }
    : { ok: false, reason: 'malformed' };
}

function onHintOf(value: unknown, onHint: (ref: string) => void): void {
  const { success, data } = z.object({ payment: z.object({ payment_hash: hash }) }).safeParse(value);
  if (success) onHint(data.payment.payment_hash);
}

/** LNbits says `{detail: sentence}`, or `{detail: [{loc, msg}]}` where fields are wrong. */
function findCause(body: unknown): string | undefined {
  const said = z.object({ detail: z.string() }).safeParse(body);
  if (said.success) return said.data.detail;
  const faults = z.object({ detail: z.array(z.object({ msg: z.string() })).min(1) }).safeParse(body);
  return faults.success ? faults.data.detail[0]?.msg : undefined;
}

async function check({ http }: Wallet): Promise<string> {
  const { id } = await http.read({ path: '/wallet' }, z.object({ name: z.string(), id: z.string().nullish() }));
  return id == null
    ? 'the key makes invoices of the wallet'
    : 'the key works, but it is the admin key, which can spend: the invoice key is enough';
}
