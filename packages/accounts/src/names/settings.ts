import type { Price } from '../contract.ts';
import { type NamePeriods, usualPeriods } from './phases.ts';

/** What names of at least that many characters cost a year. */
export interface LengthPrice {
  readonly charactersMin: number;
  readonly price: Price;
}

/** What the operator decides about names. */
export interface NameSettings {
  /** Hosts on which names are sold, in lower case; the first is meant where none is given. */
  readonly hosts: readonly string[];
  /** What is shorter than all of these is not for sale. */
  readonly prices: readonly LengthPrice[];
  readonly periods: NamePeriods;
  /** Names that only an admin gives out, besides the built-in words. */
  readonly reserved: readonly string[];
  /** Names that nobody gets. */
  readonly blocked: readonly string[];
  /** Names with a price of their own a year. */
  readonly premium: readonly { readonly local: string; readonly price: Price }[];
}

const satoshi = 1000;

/** Prices a year unless the operator sets others: 21,000 sat from five characters on. */
export const usualPrices: readonly LengthPrice[] = [
  { charactersMin: 5, price: { msat: 21_000 * satoshi } },
  { charactersMin: 4, price: { msat: 210_000 * satoshi } },
  { charactersMin: 3, price: { msat: 2_100_000 * satoshi } },
];

/** Fills in what the operator did not set. */
export function createNameSettings(given: Partial<NameSettings> & Pick<NameSettings, 'hosts'>): NameSettings {
  return { prices: usualPrices, periods: usualPeriods, reserved: [], blocked: [], premium: [], ...given };
}

/** What a name of that length costs a year; undefined where it is not for sale. */
export function priceOfLength(prices: readonly LengthPrice[], characters: number): Price | undefined {
  const reached = prices.filter(({ charactersMin }) => characters >= charactersMin);
  return reached.reduce<LengthPrice | undefined>(
    (best, price) => (best === undefined || price.charactersMin > best.charactersMin ? price : best),
    undefined,
  )?.price;
}

/** So many years of a price. */
export function timesYears({ msat, fiat }: Price, years: number): Price {
  if (fiat === undefined) return { msat: msat * years };
  return { msat: msat * years, fiat: { currency: fiat.currency, minor: fiat.minor * years } };
}
