/** What a provider is asked to collect. */
export interface InvoiceRequest {
  /** Our id of the payment: the provider keeps it with the invoice, and the same id never makes a second one where it can tell. */
  readonly paymentId: string;
  /** Whole number of the smallest unit; in msat a multiple of 1,000. Above 0. */
  readonly amount: number;
  /** `msat`, or a currency code in lower case; always the one the provider says it takes. */
  readonly currency: string;
  /** One line for the payer: `Pro, one year`; at most 200 characters. */
  readonly description: string;
  /** When it should stop being payable. Providers with a minimum may say a later time in what they return. */
  readonly expiresMs: number;
  /** Where the browser goes afterwards. */
  readonly returnUrl: string;
  /** Where the provider tells about it, without a secret: `https://…/api/v1/webhooks/<name>`. */
  readonly webhookUrl: string;
}

/** An invoice that a provider made. */
export interface OpenedInvoice {
  /** What the provider calls it: id of the invoice, of the checkout session, or the payment hash; at most 200 characters. */
  readonly ref: string;
  readonly bolt11: string | null;
  /** 64 hex digits in lower case; null where there is no Lightning invoice. */
  readonly paymentHash: string | null;
  /** A page of the provider to pay on. */
  readonly checkoutUrl: string | null;
  readonly expiresMs: number;
}

/**
 * What a provider says of an invoice right now. Whether that is too little, too much or too late is not for the provider
 * to judge: it tells all that came in.
 */
export interface InvoiceState {
  /**
   * `paid`: at least the whole amount is here for good. `processing`: it came but is not final. `expired`: it cannot be
   * paid any more, as far as the provider tells. `failed`: given up or refused. `unknown`: there is no such invoice.
   */
  readonly state: 'pending' | 'processing' | 'paid' | 'expired' | 'failed' | 'unknown';
  /** All that came for good so far, in the smallest unit of `currency`; 0 for nothing. Partial payments show here while `pending` or `expired`. */
  readonly paidAmount: number;
  readonly currency: string;
  /** Our id of the payment as the provider kept it; null where it keeps none. */
  readonly paymentId: string | null;
  /** 64 hex digits each, where Lightning tells them; the provider has checked that one is the hash of the other. */
  readonly paymentHash: string | null;
  readonly preimage: string | null;
  /**
   * True where the operator declared it paid by hand at the provider: `paidAmount` is then at least what was asked for,
   * whatever came. Worth a note wherever it is credited.
   */
  readonly isMarked?: boolean | undefined;
}

/** Something that was posted to the webhook of a provider, unread. */
export interface Delivery {
  /** By name in lower case. */
  header(name: string): string | undefined;
  readonly rawBody: Uint8Array;
  /** What the path carried behind the name of the provider; undefined where nothing. */
  readonly pathSecret: string | undefined;
}

/** What a delivery is: from the provider, or not. */
export type DeliveryReading =
  | {
      readonly ok: true;
      /** The same for a repetition of the same delivery; the digest of the body where the provider names none. At most 200 characters. */
      readonly deliveryId: string;
      /** The invoice it is about; null where it is about none of ours. */
      readonly ref: string | null;
    }
  | { readonly ok: false; readonly reason: 'no-secret' | 'forged' | 'stale' | 'malformed' };

/** Why a provider could not do what it was asked for. */
export type ProviderFault =
  /** Not reached, too slow, overloaded, or an error of its own: asking again may help. */
  | 'away'
  /** It answered that it will not: wrong credentials, wrong store, an amount it does not take. */
  | 'refused'
  /** It answered something that cannot be understood. */
  | 'malformed';

/** A provider could not be asked; the message is one sentence without secrets. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly fault: ProviderFault;

  constructor(fault: ProviderFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

/** Somebody who collects money: a BTCPay store, an LNbits wallet, a Stripe account, a wallet behind NWC. */
export interface PaymentProvider {
  /** As it is in routes, configuration and on payments: `btcpay`, `lnbits`, `stripe`, `nwc`. */
  readonly name: string;
  readonly kind: 'lightning' | 'card';
  /** `msat`, or a currency code in lower case (`usd`): what invoices are made in. */
  readonly currency: string;
  /** Decimal places of the smallest unit, for people: 2 for cents; ignored of msat. */
  readonly minorDigits?: number | undefined;
  /** Makes an invoice. Bounded in time by the provider itself. @throws ProviderError */
  create(asked: InvoiceRequest): Promise<OpenedInvoice>;
  /** Asks for the state of an invoice. @throws ProviderError */
  load(ref: string): Promise<InvoiceState>;
  /**
   * Says whether a delivery really comes from the provider: signature over the raw body, or the secret in the path, compared
   * in constant time; without a configured secret nothing is accepted. It is only a hint that `load` is worth a look.
   * Undefined of providers that never call.
   */
  readDelivery?(delivery: Delivery): DeliveryReading;
  /** Listens for payments that the provider tells of by itself, reconnects on its own, until it is stopped. Hints only. */
  watch?(onHint: (ref: string) => void): { stop(): Promise<void> };
  /** Gives back connections. Idempotent. */
  stop?(): Promise<void>;
}
