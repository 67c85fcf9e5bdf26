import { InvalidError, parseInvoice } from '@nostrata/protocol';
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
import { formatBitcoin, parseBitcoin, wholeSat } from './amounts.ts';
import type { CheckedProvider } from './check.ts';
import { createProviderHttp, type HttpAnswer, type ProviderHttp, parseJson, readShape } from './http.ts';
import { limits } from './limits.ts';
import type { BtcpaySettings } from './settings.ts';
import { hmacOf, isDigest } from './signatures.ts';

/** A store of a BTCPay server, through its Greenfield API. */
export function createBtcpay(settings: BtcpaySettings, { clock }: { readonly clock: Clock }): CheckedProvider {
  const http = createProviderHttp({
    name: 'btcpay',
    clock,
    baseUrl: settings.url,
    headers: { authorization: `token ${settings.apiKey}` },
    secrets: [settings.apiKey, settings.webhookSecret ?? ''],
    findCause,
  });
  const store: Store = {
    http,
    clock,
    settings,
    path: `/api/v1/stores/${encodeURIComponent(settings.storeId)}/invoices`,
  };
  return {
    name: 'btcpay',
    kind: 'lightning',
    currency: 'msat',
    create: (asked) => create(store, asked),
    load: (ref) => load(store, ref),
    readDelivery: (delivery) => readDelivery(settings, delivery),
    check: () => check(store),
  };
}

interface Store {
  readonly http: ProviderHttp;
  readonly clock: Clock;
  readonly settings: BtcpaySettings;
  readonly path: string;
}

const text = z.string().max(10_000);
/** Amounts are strings; servers from before 2.0 write some of them as numbers. */
const decimal = z.union([z.string().max(60), z.number()]).transform(String);

const invoiceShape = z.object({
  id: z.string().min(1).max(limits.refCharactersMax),
  storeId: text,
  amount: decimal,
  paidAmount: decimal.nullish(),
  currency: z.string().max(20),
  checkoutLink: text.nullish(),
  expirationTime: z.number().int().min(0).max(1e11),
  status: z.enum(['New', 'Processing', 'Settled', 'Expired', 'Invalid']),
  additionalStatus: z.enum(['None', 'PaidLate', 'PaidPartial', 'Marked', 'Invalid', 'PaidOver']).catch('None'),
  metadata: z.object({ orderId: z.string().max(limits.refCharactersMax).nullish().catch(null) }).nullish(),
  archived: z.boolean().nullish(),
});
type Invoice = z.infer<typeof invoiceShape>;

const methodsShape = z
  .array(
    z.object({
      paymentMethodId: text.optional(),
      /** What it was called before 2.0. */
      paymentMethod: text.optional(),
      currency: text.nullish(),
      destination: text.nullish(),
      payments: z
        .array(z.object({ status: z.string().max(40), value: decimal, fee: decimal.nullish() }))
        .max(1_000)
        .nullish(),
    }),
  )
  .max(100);
type Methods = z.infer<typeof methodsShape>;

async function create(store: Store, asked: InvoiceRequest): Promise<OpenedInvoice> {
  const sat = wholeSat(asked.amount);
  const known = await findByOrder(store, asked);
  if (known) return open(store, known, asked);
  const minutes = Math.max(1, Math.ceil((asked.expiresMs - store.clock.now()) / 60_000));
  const json = {
    amount: formatBitcoin(sat),
    currency: 'BTC',
    metadata: { orderId: asked.paymentId, itemDesc: asked.description.slice(0, limits.descriptionCharactersMax) },
    checkout: {
      expirationMinutes: minutes,
      redirectURL: asked.returnUrl,
      redirectAutomatically: true,
      // The invoice is shown on our own page: it must be there at once, and what is too little is not enough.
      lazyPaymentMethods: false,
      paymentTolerance: 0,
    },
  };
  try {
    const made = await store.http.read({ path: store.path, body: { json } }, invoiceShape);
    return await open(store, made, asked);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.fault === 'refused') throw error;
    // The answer was lost, but the invoice may be there.
    const found = await findByOrder(store, asked);
    if (!found) throw error;
    return open(store, found, asked);
  }
}

/** The invoice that was made for a payment before, if any. */
async function findByOrder(store: Store, { paymentId, amount }: InvoiceRequest): Promise<Invoice | undefined> {
  const query = new URLSearchParams({ orderId: paymentId, take: String(limits.ordersMax) });
  const invoices = await store.http.read({ path: `${store.path}?${query}` }, z.array(invoiceShape).max(1_000));
  return invoices.find(
    (invoice) =>
      invoice.metadata?.orderId === paymentId &&
      invoice.storeId === store.settings.storeId &&
      invoice.archived !== true &&
      toMsat(invoice.amount, invoice.currency) === amount,
  );
}

async function open(store: Store, invoice: Invoice, asked: InvoiceRequest): Promise<OpenedInvoice> {
  if (toMsat(invoice.amount, invoice.currency) !== asked.amount) {
    throw new ProviderError('malformed', 'btcpay made an invoice over another amount');
  }
  const lightning = findLightning(await readMethods(store, invoice.id), asked.amount);
  return {
    ref: invoice.id,
    bolt11: lightning?.bolt11 ?? null,
    paymentHash: lightning?.paymentHash ?? null,
    checkoutUrl: toPageUrl(invoice.checkoutLink),
    expiresMs: invoice.expirationTime * 1_000,
  };
}

function readMethods(store: Store, id: string): Promise<Methods> {
  return store.http.read({ path: `${store.path}/${encodeURIComponent(id)}/payment-methods` }, methodsShape);
}

/** The Lightning invoice of the store; none where it takes no Lightning, or asks for another amount in it (a fee). */
function findLightning(methods: Methods, amountMsat: number): { bolt11: string; paymentHash: string } | undefined {
  for (const { destination } of methods) {
    if (!destination || !/^ln(bc|tb|tbs|bcrt)[0-9]/i.test(destination)) continue;
    try {
      const invoice = parseInvoice(destination);
      if (invoice.amountMsat !== amountMsat || invoice.paymentHash === undefined) continue;
      return { bolt11: destination, paymentHash: invoice.paymentHash };
    } catch (error) {
      // What cannot be read cannot be paid either; the page of the provider is left.
      if (!(error instanceof InvalidError)) throw error;
    }
  }
  return undefined;
}

function toPageUrl(link: string | null | undefined): string | null {
  return link && URL.canParse(link) && /^https?:/i.test(link) ? link : null;
}

async function load(store: Store, ref: string): Promise<InvoiceState> {
  const answer = await store.http.call({ path: `${store.path}/${encodeURIComponent(ref)}` });
  if (!answer.isOk) return unknownState(answer);
  const invoice = readShape('btcpay', answer.body, invoiceShape);
  if (invoice.id !== ref || invoice.storeId !== store.settings.storeId) {
    throw new ProviderError('malformed', 'btcpay answered with another invoice');
  }
  return {
    ...(await judge(store, invoice)),
    currency: 'msat',
    paymentId: invoice.metadata?.orderId ?? null,
    ...noProof,
  };
}

/** The preimage is not told through this part of the API. */
const noProof = { paymentHash: null, preimage: null };

function unknownState({ cause }: HttpAnswer): InvoiceState {
  // Anything else that is not there (a store, a path of a wrong address) says nothing about the invoice.
  if (cause !== 'invoice-not-found')
    throw new ProviderError('refused', `btcpay does not know it: ${cause ?? 'status 404'}`);
  return { state: 'unknown', paidAmount: 0, currency: 'msat', paymentId: null, ...noProof };
}

/**
 * Settled: enough is confirmed, or the operator said so by hand. Expired with PaidLate stays expired at BTCPay for ever:
 * whether the late payment is confirmed, only its methods of payment tell, and so of partial ones.
 */
async function judge(store: Store, invoice: Invoice): Promise<Pick<InvoiceState, 'state' | 'paidAmount' | 'isMarked'>> {
  const { status, additionalStatus: more } = invoice;
  const asked = toMsat(invoice.amount, invoice.currency);
  if (status === 'Settled') {
    const isMarked = more === 'Marked';
    const told = invoice.paidAmount == null ? asked : toMsat(invoice.paidAmount, invoice.currency);
    return { state: 'paid', paidAmount: isMarked ? Math.max(told, asked) : told, ...(isMarked && { isMarked }) };
  }
  if (status === 'Processing') return { state: 'processing', paidAmount: 0 };
  const hasMoney = more === 'PaidLate' || more === 'PaidPartial' || more === 'PaidOver' || status === 'Invalid';
  const paidAmount = hasMoney ? sumConfirmed(await readMethods(store, invoice.id)) : 0;
  if (status === 'New') return { state: 'pending', paidAmount };
  if (status === 'Invalid') return { state: 'failed', paidAmount };
  if (more !== 'PaidLate') return { state: 'expired', paidAmount };
  return { state: paidAmount >= asked ? 'paid' : 'processing', paidAmount };
}

/** What came for good by bitcoin and Lightning, in millisatoshi, without the fees that were asked for on top. */
function sumConfirmed(methods: Methods): number {
  const payments = methods
    .filter(({ currency }) => currency == null || currency === 'BTC')
    .flatMap((one) => one.payments ?? []);
  return payments
    .filter(({ status }) => status === 'Settled')
    .reduce((sum, { value, fee }) => sum + Math.max(0, parseBitcoin(value) - parseBitcoin(fee ?? '0')), 0);
}

/** @throws ProviderError where the invoice is in a currency that we never ask for */
function toMsat(amount: string, currency: string): number {
  if (currency === 'BTC') return parseBitcoin(amount);
  throw new ProviderError('malformed', 'btcpay answered with an invoice in another currency');
}

/**
 * The events of a webhook that are about an invoice of the store. `originalDeliveryId` stays the same however often a
 * delivery is repeated.
 */
const eventShape = z.object({
  deliveryId: z.string().min(1).max(limits.refCharactersMax),
  originalDeliveryId: z.string().min(1).max(limits.refCharactersMax).nullish(),
  type: z.string().max(100),
  storeId: z.string().max(limits.refCharactersMax).nullish(),
  invoiceId: z.string().min(1).max(limits.refCharactersMax).nullish(),
});

function readDelivery({ webhookSecret, storeId }: BtcpaySettings, delivery: Delivery): DeliveryReading {
  if (webhookSecret === undefined) return { ok: false, reason: 'no-secret' };
  const [, signature = ''] = /^sha256=([0-9a-f]{64})$/i.exec(delivery.header('btcpay-sig') ?? '') ?? [];
  if (!isDigest(signature, hmacOf(webhookSecret, delivery.rawBody))) return { ok: false, reason: 'forged' };
  const { success, data } = eventShape.safeParse(parseJson(new TextDecoder().decode(delivery.rawBody)));
  if (!success) return { ok: false, reason: 'malformed' };
  const isOurs = data.storeId === storeId && data.type.startsWith('Invoice');
  return {
    ok: true,
    deliveryId: data.originalDeliveryId ?? data.deliveryId,
    ref: isOurs ? (data.invoiceId ?? null) : null,
  };
}

/** Greenfield says `{code, message}`, or a list of `{path, message}` where fields are wrong. */
function findCause(body: unknown): string | undefined {
  const problem = z.object({ code: z.string() }).safeParse(body);
  if (problem.success) return problem.data.code;
  const faults = z.array(z.object({ path: z.string(), message: z.string() })).safeParse(body);
  const [first] = faults.success ? faults.data : [];
  return first && `${first.path}: ${first.message}`;
}

/** Rights that let an invoice be made and seen; each may name one store behind a colon. */
const rights = {
  create: [
    'btcpay.store.cancreateinvoice',
    'btcpay.store.canmodifyinvoices',
    'btcpay.store.canmodifystoresettings',
    'unrestricted',
  ],
  view: [
    'btcpay.store.canviewinvoices',
    'btcpay.store.canmodifyinvoices',
    'btcpay.store.canmodifystoresettings',
    'unrestricted',
  ],
};

async function check({ http, path, settings }: Store): Promise<string> {
  const shape = z.object({ permissions: z.array(z.string().max(300)).max(1_000) });
  const { permissions } = await http.read({ path: '/api/v1/api-keys/current' }, shape);
  const has = (names: readonly string[]): boolean =>
    names.some((name) => permissions.includes(name) || permissions.includes(`${name}:${settings.storeId}`));
  if (!has(rights.create))
    throw new ProviderError('refused', 'the key may not make invoices (btcpay.store.cancreateinvoice)');
  if (!has(rights.view))
    throw new ProviderError('refused', 'the key may not see invoices (btcpay.store.canviewinvoices)');
  await http.read({ path: `${path}?take=1` }, z.array(invoiceShape).max(1_000));
  return 'the key makes and sees invoices of the store';
}
