import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Address } from './address.ts';
import { type Invoice, isPreimageOf, parseInvoice } from './bolt11.ts';
import { InvalidError } from './errors.ts';
import { isHex64, type NostrEvent, parseEvent, type UnsignedEvent } from './event.ts';
import { Kind } from './kinds.ts';
import { zapRequestCharactersMax } from './limits.ts';
import { readAddress, readKind, readRelay } from './references.ts';
import { getTagValue, getTagValues } from './tags.ts';
import { verifyEvent } from './verify.ts';

/** Why a zap receipt does not count. */
export type ZapFault =
  /** Not kind 9735. */
  | 'kind'
  /** No `bolt11` tag, or one that cannot be read, or an invoice for another network than Bitcoin's. */
  | 'invoice'
  /** The invoice leaves the amount to the payer. */
  | 'amount-missing'
  /** The request asks for another amount than the invoice. */
  | 'amount'
  /** No `description` tag, or one that is no zap request, too long, or wrong in itself (NIP-57 Appendix D). */
  | 'request'
  /** Id or signature of the request are wrong: the sender did not say this. */
  | 'request-signature'
  /** Receipt and request name different recipients, or the receipt none. */
  | 'recipient'
  /** Receipt and request name different targets. */
  | 'target'
  /** The receipt is not signed by the recipient's Lightning server. */
  | 'zapper';

/** What is odd about a receipt without making it worthless. */
export type ZapRemark =
  /** The invoice commits to another description than the receipt shows; so do two thirds of the real ones. */
  | 'description-hash'
  /** The invoice has no payment hash: it was not paid over Lightning. */
  | 'payment-hash'
  /** The preimage is not the one that the invoice asks for. */
  | 'preimage'
  /** The receipt names another sender than the request. */
  | 'sender';

/** A zap receipt (kind 9735, NIP-57) taken apart. Fields that could not be read are undefined. */
export interface ZapReceipt {
  /** Empty where the receipt counts. */
  readonly faults: readonly ZapFault[];
  readonly remarks: readonly ZapRemark[];
  /** Who signed the request: a throw-away key where `isAnonymous`. */
  readonly sender?: string | undefined;
  readonly recipient?: string | undefined;
  readonly targetId?: string | undefined;
  readonly targetAddress?: Address | undefined;
  /** The kind of the target, as the sender says. */
  readonly targetKind?: number | undefined;
  /** Millisatoshi, from the invoice. */
  readonly amountMsat?: number | undefined;
  /** What the sender wrote; may be empty. */
  readonly comment: string;
  readonly isAnonymous: boolean;
}

/** Options of `validateZapReceipt`. */
export interface ZapOptions {
  /** The `nostrPubkey` of the recipient's Lightning server; without it any signer counts, which proves nothing. */
  readonly zapper?: string | undefined;
  /** Checks id and signature of the request; `verifyEvent` unless told, which takes a millisecond. */
  readonly verify?: ((request: NostrEvent) => unknown) | undefined;
}

/**
 * Takes a zap receipt apart and checks it (NIP-57 Appendix F). Never throws. A receipt without faults still proves only
 * that its signer says so: with a `zapper` that is the recipient's own Lightning server.
 */
export function validateZapReceipt(receipt: NostrEvent, options: ZapOptions = {}): ZapReceipt {
  const { zapper, verify = verifyEvent } = options;
  const invoice = readInvoice(receipt);
  const description = getTagValue(receipt, 'description');
  const request = readRequest(description);
  const faults: ZapFault[] = [];
  const check = (fault: ZapFault, holds: boolean): void => {
    if (!holds) faults.push(fault);
  };
  check('kind', receipt.kind === Kind.zapReceipt);
  check('invoice', invoice?.network === 'bitcoin');
  check('amount-missing', invoice === undefined || invoice.amountMsat !== undefined);
  check('request', request !== undefined && isWellFormedRequest(request));
  check('recipient', isHex64(getTagValue(receipt, 'p')));
  check('zapper', zapper === undefined || receipt.pubkey === zapper);
  if (request) {
    check('request-signature', Boolean(verify(request)));
    check('amount', agrees(getTagValue(request, 'amount'), invoice?.amountMsat?.toString()));
    if (!faults.includes('recipient')) check('recipient', getTagValue(receipt, 'p') === getTagValue(request, 'p'));
    check(
      'target',
      ['e', 'a'].every((name) => agrees(getTagValue(receipt, name), getTagValue(request, name))),
    );
  }
  return {
    faults,
    remarks: findRemarks({ receipt, request, invoice, description }),
    ...readParties(receipt, request),
    amountMsat: invoice?.amountMsat,
    comment: request?.content ?? '',
    isAnonymous: request?.tags.some(([name]) => name === 'anon') ?? false,
  };
}

/** Somebody who gets a part of a zap (NIP-57 Appendix G). */
export interface ZapShare {
  readonly pubkey: string;
  /** Where to find the receiver's profile, normalised. */
  readonly relay?: string | undefined;
  /** The part of the whole, above 0 and at most 1; the parts add up to 1. */
  readonly part: number;
}

/**
 * How zaps of an event are to be shared, by its `zap` tags; empty where it has none, so that its author gets all. Where
 * only some tags have a weight, those without get nothing; where none has, all get the same.
 */
export function parseZapShares(event: UnsignedEvent): ZapShare[] {
  const tags = event.tags.filter(([name, pubkey]) => name === 'zap' && isHex64(pubkey));
  const hasWeights = tags.some((tag) => tag[3] !== undefined && tag[3] !== '');
  const weights = tags.map((tag) => (hasWeights ? readWeight(tag[3]) : 1));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return tags.flatMap(([, pubkey = '', hint], index) => {
    const weight = weights[index] ?? 0;
    return weight > 0 ? [{ pubkey, relay: readRelay(hint), part: weight / sum }] : [];
  });
}

function readWeight(text: string | undefined): number {
  return text !== undefined && /^[0-9]{1,9}(?:\.[0-9]{1,9})?$/.test(text) ? Number(text) : 0;
}

/** True where one of the two is not there or both are the same. */
function agrees(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

function readInvoice(receipt: NostrEvent): Invoice | undefined {
  const text = getTagValue(receipt, 'bolt11');
  if (text === undefined) return undefined;
  try {
    return parseInvoice(text);
  } catch (error) {
    if (error instanceof InvalidError) return undefined;
    throw error;
  }
}

function readRequest(description: string | undefined): NostrEvent | undefined {
  if (description === undefined || description.length > zapRequestCharactersMax) return undefined;
  try {
    const request = parseEvent(JSON.parse(description));
    return request.kind === Kind.zapRequest ? request : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InvalidError) return undefined;
    throw error;
  }
}

/** One recipient, at most one event (Appendix D). */
function isWellFormedRequest(request: NostrEvent): boolean {
  const recipients = getTagValues(request, 'p');
  return recipients.length === 1 && isHex64(recipients[0]) && getTagValues(request, 'e').length <= 1;
}

function readParties(receipt: NostrEvent, request: NostrEvent | undefined) {
  const recipient = getTagValue(receipt, 'p');
  const targetId = getTagValue(request ?? receipt, 'e') ?? getTagValue(receipt, 'e');
  return {
    sender: request?.pubkey,
    recipient: isHex64(recipient) ? recipient : undefined,
    targetId: isHex64(targetId) ? targetId : undefined,
    targetAddress: readAddress(getTagValue(request ?? receipt, 'a') ?? getTagValue(receipt, 'a')),
    targetKind: readKind(getTagValue(request ?? receipt, 'k')),
  };
}

interface ZapParts {
  readonly receipt: NostrEvent;
  readonly request: NostrEvent | undefined;
  readonly invoice: Invoice | undefined;
  readonly description: string | undefined;
}

function findRemarks({ receipt, request, invoice, description }: ZapParts): ZapRemark[] {
  const remarks: ZapRemark[] = [];
  const hash = invoice?.descriptionHash;
  if (hash !== undefined && description !== undefined && bytesToHex(sha256(utf8ToBytes(description))) !== hash) {
    remarks.push('description-hash');
  }
  if (invoice && invoice.paymentHash === undefined) remarks.push('payment-hash');
  const preimage = getTagValue(receipt, 'preimage');
  if (preimage && invoice?.paymentHash !== undefined && !isPreimageOf(invoice, preimage)) remarks.push('preimage');
  if (!agrees(getTagValue(receipt, 'P'), request?.pubkey)) remarks.push('sender');
  return remarks;
}
