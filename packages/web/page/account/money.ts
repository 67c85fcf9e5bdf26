import type { PriceAnswer } from './answers.ts';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 3 });

/** An amount in the smallest unit of its currency: `21,000 sat`, `$9.00`. */
export function formatAmount(amount: number, currency: string): string {
  if (currency === 'msat') return `${whole.format(amount / 1000)} sat`;
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency: currency.toUpperCase() });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount / 10 ** digits);
  } catch {
    return `${amount} ${currency}`; // A code that this browser does not know.
  }
}

/** A price in satoshi, and in money where it has one. */
export function formatPrice({ msat, fiat }: PriceAnswer): string {
  const sats = formatAmount(msat, 'msat');
  return fiat === undefined ? sats : `${sats} or ${formatAmount(fiat.minor, fiat.currency)}`;
}
