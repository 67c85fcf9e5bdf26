import { createHmac, randomBytes } from 'node:crypto';
import {
  createDeliveryPost,
  type PaymentServer,
  type SeenRequest,
  type ServerReply,
  startPaymentServer,
  type TestDelivery,
} from './server.ts';

/** How a server with Stripe's API for tests is started. */
export interface StripeOptions {
  readonly secretKey?: string | undefined;
  readonly webhookSecret?: string | undefined;
  /** Where every event of a session is posted to as it happens; nowhere unless told, but `deliveries` has them. */
  readonly webhookUrl?: string | undefined;
  /** Milliseconds; the real time unless told. */
  readonly now?: (() => number) | undefined;
}

/** A checkout session as the server keeps it. */
export interface StripeSession {
  readonly id: string;
  readonly amountTotal: number;
  readonly currency: string;
  readonly clientReferenceId: string | null;
  readonly expiresAt: number;
  readonly status: 'open' | 'complete' | 'expired';
  readonly paymentStatus: 'paid' | 'unpaid' | 'no_payment_required';
  readonly intent: 'requires_payment_method' | 'processing' | 'succeeded';
  readonly form: Readonly<Record<string, string>>;
}

/** An event as it went out. */
export interface StripeDelivery extends TestDelivery {
  readonly id: string;
  readonly type: string;
}

/** How a delivery is signed. */
export interface StripeSigning {
  /** One signature for each, as while a secret is replaced. */
  readonly secrets?: readonly string[] | undefined;
  /** Seconds; now unless told. */
  readonly timestamp?: number | undefined;
  /** Put between the time and the signatures. */
  readonly more?: string | undefined;
}

/** A server that speaks the part of Stripe's API that checkout needs, and the ends by which a test moves sessions. */
export interface TestStripe extends PaymentServer {
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly sessions: readonly StripeSession[];
  readonly deliveries: readonly StripeDelivery[];
  /** The card was charged. */
  pay(id: string): Promise<void>;
  /** A way to pay that takes days was begun: complete, but unpaid. */
  begin(id: string): Promise<void>;
  /** What was begun went well, or not. */
  finish(id: string, outcome: 'succeeded' | 'failed'): Promise<void>;
  expire(id: string): Promise<void>;
  /** Signs a body of the test's own making. */
  sign(body: string, signing?: StripeSigning): TestDelivery;
  /** Sends a delivery again, signed anew, as Stripe does. */
  redeliver(id: string): Promise<StripeDelivery>;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
}

type OpenSession = { -readonly [Key in keyof StripeSession]: StripeSession[Key] };

interface Account {
  readonly secretKey: string;
  readonly sessions: OpenSession[];
  readonly now: () => number;
  /** Answers by idempotency key, with the parameters that they were for. */
  readonly savedByKey: Map<string, { readonly body: string; readonly reply: ServerReply }>;
}

const apiVersion = '2026-08-26.dahlia';

/** Starts it on loopback. */
export async function startStripe(options: StripeOptions = {}): Promise<TestStripe> {
  const {
    secretKey = 'sk_test_51NostrataTestKeyOfNobody',
    webhookSecret = 'whsec_5f2b1c8e9a',
    now = Date.now,
  } = options;
  const account: Account = { secretKey, sessions: [], now, savedByKey: new Map() };
  const { server: _, ...server } = await startPaymentServer((request, url) => answer(account, request, url));
  const post = createDeliveryPost();
  const deliveries: StripeDelivery[] = [];
  const seconds = (): number => Math.floor(now() / 1_000);
  const sign = (body: string, signing: StripeSigning = {}): TestDelivery => {
    const { secrets = [webhookSecret], timestamp = seconds(), more = '' } = signing;
    const signatures = secrets.map(
      (secret) => `,v1=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`,
    );
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    return { headers: { ...headers, 'stripe-signature': `t=${timestamp}${more}${signatures.join('')}` }, body };
  };
  const deliver = async (id: string, type: string, body: string): Promise<StripeDelivery> => {
    const delivery = { ...sign(body), id, type };
    deliveries.push(delivery);
    if (options.webhookUrl !== undefined) await post.send(options.webhookUrl, delivery);
    return delivery;
  };
  const announce = async (type: string, session: OpenSession): Promise<void> => {
    const id = `evt_${randomBytes(12).toString('hex')}`;
    const event = {
      ...{
        id,
        object: 'event',
        api_version: apiVersion,
        created: seconds(),
        livemode: false,
        pending_webhooks: 1,
        type,
      },
      ...{ data: { object: toModel(session, false) }, request: { id: null, idempotency_key: null } },
    };
    // Stripe posts its events indented.
    await deliver(id, type, JSON.stringify(event, null, 2));
  };
  const move = async (id: string, type: string, change: Partial<OpenSession>): Promise<void> => {
    const session = account.sessions.find((one) => one.id === id);
    if (!session) throw new Error(`there is no session ${id}`);
    Object.assign(session, change);
    await announce(`checkout.session.${type}`, session);
  };
  return {
    ...server,
    ...{ secretKey, webhookSecret, sessions: account.sessions, deliveries, sign, idle: post.idle },
    pay: (id) => move(id, 'completed', { status: 'complete', paymentStatus: 'paid', intent: 'succeeded' }),
    begin: (id) => move(id, 'completed', { status: 'complete', intent: 'processing' }),
    finish: (id, outcome) =>
      outcome === 'succeeded'
        ? move(id, 'async_payment_succeeded', { paymentStatus: 'paid', intent: 'succeeded' })
        : move(id, 'async_payment_failed', { intent: 'requires_payment_method' }),
    expire: (id) => move(id, 'expired', { status: 'expired' }),
    async redeliver(id) {
      const first = deliveries.find((one) => one.id === id);
      if (!first) throw new Error(`there is no delivery ${id}`);
      return deliver(id, first.type, first.body);
    },
  };
}

function answer(account: Account, request: SeenRequest, url: URL): ServerReply {
  const { authorization } = request.headers;
  if (authorization === undefined) return fail(401, { message: 'You did not provide an API key.' });
  if (authorization !== `Bearer ${account.secretKey}`) {
    const shown = authorization.replace(/^Bearer (.{0,8}).*(.{4})$/, '$1********$2');
    return fail(401, { message: `Invalid API Key provided: ${shown}` });
  }
  const [, id] = /^\/v1\/checkout\/sessions(?:\/([^/]+))?$/.exec(url.pathname) ?? [null, null];
  if (id === null) return fail(404, { message: `Unrecognized request URL (${request.method}: ${url.pathname}).` });
  if (id !== undefined) return retrieve(account, id, url);
  if (request.method === 'POST') return createOnce(account, request);
  const limit = Number(url.searchParams.get('limit') ?? 10);
  const data = [...account.sessions]
    .reverse()
    .slice(0, limit)
    .map((session) => toModel(session, false));
  return {
    status: 200,
    body: { object: 'list', data, has_more: data.length < account.sessions.length, url: url.pathname },
  };
}

function retrieve(account: Account, id: string, url: URL): ServerReply {
  const session = account.sessions.find((one) => one.id === id);
  if (session) {
    const isExpanded = url.searchParams.getAll('expand[]').includes('payment_intent');
    return { status: 200, body: toModel(session, isExpanded) };
  }
  return fail(404, { code: 'resource_missing', param: 'session', message: `No such checkout.session: ${id}` });
}

/** The answer to a key is kept and given again, but for requests that failed before anything was done. */
function createOnce(account: Account, request: SeenRequest): ServerReply {
  const key = request.headers['idempotency-key'];
  const saved = key === undefined ? undefined : account.savedByKey.get(key);
  if (saved && saved.body !== request.body) {
    const message = 'Keys for idempotent requests can only be used with the same parameters they were first used with.';
    return { status: 400, body: { error: { type: 'idempotency_error', message } } };
  }
  if (saved) return { ...saved.reply, headers: { 'idempotent-replayed': 'true' } };
  const reply = create(account, Object.fromEntries(new URLSearchParams(request.body)));
  if (key !== undefined && reply.status === 200) account.savedByKey.set(key, { body: request.body, reply });
  return reply;
}

const required = ['mode', 'success_url', 'line_items[0][quantity]', 'line_items[0][price_data][currency]'];

function create(account: Account, form: Readonly<Record<string, string>>): ServerReply {
  const missing = required.find((name) => form[name] === undefined);
  if (missing)
    return fail(400, { code: 'parameter_missing', param: missing, message: `Missing required param: ${missing}.` });
  const now = Math.floor(account.now() / 1_000);
  const expiresAt = Number(form.expires_at ?? now + 86_400);
  if (expiresAt < now + 1_800 || expiresAt > now + 86_400) {
    const message =
      'The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.';
    return fail(400, { param: 'expires_at', message });
  }
  const amountTotal = Number(form['line_items[0][price_data][unit_amount]']) * Number(form['line_items[0][quantity]']);
  if (!(amountTotal >= 50)) {
    return fail(400, {
      code: 'amount_too_small',
      message: 'The Checkout Session total amount must convert to at least 50 cents.',
    });
  }
  const session: OpenSession = {
    ...{ id: `cs_test_${randomBytes(24).toString('hex')}`, amountTotal, expiresAt, form },
    currency: form['line_items[0][price_data][currency]'] ?? '',
    clientReferenceId: form.client_reference_id ?? null,
    ...{ status: 'open', paymentStatus: 'unpaid', intent: 'requires_payment_method' },
  };
  account.sessions.push(session);
  return { status: 200, body: toModel(session, false) };
}

function toModel(session: OpenSession, isExpanded: boolean): Readonly<Record<string, unknown>> {
  const { id, amountTotal, form } = session;
  const intentId = session.status === 'open' || session.status === 'expired' ? null : `pi_${id.slice(8, 32)}`;
  const intent = {
    ...{
      id: intentId,
      object: 'payment_intent',
      amount: amountTotal,
      currency: session.currency,
      status: session.intent,
    },
    amount_received: session.intent === 'succeeded' ? amountTotal : 0,
  };
  return {
    ...{ id, object: 'checkout.session', amount_subtotal: amountTotal, amount_total: amountTotal, livemode: false },
    ...{ currency: session.currency, client_reference_id: session.clientReferenceId, mode: form.mode },
    ...{ expires_at: session.expiresAt, status: session.status, payment_status: session.paymentStatus },
    ...{ success_url: form.success_url, cancel_url: form.cancel_url ?? null, metadata: {}, customer: null },
    payment_intent: intentId !== null && isExpanded ? intent : intentId,
    url: session.status === 'open' ? `https://checkout.stripe.com/c/pay/${id}` : null,
  };
}

function fail(status: number, error: Readonly<Record<string, string>>): ServerReply {
  return { status, body: { error: { type: 'invalid_request_error', ...error } } };
}
