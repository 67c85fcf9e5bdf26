/** Changes in one batch and transaction: some tens of milliseconds of work, and tens of megabytes of the longest events. */
export const batchChangesMax = 500;

/** The pause before a view that failed is tried again, and the longest pause; each is twice the one before. */
export const retryMinMs = 100;
/** The longest pause between attempts: a database that is back is noticed within half a minute. */
export const retryMaxMs = 30_000;

/** Differences that `rebuild --verify` reports: enough to see what is wrong, not a second copy of the table. */
export const differencesMax = 20;
