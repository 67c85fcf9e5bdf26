import { once } from 'node:events';
import {
  decryptNip04,
  decryptNip44,
  encryptNip04,
  encryptNip44,
  getConversationKey,
  getTagValue,
  type NostrEvent,
  serializeEvent,
  type Tag,
} from '@nostrata/protocol';
import { WebSocket } from 'ws';
import { createKeys, type Keys, signEvent } from '../keys.ts';
import { createInvoice } from './invoice.ts';

/**
 * What a wallet service does wrong: `silent` never replies; `garbage` replies what nobody can decrypt; `no-json`,
 * `other-shape` and `other-type` what nobody can read; `other-key` signs with a key that is not its own; `forged` signs
 * wrongly; `other-request` replies to something else; `other-amount` and `other-hash` make invoices that were not asked
 * for; `tells-preimage` gives the preimage away before anybody paid, as some do; a code of an error is the error.
 */
export type WalletFault =
  | 'silent'
  | 'garbage'
  | 'no-json'
  | 'other-shape'
  | 'other-type'
  | 'other-key'
  | 'forged'
  | 'other-request'
  | 'other-amount'
  | 'other-hash'
  | 'tells-preimage'
  | { readonly code: string };

/** How a wallet service for tests is started. */
export interface NwcOptions {
  /** The relays that it is reached over. */
  readonly relays: readonly string[];
  /** The `encryption` tag of its info event; none at all where null. */
  readonly encryption?: string | null | undefined;
  readonly methods?: string | undefined;
  /** Whether it publishes an info event; it does unless told. */
  readonly hasInfo?: boolean | undefined;
  /** Whether states of invoices are told, or left to be seen from `settled_at`, as in the first version. */
  readonly tellsStates?: boolean | undefined;
  readonly seed?: string | undefined;
  /** Milliseconds; the real time unless told. */
  readonly now?: (() => number) | undefined;
}

/** An invoice of the wallet. */
export interface WalletInvoice {
  readonly bolt11: string;
  readonly paymentHash: string;
  readonly preimage: string;
  readonly amountMsat: number;
  readonly description: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly state: 'pending' | 'settled' | 'accepted' | 'expired' | 'failed';
}

/** A wallet service (NIP-47) on relays, and the ends by which a test moves its invoices. */
export interface TestWallet extends AsyncDisposable {
  /** The connection string. */
  readonly uri: string;
  readonly walletPubkey: string;
  /** The secret in the connection string, as hex. */
  readonly secret: string;
  readonly invoices: readonly WalletInvoice[];
  /** Requests that could be decrypted. */
  readonly requests: readonly { readonly event: NostrEvent; readonly method: string; readonly params: unknown }[];
  fail(fault: WalletFault | undefined): void;
  /** Pays an invoice; clients that listen are told where the wallet does so. */
  pay(paymentHash: string, options?: { readonly isTold?: boolean }): void;
  set(paymentHash: string, state: WalletInvoice['state']): void;
  /** Publishes a notification with any content. */
  notify(content: unknown): void;
  stop(): Promise<void>;
}

type OpenInvoice = { -readonly [Key in keyof WalletInvoice]: WalletInvoice[Key] };

interface Service {
  readonly options: NwcOptions;
  readonly keys: Keys;
  readonly client: Keys;
  readonly invoices: OpenInvoice[];
  readonly requests: { event: NostrEvent; method: string; params: unknown }[];
  readonly seen: Set<string>;
  fault: WalletFault | undefined;
  seconds(): number;
  send(event: NostrEvent): void;
}

/** Starts it and waits until it listens on all of its relays. */
export async function startNwcWallet(options: NwcOptions): Promise<TestWallet> {
  const { seed = 'wallet', now = Date.now } = options;
  const sockets: WebSocket[] = [];
  const service: Service = {
    ...{ options, keys: createKeys(`${seed} service`), client: createKeys(`${seed} client`), fault: undefined },
    ...{ invoices: [], requests: [], seen: new Set() },
    seconds: () => Math.floor(now() / 1_000),
    send(event) {
      for (const socket of sockets) socket.send(`["EVENT",${serializeEvent(event)}]`);
    },
  };
  for (const url of options.relays) sockets.push(await listen(service, url));
  if (options.hasInfo !== false) service.send(infoEvent(service));
  const stop = async (): Promise<void> => {
    for (const socket of sockets) socket.terminate();
  };
  const secret = Buffer.from(service.client.secret).toString('hex');
  const query = new URLSearchParams({ secret });
  for (const url of options.relays) query.append('relay', url);
  return {
    uri: `nostr+walletconnect://${service.keys.pubkey}?${query}`,
    ...{ walletPubkey: service.keys.pubkey, secret, invoices: service.invoices, requests: service.requests },
    fail(fault) {
      service.fault = fault;
    },
    pay(paymentHash, { isTold = true } = {}) {
      const invoice = findInvoice(service, paymentHash);
      if (!invoice) throw new Error(`there is no invoice ${paymentHash}`);
      invoice.state = 'settled';
      const content = { notification_type: 'payment_received', notification: toTransaction(service, invoice) };
      if (isTold) for (const scheme of schemesOf(options)) service.send(notification(service, scheme, content));
    },
    set(paymentHash, state) {
      const invoice = findInvoice(service, paymentHash);
      if (invoice) invoice.state = state;
    },
    notify(content) {
      for (const scheme of schemesOf(options)) service.send(notification(service, scheme, content));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

type Scheme = 'nip44_v2' | 'nip04';

function schemesOf({ encryption = 'nip44_v2 nip04' }: NwcOptions): Scheme[] {
  const named = (encryption ?? 'nip04').split(' ');
  return (['nip44_v2', 'nip04'] as const).filter((scheme) => named.includes(scheme));
}

async function listen(service: Service, url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const listening = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const [verb, , event] = JSON.parse(data.toString()) as [string, string, NostrEvent];
      if (verb === 'EOSE') resolve();
      if (verb === 'EVENT') take(service, event);
    });
  });
  // A relay that goes away is part of what is tested.
  socket.on('error', () => undefined);
  socket.send(JSON.stringify(['REQ', 'wallet', { kinds: [23_194], '#p': [service.keys.pubkey] }]));
  await listening;
  return socket;
}

function infoEvent({ keys, options, seconds }: Service): NostrEvent {
  const { encryption = 'nip44_v2 nip04', methods = 'make_invoice lookup_invoice get_info notifications' } = options;
  const tags: Tag[] = [['notifications', 'payment_received payment_sent']];
  if (encryption !== null) tags.push(['encryption', encryption]);
  return signEvent({ pubkey: keys.pubkey, created_at: seconds(), kind: 13_194, tags, content: methods }, keys.secret);
}

/** Reads a request of the client, once however many relays bring it, and replies. */
function take(service: Service, event: NostrEvent): void {
  const { seen, client, options, fault } = service;
  if (seen.has(event.id) || event.pubkey !== client.pubkey || fault === 'silent') return;
  seen.add(event.id);
  const expiration = Number(getTagValue(event, 'expiration') ?? Number.POSITIVE_INFINITY);
  if (expiration < service.seconds()) return;
  const scheme: Scheme = getTagValue(event, 'encryption') === 'nip44_v2' ? 'nip44_v2' : 'nip04';
  if (!schemesOf(options).includes(scheme)) {
    const error = { code: 'UNSUPPORTED_ENCRYPTION', message: 'the encryption is not supported' };
    return reply(service, { event, scheme, content: { result_type: 'unknown', error, result: null } });
  }
  const { method, params } = JSON.parse(decrypt(service, scheme, event.content)) as { method: string; params: never };
  service.requests.push({ event, method, params });
  const content =
    typeof fault === 'object'
      ? { result_type: method, error: { code: fault.code, message: 'the wallet says no' }, result: null }
      : answer(service, method, params);
  reply(service, { event, scheme, content });
}

function answer(service: Service, method: string, params: Readonly<Record<string, unknown>>): object {
  const done = (result: object): object => ({
    result_type: service.fault === 'other-type' ? 'get_balance' : method,
    ...(service.fault === 'other-shape' ? { result: [] } : { result }),
    error: null,
  });
  if (method === 'make_invoice') return done(toTransaction(service, makeInvoice(service, params)));
  const refuse = (code: string): object => ({ result_type: method, error: { code, message: 'no' }, result: null });
  if (method !== 'lookup_invoice') return refuse('NOT_IMPLEMENTED');
  const invoice = findInvoice(service, String(params.payment_hash));
  return invoice ? done(toTransaction(service, invoice)) : refuse('NOT_FOUND');
}

function findInvoice({ invoices }: Service, hash: string): OpenInvoice | undefined {
  return invoices.find(({ paymentHash }) => paymentHash === hash);
}

function makeInvoice(service: Service, params: Readonly<Record<string, unknown>>): OpenInvoice {
  const createdAt = service.seconds();
  const expirySeconds = Number(params.expiry ?? 3_600);
  const amountMsat = Number(params.amount) * (service.fault === 'other-amount' ? 2 : 1);
  const description = String(params.description ?? '');
  const seed = `${service.keys.pubkey} ${service.invoices.length}`;
  const invoice: OpenInvoice = {
    ...createInvoice({ amountMsat, seed, description, createdAt, expirySeconds }),
    ...{ amountMsat, description, createdAt, expiresAt: createdAt + expirySeconds, state: 'pending' },
  };
  service.invoices.push(invoice);
  return invoice;
}

function toTransaction({ options, fault, seconds }: Service, invoice: OpenInvoice): Readonly<Record<string, unknown>> {
  const isSettled = invoice.state === 'settled';
  return {
    ...{ type: 'incoming', invoice: invoice.bolt11, description: invoice.description, amount: invoice.amountMsat },
    ...(options.tellsStates !== false && { state: invoice.state }),
    payment_hash: fault === 'other-hash' ? 'a'.repeat(64) : invoice.paymentHash,
    ...((isSettled || fault === 'tells-preimage') && { preimage: invoice.preimage }),
    ...(isSettled && { settled_at: seconds() }),
    ...{ fees_paid: 0, created_at: invoice.createdAt, expires_at: invoice.expiresAt, metadata: {} },
  };
}

function reply(service: Service, to: { event: NostrEvent; scheme: Scheme; content: object }): void {
  const { client, fault, seconds } = service;
  const keys = fault === 'other-key' ? createKeys('somebody else') : service.keys;
  const request = fault === 'other-request' ? 'b'.repeat(64) : to.event.id;
  const text = fault === 'no-json' ? 'an error' : JSON.stringify(to.content);
  const content = fault === 'garbage' ? 'AAAA' : encrypt({ ...service, keys }, to.scheme, text);
  const tags: Tag[] = [
    ['p', client.pubkey],
    ['e', request],
  ];
  const event = signEvent({ pubkey: keys.pubkey, created_at: seconds(), kind: 23_195, tags, content }, keys.secret);
  service.send(fault === 'forged' ? { ...event, sig: '0'.repeat(128) } : event);
}

function notification(service: Service, scheme: Scheme, content: unknown): NostrEvent {
  const { keys, client, seconds } = service;
  const kind = scheme === 'nip44_v2' ? 23_197 : 23_196;
  const text = encrypt(service, scheme, JSON.stringify(content) ?? '');
  const tags: Tag[] = [['p', client.pubkey]];
  return signEvent({ pubkey: keys.pubkey, created_at: seconds(), kind, tags, content: text }, keys.secret);
}

function encrypt({ keys, client }: Pick<Service, 'keys' | 'client'>, scheme: Scheme, text: string): string {
  return scheme === 'nip44_v2'
    ? encryptNip44(text, getConversationKey(keys.secret, client.pubkey))
    : encryptNip04(text, { secret: keys.secret, pubkey: client.pubkey });
}

function decrypt({ keys, client }: Service, scheme: Scheme, content: string): string {
  return scheme === 'nip44_v2'
    ? decryptNip44(content, getConversationKey(keys.secret, client.pubkey))
    : decryptNip04(content, keys.secret, client.pubkey);
}
