import { createHash } from 'node:crypto';
import { getTagValue, type NostrEvent, parseInvoice, validateZapReceipt, type ZapFault } from '@nostrata/protocol';
import { suspectSatMax, zapMsatMax } from './limits.ts';
import { type Metric, ZapState } from './tables.ts';

/** Checks id and signature of an event. */
export type ZapCheck = (request: NostrEvent) => unknown;

/** A receipt that is valid as far as it can be checked by itself. */
export interface ValidZap {
  /** Hex: the half of the payment hash, which all receipts for one payment have in common. */
  readonly invoice: string;
  readonly msat: number;
  /** A pubkey; undefined where the sender took a throw-away key. */
  readonly sender: string | undefined;
  readonly recipient: string;
}

/** What can be wrong with a receipt; `zaps_invalid` is counted by the place in this list. Never reordered. */
export const zapFaults: readonly ZapFault[] = [
  'kind',
  'invoice',
  'amount-missing',
  'amount',
  'request',
  'request-signature',
  'recipient',
  'target',
  'zapper',
];

/** Satoshi from which each bucket of the histogram begins; `zaps` and `zap_msat` are counted by the place in it. */
export const zapBuckets: readonly number[] = [0, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000, 100_000, 500_000];

/**
 * Takes a receipt apart and checks it, with the signature of the request. The amount is that of the invoice, which must
 * name one; whether the invoice commits to the request is not asked, as half of the real ones do not.
 * @returns the zap, or the first fault
 */
export function readZap(receipt: NostrEvent, verify: ZapCheck): ValidZap | ZapFault {
  const { faults, sender, recipient, amountMsat, isAnonymous } = validateZapReceipt(receipt, { verify });
  const fault = zapFaults.find((candidate) => faults.includes(candidate));
  if (fault) return fault;
  const text = getTagValue(receipt, 'bolt11');
  if (text === undefined || amountMsat === undefined || recipient === undefined) return 'invoice';
  const { paymentHash = createHash('sha256').update(text.toLowerCase()).digest('hex') } = parseInvoice(text);
  return {
    invoice: paymentHash.slice(0, 32),
    msat: amountMsat,
    sender: isAnonymous ? undefined : sender,
    recipient,
  };
}

/** A zap as it is counted. */
export interface ZapAmount {
  readonly msat: number;
  readonly state: number;
}

/** What a zap adds to the ledger. */
export function listZapAmounts({
  msat,
  state,
}: ZapAmount): readonly (readonly [Metric, key: number, amount: number])[] {
  const sat = Math.floor(msat / 1_000);
  if (state === ZapState.duplicate) return [['zaps_duplicate', 0, 1]];
  if (state === ZapState.suspect) {
    return [
      ['zaps_suspect', 0, 1],
      ['zap_sat_suspect', 0, Math.min(sat, suspectSatMax)],
    ];
  }
  const bucket = zapBuckets.findLastIndex((from) => sat >= from);
  return [
    ['zaps', bucket, 1],
    ['zap_msat', bucket, msat],
  ];
}

/** The state of the receipt that counts for its invoice. */
export function stateOfFirst(msat: number): number {
  return msat > zapMsatMax ? ZapState.suspect : ZapState.counted;
}
