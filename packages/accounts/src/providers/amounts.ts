import { ProviderError } from '../payments/provider.ts';

/** Picosatoshi do not exist: eleven decimals of a bitcoin are a millisatoshi. */
const msatDigits = 11;

/** Whole satoshi as bitcoin with eight decimals: `21000` is `0.00021000`. */
export function formatBitcoin(sat: number): string {
  const digits = String(sat).padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

/**
 * Reads a decimal number of bitcoin as millisatoshi, without any floating point; what is below a millisatoshi is left off.
 * @throws ProviderError where it is no number, or more than can be counted
 */
export function parseBitcoin(text: string): number {
  return parseDecimal(text, msatDigits);
}

/**
 * Reads a decimal number as whole units of so many decimals; smaller parts are left off, towards zero.
 * @throws ProviderError
 */
export function parseDecimal(text: string, digits: number): number {
  const [, sign, whole = '', rest = ''] = /^(-?)(\d{1,15})(?:\.(\d{1,30}))?$/.exec(text) ?? [];
  if (sign === undefined) throw new ProviderError('malformed', 'the provider told an amount that is no decimal number');
  const units = Number(BigInt(whole + rest.slice(0, digits).padEnd(digits, '0')));
  if (!Number.isSafeInteger(units))
    throw new ProviderError('malformed', 'the provider told an amount beyond all bounds');
  return sign === '-' && units !== 0 ? -units : units;
}

/**
 * The whole satoshi of an amount in millisatoshi.
 * @throws ProviderError where there is a rest: these providers know nothing smaller
 */
export function wholeSat(amountMsat: number): number {
  if (!Number.isSafeInteger(amountMsat) || amountMsat <= 0 || amountMsat % 1_000 !== 0) {
    throw new ProviderError('refused', 'the amount is not a whole number of satoshi above zero');
  }
  return amountMsat / 1_000;
}
