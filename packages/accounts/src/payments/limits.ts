/** How long an invoice can be paid; names are held for as long. Long enough to find a wallet, short enough for the others who want the name. */
export const invoiceMs = 15 * 60_000;

/** Discount at most, in percent: trust is worth half a price and never all of it. */
export const discountPercentMax = 50;

/** How long the discount is waited for: no trust means no discount, never no payment. */
export const discountWaitMs = 300;

/** Open payments of one user: more is no way of shopping. */
export const openPaymentsMax = 20;

/** Bytes of what a provider sends to a webhook; the greatest of them, an event of Stripe, has about 10 KiB. */
export const deliveryBytesMax = 256 * 1024;

/** Characters of a delivery that are kept; the state is asked for anyway. */
export const deliveryTextMax = 64 * 1024;

/** Characters of what providers call an invoice or a delivery. */
export const refLengthMax = 200;

/** Characters of an invoice of Lightning. */
export const bolt11LengthMax = 4096;

/** Characters of an `Idempotency-Key`. */
export const idempotencyKeyMax = 100;

/** Payments and deliveries that one turn of a job takes up. */
export const turnMax = 100;

/** Payments that a turn asks providers about at the same time. */
export const turnParallel = 4;

/** For so long nobody else takes up what a process has claimed: above the slowest answer of a provider. */
export const claimMs = 60_000;

/** How long payments are looked after once their invoice has expired, or they were settled: late and second payments. */
export const afterwardsMs = 48 * 3_600_000;

/** After so long a payment is given up whose provider could not be asked: no outage takes a week and two days. */
export const giveUpMs = 9 * 24 * 3_600_000;

/**
 * The time between two looks at a payment: half of its age, but not less and not more than this; from an hour on where it
 * is settled, and only a second payment could come. About 20 looks in all.
 */
export const lookAgain = { leastMs: 15_000, mostMs: 4 * 3_600_000, settledMs: 3_600_000, part: 2 } as const;

/** Attempts at a delivery, and the wait after the first, which doubles: a day and more together. */
export const deliveryRetry = { attemptsMax: 14, firstMs: 10_000, mostMs: 4 * 3_600_000 } as const;

/** Attempts at a delivery about an invoice that is not known: it may overtake the answer that names it, but not for long. */
export const unknownAttemptsMax = 5;

/** How long deliveries are kept that were worked on. */
export const deliveryKeepMs = 30 * 24 * 3_600_000;

/** Payments, receipts and refunds of one page. */
export const pageMax = 50;

/** Rows that one statement of the check of accounts reads. */
export const checkPage = 500;

/** Findings that the check of accounts tells; more of them say no more. */
export const findingsMax = 200;
