import { createInvoice } from './invoice.ts';
import { createSocketDesk, type SocketDesk } from './lnbits-sockets.ts';
import {
  createDeliveryPost,
  type DeliveryPost,
  type PaymentServer,
  type SeenRequest,
  type ServerReply,
  startPaymentServer,
  type TestDelivery,
} from './server.ts';

/** How an LNbits server for tests is started. */
export interface LnbitsOptions {
  readonly invoiceKey?: string | undefined;
  readonly adminKey?: string | undefined;
  /**
   * `none`: the funding source tells no preimage; `zeros`: sixty-four of them, as LNbits writes for payments within
   * itself; `wrong`: one that does not fit.
   */
  readonly preimages?: 'right' | 'none' | 'zeros' | 'wrong' | undefined;
  /** Milliseconds; the real time unless told. */
  readonly now?: (() => number) | undefined;
}

/** A payment as the server keeps it. */
export interface LnbitsPayment {
  readonly paymentHash: string;
  readonly bolt11: string;
  readonly preimage: string;
  readonly amountMsat: number;
  readonly memo: string;
  readonly webhook: string | null;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly status: 'pending' | 'success' | 'failed';
}

/** An LNbits server with one wallet, and the ends by which a test moves its payments. */
export interface TestLnbits extends PaymentServer {
  readonly invoiceKey: string;
  readonly adminKey: string;
  readonly payments: readonly LnbitsPayment[];
  /** WebSockets that are open. */
  readonly sockets: number;
  /** Pays an invoice: its webhook is called once, and sockets of the wallet are told. */
  pay(paymentHash: string): Promise<void>;
  /** The invoice went down, as expired ones do. */
  giveUp(paymentHash: string): Promise<void>;
  /** What is posted to a webhook: a JSON string that holds JSON, or the object itself as later versions may. */
  delivery(paymentHash: string, shape?: 'string' | 'object'): TestDelivery;
  /** Sends any text to the sockets of the wallet. */
  push(text: string): void;
  /** Cuts the sockets, as a restart would; new ones are welcome. */
  cutSockets(): void;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
}

type OpenPayment = { -readonly [Key in keyof LnbitsPayment]: LnbitsPayment[Key] };

interface Wallet {
  readonly options: LnbitsOptions;
  readonly keys: { readonly invoiceKey: string; readonly adminKey: string };
  readonly payments: OpenPayment[];
  readonly now: () => number;
  readonly post: DeliveryPost;
}

/** Starts it on loopback. */
export async function startLnbits(options: LnbitsOptions = {}): Promise<TestLnbits> {
  const { invoiceKey = '8f2f6ffd6a2c4e5b9d1c3a7e5f4b2d10', adminKey = '1c0ffee01c0ffee01c0ffee01c0ffee0' } = options;
  const keys = { invoiceKey, adminKey };
  const wallet: Wallet = { options, keys, payments: [], now: options.now ?? Date.now, post: createDeliveryPost() };
  const { server: front, ...server } = await startPaymentServer((request, url) => answer(wallet, request, url));
  const desk = createSocketDesk(front);
  const find = (hash: string): OpenPayment => {
    const payment = wallet.payments.find(({ paymentHash }) => paymentHash === hash);
    if (!payment) throw new Error(`there is no payment ${hash}`);
    return payment;
  };
  const delivery = (hash: string, shape: 'string' | 'object' = 'string'): TestDelivery => {
    const body = JSON.stringify(toModel(wallet, find(hash)));
    return { headers: { 'content-type': 'application/json' }, body: shape === 'string' ? JSON.stringify(body) : body };
  };
  return {
    ...server,
    ...keys,
    payments: wallet.payments,
    get sockets() {
      return desk.count;
    },
    async pay(hash) {
      const payment = find(hash);
      payment.status = 'success';
      tell(wallet, desk, payment);
      if (payment.webhook !== null) await wallet.post.send(payment.webhook, delivery(hash));
    },
    async giveUp(hash) {
      find(hash).status = 'failed';
    },
    delivery,
    push: (text) => desk.send(invoiceKey, text),
    cutSockets: desk.cut,
    idle: wallet.post.idle,
    async stop() {
      desk.cut();
      await server.stop();
    },
    async [Symbol.asyncDispose]() {
      desk.cut();
      await server.stop();
    },
  };
}

function tell(wallet: Wallet, desk: SocketDesk, payment: OpenPayment): void {
  const text = JSON.stringify({ wallet_balance: payment.amountMsat / 1_000, payment: toModel(wallet, payment) });
  desk.send(wallet.keys.invoiceKey, text);
  desk.send(wallet.keys.adminKey, text);
  desk.send(payment.paymentHash, JSON.stringify({ pending: false, status: payment.status }));
}

function answer(wallet: Wallet, request: SeenRequest, url: URL): ServerReply {
  const key = request.headers['x-api-key'];
  const isKnown = key === wallet.keys.invoiceKey || key === wallet.keys.adminKey;
  const [, hash] = /^\/api\/v1\/payments\/([^/]+)$/.exec(url.pathname) ?? [];
  // One payment can be looked up without a key, and then says little.
  if (hash !== undefined) return lookUp(wallet, hash, isKnown);
  if (!key) return { status: 401, body: { detail: 'No Api Key provided.' } };
  if (!isKnown) return { status: 404, body: { detail: 'Wallet not found.' } };
  if (url.pathname === '/api/v1/wallet') {
    const id = key === wallet.keys.adminKey ? { id: '5e9b3d1f' } : {};
    return { status: 200, body: { name: 'shop', balance: 0, ...id } };
  }
  if (url.pathname !== '/api/v1/payments') return { status: 404, body: { detail: 'Not Found' } };
  if (request.method === 'POST') return create(wallet, JSON.parse(request.body) as Readonly<Record<string, unknown>>);
  const limit = Number(url.searchParams.get('limit') ?? 1_000);
  const newest = [...wallet.payments].reverse().slice(0, limit);
  return { status: 200, body: newest.map((payment) => toModel(wallet, payment)) };
}

function lookUp(wallet: Wallet, hash: string, isKnown: boolean): ServerReply {
  const payment = wallet.payments.find(({ paymentHash }) => paymentHash === hash);
  if (!payment) return { status: 404, body: { detail: 'Payment does not exist.' } };
  const details = isKnown ? { details: toModel(wallet, payment) } : {};
  if (payment.status === 'failed') return { status: 200, body: { paid: false, status: 'failed', ...details } };
  const { preimage } = toModel(wallet, payment);
  if (payment.status === 'success') return { status: 200, body: { paid: true, preimage, ...details } };
  return { status: 200, body: { paid: false, ...(isKnown && { status: 'pending' }), preimage, ...details } };
}

function create(wallet: Wallet, asked: Readonly<Record<string, unknown>>): ServerReply {
  if (asked.out !== false) return { status: 403, body: { detail: 'Invoice (or Admin) key required.' } };
  if (typeof asked.amount !== 'number' || asked.amount < 0) {
    const fault = { loc: ['body', 'amount'], msg: 'value is not a valid float', type: 'type_error.float' };
    return { status: 400, body: { detail: [fault] } };
  }
  const sat = Math.trunc(asked.amount);
  if (sat === 0) return { status: 520, body: { detail: 'Amountless invoices not supported.', status: 'failed' } };
  if (sat > 1_000_000_000) {
    const detail = `Invoice amount ${sat} sats is too high. Max allowed: 1000000000 sats.`;
    return { status: 520, body: { detail, status: 'failed' } };
  }
  const createdAt = Math.floor(wallet.now() / 1_000);
  const expirySeconds = Number(asked.expiry ?? 3_600);
  const memo = String(asked.memo ?? 'LNbits');
  const parts = {
    amountMsat: sat * 1_000,
    seed: `lnbits ${wallet.payments.length} ${wallet.now()}`,
    createdAt,
    expirySeconds,
  };
  const payment: OpenPayment = {
    ...createInvoice({ ...parts, description: memo }),
    ...{ amountMsat: sat * 1_000, memo, createdAt, expiresAt: createdAt + expirySeconds, status: 'pending' },
    webhook: typeof asked.webhook === 'string' ? asked.webhook : null,
    extra: (asked.extra ?? {}) as Readonly<Record<string, unknown>>,
  };
  wallet.payments.push(payment);
  return { status: 201, body: toModel(wallet, payment) };
}

function toModel({ options }: Wallet, payment: OpenPayment): Readonly<Record<string, unknown>> {
  const isPaid = payment.status === 'success';
  const told = { right: payment.preimage, none: null, zeros: '0'.repeat(64), wrong: payment.paymentHash };
  const createdAt = toIso(payment.createdAt);
  return {
    ...{
      checking_id: payment.paymentHash,
      payment_hash: payment.paymentHash,
      wallet_id: '5e9b3d1f',
      amount: payment.amountMsat,
    },
    ...{ fee: 0, bolt11: payment.bolt11, payment_request: payment.bolt11, fiat_provider: null, status: payment.status },
    ...{ memo: payment.memo, expiry: toIso(payment.expiresAt), webhook: payment.webhook, webhook_status: null },
    preimage: isPaid ? told[options.preimages ?? 'right'] : null,
    ...{ tag: null, extension: null, time: createdAt, created_at: createdAt, updated_at: createdAt, labels: [] },
    extra: payment.extra,
  };
}

function toIso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', '+00:00');
}
