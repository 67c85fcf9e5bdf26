import { InvalidError, normalizeRelayUrl } from '@nostrata/protocol';
import { z } from 'zod';
import { limits } from './limits.ts';

/** A store of a BTCPay server. */
export interface BtcpaySettings {
  /** Where the server is, without a slash at the end. */
  readonly url: string;
  readonly storeId: string;
  /** A Greenfield key that may make and see invoices of the store. */
  readonly apiKey: string;
  /** Of the store's webhook; without it deliveries are refused, and payments are found by asking alone. */
  readonly webhookSecret?: string | undefined;
}

/** A wallet of an LNbits server. */
export interface LnbitsSettings {
  readonly url: string;
  /** The invoice key: it can make and see invoices and spend nothing. */
  readonly invoiceKey: string;
  /** Goes into the path that is told to the server, as it signs nothing; without it no path is told. */
  readonly webhookSecret?: string | undefined;
}

/** An account at Stripe. */
export interface StripeSettings {
  readonly secretKey: string;
  /** Of the webhook endpoint (`whsec_…`); several, separated by commas, while one replaces the other. */
  readonly webhookSecret?: string | undefined;
  /** ISO 4217 in lower case; `usd` unless told. */
  readonly currency: string;
  /** Another address of the API, for servers of tests. */
  readonly url: string;
}

/** A wallet behind Nostr Wallet Connect (NIP-47). */
export interface NwcSettings {
  /** 64 hex digits: who the wallet service is. */
  readonly walletPubkey: string;
  /** 32 bytes: who we are to it. */
  readonly secret: Uint8Array;
  /** Normalised, at least one. */
  readonly relays: readonly string[];
}

/** Providers that are configured, each at most once. */
export interface ProviderSettings {
  readonly btcpay?: BtcpaySettings | undefined;
  readonly lnbits?: LnbitsSettings | undefined;
  readonly stripe?: StripeSettings | undefined;
  readonly nwc?: NwcSettings | undefined;
}

/**
 * Reads the settings of providers as an operator writes them:
 * `{ btcpay: { url, storeId, apiKey, webhookSecret }, lnbits: { url, invoiceKey, webhookSecret }, stripe: { secretKey,
 * webhookSecret, currency }, nwc: { uri } }`.
 * @throws InvalidError whose sentence names the setting and never its value
 */
export function parseProviders(settings: unknown): ProviderSettings {
  const { success, data, error } = shape.safeParse(settings);
  if (success) return data;
  const [issue] = error.issues;
  const where = ['providers', ...(issue?.path.map(String) ?? [])].join('.').slice(0, 100);
  throw new InvalidError(`setting ${where}: ${issue?.message ?? 'is malformed'}`);
}

/**
 * Reads a connection string: `nostr+walletconnect://<pubkey>?relay=…&relay=…&secret=…` (NIP-47).
 * @throws InvalidError
 */
export function parseNwcUri(text: string): NwcSettings {
  const [, walletPubkey, query] =
    /^nostr\+?walletconnect:(?:\/\/)?([0-9a-f]{64})\/?\?(.{1,4000})$/.exec(text.trim()) ?? [];
  if (walletPubkey === undefined)
    throw new InvalidError('is no connection string of a wallet (nostr+walletconnect://…)');
  const parameters = new URLSearchParams(query);
  const secret = parameters.get('secret') ?? '';
  if (!/^[0-9a-f]{64}$/i.test(secret)) throw new InvalidError('its secret is not 64 hex digits');
  const named = parameters.getAll('relay');
  if (named.length > limits.relaysMax) throw new InvalidError(`it names more than ${limits.relaysMax} relays`);
  const relays = named.map((url) => normalizeRelayUrl(url)).filter((url) => url !== null);
  if (relays.length === 0) throw new InvalidError('it names no relay');
  return { walletPubkey, secret: Uint8Array.from(Buffer.from(secret, 'hex')), relays: [...new Set(relays)] };
}

const word = (what: string, most = 300) =>
  z
    .string(`${what} is missing`)
    .min(1, `${what} is empty`)
    .max(most, `${what} is too long`)
    .regex(/^[\x21-\x7e]+$/, `${what} has characters that none of them has`);

/** The base of an API: no query, no user, no slash at the end. */
const address = z
  .string('the address is missing')
  .max(1_000, 'the address is too long')
  .transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const isBase = url && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
    if (isBase && /^https?:$/.test(url.protocol)) return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
    context.addIssue({ code: 'custom', message: 'is no address such as https://pay.example.com' });
    return z.NEVER;
  });

/** BTCPay takes any text that its operator thinks of. */
const secret = z
  .string()
  .min(1, 'the webhook secret is empty')
  .max(300, 'the webhook secret is too long')
  .regex(/^[\x20-\x7e]+$/, 'the webhook secret has characters that none of them has')
  .optional();

/** At least 128 bits, in what a path can carry. */
const pathSecret = z
  .string()
  .min(limits.secretCharactersMin, `the webhook secret is shorter than ${limits.secretCharactersMin} characters`)
  .max(200, 'the webhook secret is too long')
  .regex(/^[A-Za-z0-9_-]+$/, 'the webhook secret may hold letters, digits, - and _ alone')
  .optional();

const uri = z.string('the connection string is missing').transform((text, context) => {
  try {
    return parseNwcUri(text);
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const shape = z.strictObject({
  btcpay: z
    .strictObject({
      url: address,
      storeId: word('the store id', 100),
      apiKey: word('the API key'),
      webhookSecret: secret,
    })
    .optional(),
  lnbits: z.strictObject({ url: address, invoiceKey: word('the invoice key'), webhookSecret: pathSecret }).optional(),
  stripe: z
    .strictObject({
      secretKey: word('the secret key').regex(/^(sk|rk)_/, 'is no secret or restricted key (sk_… or rk_…)'),
      webhookSecret: word('the webhook secret')
        .regex(/^whsec_[^,]+(,whsec_[^,]+){0,9}$/, 'is no webhook secret (whsec_…)')
        .optional(),
      currency: z
        .string()
        .regex(/^[a-z]{3}$/, 'is no currency code such as usd')
        .default('usd'),
      url: address.default('https://api.stripe.com'),
    })
    .optional(),
  nwc: z
    .strictObject({ uri })
    .transform((set) => set.uri)
    .optional(),
});
