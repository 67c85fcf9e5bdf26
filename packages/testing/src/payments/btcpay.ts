import { createHmac, randomUUID } from 'node:crypto';
import { createInvoice } from './invoice.ts';
import {
  createDeliveryPost,
  type PaymentServer,
  type SeenRequest,
  type ServerReply,
  startPaymentServer,
  type TestDelivery,
} from './server.ts';

/** How a BTCPay server for tests is started. */
export interface BtcpayOptions {
  readonly storeId?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly permissions?: readonly string[] | undefined;
  /** What its invoices can be paid with; `BTC-LN` alone unless told. */
  readonly paymentMethods?: readonly ('BTC-LN' | 'BTC-LightningNetwork' | 'BTC-CHAIN' | 'BTC-LNURL')[] | undefined;
  /** Where every event of the store is posted to as it happens; nowhere unless told, but `deliveries` has them. */
  readonly webhookUrl?: string | undefined;
  readonly webhookSecret?: string | undefined;
  /** Milliseconds; the real time unless told. */
  readonly now?: (() => number) | undefined;
}

/** States of invoices, as the server names them. */
export type BtcpayStatus = 'New' | 'Processing' | 'Settled' | 'Expired' | 'Invalid';
/** What is said besides. */
export type BtcpayAdditionalStatus = 'None' | 'PaidLate' | 'PaidPartial' | 'Marked' | 'Invalid' | 'PaidOver';

/** A payment of an invoice as it was made. */
export interface BtcpayPayment {
  readonly sat: number;
  readonly isConfirmed: boolean;
}

/** An invoice as the server keeps it. */
export interface BtcpayInvoice {
  readonly id: string;
  readonly amountSat: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly checkout: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly bolt11: string;
  readonly status: BtcpayStatus;
  readonly additionalStatus: BtcpayAdditionalStatus;
  readonly payments: readonly BtcpayPayment[];
}

/** A delivery with what it was about. */
export interface BtcpayDelivery extends TestDelivery {
  readonly id: string;
  readonly type: string;
  readonly event: Readonly<Record<string, unknown>>;
}

/** A BTCPay server that speaks the Greenfield API, and the ends by which a test moves its invoices. */
export interface TestBtcpay extends PaymentServer {
  readonly storeId: string;
  readonly apiKey: string;
  readonly webhookSecret: string;
  readonly invoices: readonly BtcpayInvoice[];
  readonly deliveries: readonly BtcpayDelivery[];
  /** Pays an invoice, all of it and for good unless told, and moves its state as the server's watcher does. */
  pay(id: string, payment?: Partial<BtcpayPayment>): Promise<void>;
  /** Confirms all payments of an invoice. */
  confirm(id: string): Promise<void>;
  /** Expires an invoice that is new. */
  expire(id: string): Promise<void>;
  /** Gives up waiting for confirmations. */
  giveUp(id: string): Promise<void>;
  /** What the button of the operator does. */
  mark(id: string, status: 'Settled' | 'Invalid'): Promise<void>;
  /** The same event once more, as automatic redelivery does it: a new id, the old one as the original. */
  redeliver(id: string): Promise<BtcpayDelivery>;
  /** Signs an event of the test's own making. */
  sign(body: string, secret?: string): TestDelivery;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
}

type OpenInvoice = { -readonly [Key in keyof BtcpayInvoice]: BtcpayInvoice[Key] } & { payments: BtcpayPayment[] };

interface Store {
  readonly options: BtcpayOptions;
  readonly storeId: string;
  readonly apiKey: string;
  readonly invoices: OpenInvoice[];
  readonly now: () => number;
  url: string;
  announce(type: string, invoice: OpenInvoice, more?: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Starts it on loopback. */
export async function startBtcpay(options: BtcpayOptions = {}): Promise<TestBtcpay> {
  const webhookSecret = options.webhookSecret ?? 'btcpay webhook secret';
  const post = createDeliveryPost();
  const deliveries: BtcpayDelivery[] = [];
  const sign = (body: string, secret = webhookSecret): TestDelivery => ({
    headers: {
      'content-type': 'application/json',
      'btcpay-sig': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
  });
  const deliver = async (event: Readonly<Record<string, unknown>>): Promise<BtcpayDelivery> => {
    const delivery = { ...sign(JSON.stringify(event)), id: String(event.deliveryId), type: String(event.type), event };
    deliveries.push(delivery);
    if (options.webhookUrl !== undefined) await post.send(options.webhookUrl, delivery);
    return delivery;
  };
  const store: Store = {
    options,
    storeId: options.storeId ?? '9CiNzKoANXxmk5ayZngSXrHTiVvvgCrwrpFQd4m2K776',
    apiKey: options.apiKey ?? 'a4bb1e8ba0c4a0f2a31ffc0d6cc3b4f6a2f6c5c1',
    invoices: [],
    now: options.now ?? Date.now,
    url: '',
    async announce(type, invoice, more) {
      const deliveryId = randomUUID();
      const timestamp = Math.floor(store.now() / 1_000);
      await deliver({
        ...{ deliveryId, webhookId: 'UMvLJ1dYXSMZtk7pW1TcYm', originalDeliveryId: deliveryId, isRedelivery: false },
        ...{ type, timestamp, storeId: store.storeId, invoiceId: invoice.id, metadata: invoice.metadata },
        ...more,
      });
    },
  };
  const { server: _, ...server } = await startPaymentServer((request, url) => answer(store, request, url));
  store.url = server.url;
  const find = (id: string): OpenInvoice => {
    const invoice = store.invoices.find((one) => one.id === id);
    if (!invoice) throw new Error(`there is no invoice ${id}`);
    return invoice;
  };
  return {
    ...server,
    ...{ storeId: store.storeId, apiKey: store.apiKey, webhookSecret, invoices: store.invoices, deliveries, sign },
    async pay(id, { sat, isConfirmed = true } = {}) {
      const invoice = find(id);
      const isLate = invoice.status === 'Expired';
      invoice.payments.push({ sat: sat ?? invoice.amountSat, isConfirmed });
      await store.announce('InvoiceReceivedPayment', invoice, { afterExpiration: isLate, paymentMethodId: 'BTC-LN' });
      await watch(store, invoice);
    },
    async confirm(id) {
      const invoice = find(id);
      invoice.payments = invoice.payments.map((payment) => ({ ...payment, isConfirmed: true }));
      await store.announce('InvoicePaymentSettled', invoice, { afterExpiration: false, paymentMethodId: 'BTC-CHAIN' });
      await watch(store, invoice);
    },
    async expire(id) {
      const invoice = find(id);
      if (invoice.status !== 'New') return;
      invoice.status = 'Expired';
      await store.announce('InvoiceExpired', invoice, { partiallyPaid: invoice.additionalStatus === 'PaidPartial' });
    },
    async giveUp(id) {
      const invoice = find(id);
      invoice.status = 'Invalid';
      await store.announce('InvoiceInvalid', invoice, { manuallyMarked: false });
    },
    async mark(id, status) {
      const invoice = find(id);
      Object.assign(invoice, { status, additionalStatus: 'Marked' });
      await store.announce(`Invoice${status}`, invoice, { manuallyMarked: true, overPaid: false });
    },
    async redeliver(id) {
      const first = deliveries.find((one) => one.id === id);
      if (!first) throw new Error(`there is no delivery ${id}`);
      return deliver({ ...first.event, deliveryId: randomUUID(), isRedelivery: true });
    },
    idle: post.idle,
  };
}

/** Moves the state of an invoice after its payments, as InvoiceWatcher.cs does. */
async function watch(store: Store, invoice: OpenInvoice): Promise<void> {
  const paid = sum(invoice.payments);
  const isPaid = paid >= invoice.amountSat;
  if (invoice.status === 'New' && isPaid) {
    invoice.status = 'Processing';
    invoice.additionalStatus = paid > invoice.amountSat ? 'PaidOver' : 'None';
    await store.announce('InvoiceProcessing', invoice, { overPaid: paid > invoice.amountSat });
  } else if (invoice.status === 'Expired' && isPaid) {
    invoice.additionalStatus = 'PaidLate';
  } else if (!isPaid) {
    invoice.additionalStatus = 'PaidPartial';
  }
  if (invoice.status === 'Processing' && sum(invoice.payments.filter((one) => one.isConfirmed)) >= invoice.amountSat) {
    invoice.status = 'Settled';
    await store.announce('InvoiceSettled', invoice, {
      manuallyMarked: false,
      overPaid: invoice.additionalStatus === 'PaidOver',
    });
  }
}

function sum(payments: readonly BtcpayPayment[]): number {
  return payments.reduce((total, { sat }) => total + sat, 0);
}

function answer(store: Store, request: SeenRequest, url: URL): ServerReply {
  if (request.headers.authorization !== `token ${store.apiKey}`) {
    return problem(401, 'unauthenticated', 'Authentication is required for accessing this endpoint');
  }
  if (url.pathname === '/api/v1/api-keys/current') {
    const permissions = store.options.permissions ?? [
      `btcpay.store.cancreateinvoice:${store.storeId}`,
      `btcpay.store.canviewinvoices:${store.storeId}`,
    ];
    return { status: 200, body: { apiKey: store.apiKey, label: 'nostrata', permissions } };
  }
  const [, storeId, rest] = /^\/api\/v1\/stores\/([^/]+)\/invoices(?:\/(.+))?$/.exec(url.pathname) ?? [];
  if (storeId === undefined) return problem(404, 'not-found', 'There is no such endpoint');
  if (storeId !== store.storeId) {
    return problem(403, 'missing-permission', 'Insufficient API Permissions. Please use an API key with permission');
  }
  if (rest === undefined) return request.method === 'POST' ? create(store, request) : list(store, url);
  const [id = '', part] = rest.split('/');
  const invoice = store.invoices.find((one) => one.id === id);
  if (!invoice) return problem(404, 'invoice-not-found', 'The invoice was not found');
  return { status: 200, body: part === 'payment-methods' ? methodsOf(store, invoice) : toModel(store, invoice) };
}

function create(store: Store, request: SeenRequest): ServerReply {
  const asked = JSON.parse(request.body) as Readonly<Record<string, unknown>>;
  const checkout = (asked.checkout ?? {}) as Readonly<Record<string, unknown>>;
  const sat = toSat(String(asked.amount), String(asked.currency));
  if (sat === undefined) return validation('amount', 'The amount should be 0 or more.');
  const minutes = Number(checkout.expirationMinutes ?? 15);
  if (minutes < 0.5) return validation('checkout.expirationMinutes', 'Expiration time must be at least 30 seconds');
  const createdAt = Math.floor(store.now() / 1_000);
  const id = `inv${store.invoices.length}${randomUUID().replaceAll('-', '').slice(0, 18)}`;
  const expirySeconds = Math.round(minutes * 60);
  const invoice: OpenInvoice = {
    ...{
      id,
      amountSat: sat,
      currency: String(asked.currency),
      createdAt,
      expiresAt: createdAt + expirySeconds,
      checkout,
    },
    metadata: (asked.metadata ?? {}) as Readonly<Record<string, unknown>>,
    bolt11: createInvoice({ amountMsat: sat * 1_000, seed: id, createdAt, expirySeconds }).bolt11,
    ...{ status: 'New', additionalStatus: 'None', payments: [] },
  };
  store.invoices.push(invoice);
  store.announce('InvoiceCreated', invoice).catch(() => undefined);
  return { status: 200, body: toModel(store, invoice) };
}

function list(store: Store, url: URL): ServerReply {
  const orderIds = url.searchParams.getAll('orderId');
  const found = store.invoices.filter(
    ({ metadata }) => orderIds.length === 0 || orderIds.includes(String(metadata.orderId)),
  );
  const take = Number(url.searchParams.get('take') ?? 50);
  return {
    status: 200,
    body: [...found]
      .reverse()
      .slice(0, take)
      .map((invoice) => toModel(store, invoice)),
  };
}

function toModel(store: Store, invoice: OpenInvoice): Readonly<Record<string, unknown>> {
  return {
    ...{ id: invoice.id, storeId: store.storeId, currency: invoice.currency, type: 'Standard' },
    amount: formatAmount(invoice.amountSat, invoice.currency),
    paidAmount: formatAmount(sum(invoice.payments), invoice.currency),
    checkoutLink: `${store.url}/i/${invoice.id}`,
    ...{ createdTime: invoice.createdAt, expirationTime: invoice.expiresAt },
    monitoringExpiration: invoice.expiresAt + 86_400,
    ...{ status: invoice.status, additionalStatus: invoice.additionalStatus, metadata: invoice.metadata },
    ...{ availableStatusesForManualMarking: ['Settled', 'Invalid'], archived: false, checkout: invoice.checkout },
    receipt: { enabled: null, showQR: null, showPayments: null },
  };
}

function methodsOf(store: Store, invoice: OpenInvoice): readonly Readonly<Record<string, unknown>>[] {
  const methods = store.options.paymentMethods ?? ['BTC-LN'];
  return methods.map((paymentMethodId, index) => {
    const isLightning = paymentMethodId === 'BTC-LN' || paymentMethodId === 'BTC-LightningNetwork';
    const destination = isLightning ? invoice.bolt11 : 'bcrt1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq';
    const paid = formatAmount(sum(invoice.payments), 'BTC');
    return {
      ...{ paymentMethodId, currency: 'BTC', destination, activated: true, rate: '1' },
      paymentLink: isLightning ? `lightning:${invoice.bolt11}` : `bitcoin:${destination}`,
      ...{ paymentMethodPaid: index === 0 ? paid : '0', totalPaid: paid, paymentMethodFee: '0', additionalData: {} },
      due: formatAmount(invoice.amountSat - sum(invoice.payments), 'BTC'),
      amount: formatAmount(invoice.amountSat, 'BTC'),
      payments: index === 0 ? invoice.payments.map((payment, at) => toPayment(invoice, payment, at)) : [],
    };
  });
}

function toPayment(invoice: OpenInvoice, { sat, isConfirmed }: BtcpayPayment, at: number): object {
  const status = isConfirmed ? 'Settled' : 'Processing';
  return {
    ...{ id: `${invoice.id}-${at}`, receivedDate: invoice.createdAt, fee: '0', destination: invoice.bolt11, status },
    value: formatAmount(sat, 'BTC'),
  };
}

/** Decimals without trailing zeros, as .NET writes them. */
function formatAmount(sat: number, currency: string): string {
  if (currency === 'SATS') return String(sat);
  const digits = String(Math.abs(sat)).padStart(9, '0');
  const text = `${digits.slice(0, -8)}.${digits.slice(-8)}`.replace(/\.?0+$/, '');
  return sat < 0 ? `-${text}` : text;
}

function toSat(amount: string, currency: string): number | undefined {
  if (!/^\d+(\.\d+)?$/.test(amount)) return undefined;
  if (currency === 'SATS') return Math.round(Number(amount));
  const [whole = '0', rest = ''] = amount.split('.');
  return currency === 'BTC' ? Number(whole) * 100_000_000 + Number(rest.slice(0, 8).padEnd(8, '0')) : undefined;
}

function problem(status: number, code: string, message: string): ServerReply {
  return { status, body: { code, message } };
}

function validation(path: string, message: string): ServerReply {
  return { status: 422, body: [{ path, message }] };
}
