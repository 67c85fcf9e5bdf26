import { dayMs } from './calendar.ts';

/** Plans of a configuration: what fits on a page of prices. */
export const plansMax = 20;

/** Days of a trial or of grace: longer than that is no trial and no grace but a gift. */
export const courtesyDaysMax = 90;

/** Millisatoshi of a price: 10 BTC. More is a typing error, and sums of prices stay far below 2^53. */
export const priceMsatMax = 1_000_000_000_000;

/** Smallest units of a price in another currency: as with the above. */
export const priceMinorMax = 100_000_000;

/** How far ahead a plan can be paid: whoever pays for longer has better use for a lifetime plan. */
export const paidAheadMs = 5 * 366 * dayMs;

/** After its quote, an upgrade can be granted for so long: late payments are looked for during 48 hours, and a day more. */
export const upgradeQuoteMs = 3 * dayMs;

/** Days before the end when people are reminded, the earliest first. */
export const reminderDays = [7, 3, 1] as const;

/** Subscriptions that one statement of the job of reminders reads. */
export const reminderPage = 500;
