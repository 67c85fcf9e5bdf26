import type { Clock, Quote } from '../contract.ts';
import { discountPercentMax, discountWaitMs } from './limits.ts';

/** What is to be paid through one provider; whole numbers of the smallest unit of the currency. */
export interface Amounts {
  readonly currency: string;
  readonly price: number;
  readonly discountPercent: number;
  readonly credit: number;
  readonly amount: number;
  /** The worth of `amount` in millisatoshi: what a subscription was paid with, for credits. */
  readonly amountMsat: number;
}

/**
 * The amount in a currency: first the discount, then the credit, both in favour of the buyer by what rounding leaves. At
 * least one satoshi or cent, as nothing cannot be paid. Undefined where there is no price in that currency.
 */
export function amountsIn(currency: string, quote: Quote, trustPercent: number): Amounts | undefined {
  const discountPercent = quote.isDiscounted && quote.creditMsat === 0 ? trustPercent : 0;
  const { msat, fiat } = quote.price;
  if (currency === 'msat') {
    const amount = Math.max(wholeSats(share(msat, 100 - discountPercent, 100) - quote.creditMsat), 1000);
    return { currency, price: msat, discountPercent, credit: quote.creditMsat, amount, amountMsat: amount };
  }
  if (fiat === undefined || fiat.currency !== currency) return undefined;
  const credit = share(fiat.minor, quote.creditMsat, msat);
  const amount = Math.max(share(fiat.minor, 100 - discountPercent, 100) - credit, 1);
  return { currency, price: fiat.minor, discountPercent, credit, amount, amountMsat: share(msat, amount, fiat.minor) };
}

/** `of · part / whole` in whole numbers, rounded down; the product may exceed 2^53. */
export function share(of: number, part: number, whole: number): number {
  return Number((BigInt(of) * BigInt(part)) / BigInt(whole));
}

function wholeSats(msat: number): number {
  return Math.floor(msat / 1000) * 1000;
}

/** Percent that somebody's trust takes off: 0 where nobody knows, or not in time. Never rejects. */
export async function waitForDiscount(
  load: () => Promise<number>,
  { clock, onFailure }: { readonly clock: Pick<Clock, 'after'>; readonly onFailure: () => void },
): Promise<number> {
  let cancel: (() => void) | undefined;
  const late = new Promise<number>((resolve) => {
    cancel = clock.after(discountWaitMs, () => resolve(0));
  });
  const asked = Promise.resolve()
    .then(load)
    .catch(() => {
      onFailure();
      return 0;
    });
  const percent = await Promise.race([asked, late]);
  cancel?.();
  return Number.isFinite(percent) ? Math.min(Math.max(Math.floor(percent), 0), discountPercentMax) : 0;
}
