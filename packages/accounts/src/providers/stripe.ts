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
import type { CheckedProvider } from './check.ts';
import { createProviderHttp, type HttpCall, type ProviderHttp, parseJson, readShape } from './http.ts';
import { limits } from './limits.ts';
import type { StripeSettings } from './settings.ts';
import { hmacOf, isDigest } from './signatures.ts';

/** The version of the API whose shapes are read here; without it an account gets those of the day it was opened. */
const apiVersion = '2026-08-26.dahlia';

/** An account at Stripe, through Checkout Sessions: the buyer pays on a page of Stripe's. */
export function createStripe(settings: StripeSettings, { clock }: { readonly clock: Clock }): CheckedProvider {
  const http = createProviderHttp({
    name: 'stripe',
    clock,
    baseUrl: settings.url,
    headers: { authorization: `Bearer ${settings.secretKey}`, 'stripe-version': apiVersion },
    secrets: [settings.secretKey, ...(settings.webhookSecret ?? '').split(',')],
    findCause,
  });
  const account: Account = { http, settings };
  return {
    name: 'stripe',
    kind: 'card',
    currency: settings.currency,
    minorDigits: minorDigitsOf(settings.currency),
    create: (asked) => create(account, asked),
    load: (ref) => load(account, ref),
    readDelivery: (delivery) => readDelivery({ settings, nowMs: clock.now() }, delivery),
    check: () => check(account),
  };
}

interface Account {
  readonly http: ProviderHttp;
  readonly settings: StripeSettings;
}

const sessionPath = '/v1/checkout/sessions';

const sessionShape = z.object({
  id: z.string().min(1).max(limits.refCharactersMax),
  object: z.literal('checkout.session'),
  mode: z.literal('payment'),
  status: z.enum(['open', 'complete', 'expired']),
  payment_status: z.enum(['paid', 'unpaid', 'no_payment_required']),
  amount_total: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  currency: z.string().max(10),
  expires_at: z.number().int().min(0).max(1e11),
  client_reference_id: z.string().max(limits.refCharactersMax).nullish(),
  url: z.string().max(4_000).nullish(),
  /** An id, or the whole where it was asked for. */
  payment_intent: z
    .union([
      z.string().max(300),
      z.object({ status: z.string().max(60), amount_received: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER) }),
    ])
    .nullish(),
});
type Session = z.infer<typeof sessionShape>;

async function create({ http, settings }: Account, asked: InvoiceRequest): Promise<OpenedInvoice> {
  const call: HttpCall = {
    path: sessionPath,
    body: { form: formOf(asked, settings.currency) },
    // The same key with the same form gives the same session for a day at least.
    headers: { 'idempotency-key': `nostrata ${asked.paymentId}` },
  };
  const session = await http.read(call, sessionShape).catch((error: unknown) => {
    if (error instanceof ProviderError && error.fault === 'away') return http.read(call, sessionShape);
    throw error;
  });
  if (session.amount_total !== asked.amount || session.currency !== settings.currency) {
    throw new ProviderError('malformed', 'stripe made a session over another amount');
  }
  if (session.url && !/^https:\/\//i.test(session.url)) {
    throw new ProviderError('malformed', 'stripe gave no address of a page to pay on');
  }
  return {
    ref: session.id,
    bolt11: null,
    paymentHash: null,
    checkoutUrl: session.url ?? null,
    expiresMs: session.expires_at * 1_000,
  };
}

function formOf(asked: InvoiceRequest, currency: string): URLSearchParams {
  // Sessions live half an hour at least. The time is added always and not where it is needed: then the form of a payment
  // is the same each time, and its key finds the session that was made before.
  const expiresAt = Math.ceil((asked.expiresMs + limits.sessionMsMin) / 1_000);
  const price = 'line_items[0][price_data]';
  return new URLSearchParams({
    mode: 'payment',
    client_reference_id: asked.paymentId,
    success_url: asked.returnUrl,
    cancel_url: asked.returnUrl,
    expires_at: String(expiresAt),
    'line_items[0][quantity]': '1',
    [`${price}[currency]`]: currency,
    [`${price}[unit_amount]`]: String(asked.amount),
    [`${price}[product_data][name]`]: asked.description.slice(0, limits.descriptionCharactersMax),
    // The amount is compared with what was asked for: it must not be turned into the buyer's currency.
    'adaptive_pricing[enabled]': 'false',
  });
}

async function load({ http, settings }: Account, ref: string): Promise<InvoiceState> {
  const query = new URLSearchParams({ 'expand[]': 'payment_intent' });
  const answer = await http.call({ path: `${sessionPath}/${encodeURIComponent(ref)}?${query}` });
  const nothing = { currency: settings.currency, paymentHash: null, preimage: null };
  if (!answer.isOk) {
    if (answer.cause !== 'resource_missing') throw new ProviderError('refused', 'stripe does not know the address');
    return { state: 'unknown', paidAmount: 0, paymentId: null, ...nothing };
  }
  const session = readShape('stripe', answer.body, sessionShape);
  if (session.id !== ref) throw new ProviderError('malformed', 'stripe answered with another session');
  return { ...judge(session), paymentId: session.client_reference_id ?? null, ...nothing, currency: session.currency };
}

/** A session that is complete and unpaid waits for a slow way to pay, which may yet fail: only its intent tells that. */
function judge(session: Session): Pick<InvoiceState, 'state' | 'paidAmount'> {
  const { status, payment_status: paymentStatus, amount_total: total, payment_intent: intent } = session;
  if (status === 'open') return { state: 'pending', paidAmount: 0 };
  if (status === 'expired') return { state: 'expired', paidAmount: 0 };
  if (paymentStatus === 'paid') {
    return { state: 'paid', paidAmount: intent && typeof intent === 'object' ? intent.amount_received : total };
  }
  // Nothing had to be paid: somebody took the price off at Stripe. Nothing came.
  if (paymentStatus === 'no_payment_required') return { state: 'failed', paidAmount: 0 };
  const hasFailed = intent && typeof intent === 'object' && /^(requires_payment_method|canceled)$/.test(intent.status);
  return { state: hasFailed ? 'failed' : 'processing', paidAmount: 0 };
}

const eventShape = z.object({
  id: z.string().min(1).max(limits.refCharactersMax),
  object: z.literal('event'),
  type: z.string().max(100),
  data: z.object({ object: z.object({ id: z.unknown().optional(), object: z.unknown().optional() }) }),
});

function readDelivery(
  { settings, nowMs }: { readonly settings: StripeSettings; readonly nowMs: number },
  delivery: Delivery,
): DeliveryReading {
  if (settings.webhookSecret === undefined) return { ok: false, reason: 'no-secret' };
  const signed = parseSignatures(delivery.header('stripe-signature') ?? '');
  if (!signed) return { ok: false, reason: 'forged' };
  const digests = settings.webhookSecret
    .split(',')
    .map((secret) => hmacOf(secret, `${signed.timestamp}.`, delivery.rawBody));
  // All are compared, so that the time does not tell which one was right.
  const isSigned = signed.signatures
    .flatMap((signature) => digests.map((digest) => isDigest(signature, digest)))
    .includes(true);
  if (!isSigned) return { ok: false, reason: 'forged' };
  const ageSeconds = Math.abs(Math.floor(nowMs / 1_000) - Number(signed.timestamp));
  if (ageSeconds > limits.toleranceSeconds) return { ok: false, reason: 'stale' };
  const { success, data } = eventShape.safeParse(parseJson(new TextDecoder().decode(delivery.rawBody)));
  if (!success) return { ok: false, reason: 'malformed' };
  return { ok: true, deliveryId: data.id, ref: refOf(data.data.object) };
}

function refOf({ id, object }: { readonly id?: unknown; readonly object?: unknown }): string | null {
  const isSession = object === 'checkout.session' && typeof id === 'string' && id !== '';
  return isSession && id.length <= limits.refCharactersMax ? id : null;
}

/** `t=<seconds>,v1=<hex>[,v1=<hex>…]`; other schemes are passed over, as a later one must not break an earlier. */
function parseSignatures(header: string): { timestamp: string; signatures: readonly string[] } | undefined {
  if (header.length > limits.signatureHeaderCharactersMax) return undefined;
  const parts = header.split(',').map((part) => part.trim());
  const valuesOf = (scheme: string): string[] =>
    parts.filter((part) => part.startsWith(`${scheme}=`)).map((part) => part.slice(scheme.length + 1));
  const [timestamp, second] = valuesOf('t');
  const signatures = valuesOf('v1').slice(0, limits.signaturesMax);
  const isWhole = timestamp !== undefined && second === undefined && /^[0-9]{1,12}$/.test(timestamp);
  return isWhole && signatures.length > 0 ? { timestamp, signatures } : undefined;
}

/** Stripe says `{error: {type, code?, message}}`; messages repeat parts of keys and are left out. */
function findCause(body: unknown): string | undefined {
  const { data } = z.object({ error: z.object({ type: z.string(), code: z.string().optional() }) }).safeParse(body);
  return data && (data.error.code ?? data.error.type);
}

/** Currencies whose smallest unit is the whole, and those with thousandths (https://docs.stripe.com/currencies). */
const wholeCurrencies = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf'.split(' '));
const thousandthCurrencies = new Set('bhd jod kwd omr tnd'.split(' '));

function minorDigitsOf(currency: string): number {
  if (wholeCurrencies.has(currency)) return 0;
  return thousandthCurrencies.has(currency) ? 3 : 2;
}

async function check({ http, settings }: Account): Promise<string> {
  const shape = z.object({ object: z.literal('list'), data: z.array(z.object({ livemode: z.boolean() })).max(100) });
  await http.read({ path: `${sessionPath}?limit=1` }, shape);
  const isTest = /^(sk|rk)_test_/.test(settings.secretKey);
  return isTest ? 'the key works, in test mode: no real money' : 'the key works';
}
