/**
 * Changes in one batch and transaction: some 50 milliseconds of work.
 * Half of them cost a sixth more time for each change, as every commit writes whole pages.
 */
export const batchChangesMax = 1_000;

/** A batch of long events ends when it has so many characters of JSON: 16 MB, four times a batch of real events. */
export const batchCharactersMax = 16_000_000;

/** Changes read from the log at a time: 32 MB at most, if all of them are as long as the door lets in. */
export const pageChanges = 250;

/** The pause before a view that failed is tried again, and the longest pause; each is twice the one before. */
export const retryMinMs = 100;
/** The longest pause between attempts: a database that is back is noticed within half a minute. */
export const retryMaxMs = 30_000;

/** Differences that `rebuild --verify` reports: enough to see what is wrong, not a second copy of the table. */
export const differencesMax = 20;

/**
 * The longest `d` tag, address and external id that rows are kept under: PostgreSQL's index entries end at 2,700 bytes,
 * and four bytes a character are possible. Longer ones have no rows.
 */
export const keyCharactersMax = 500;

/**
 * What one zap may add, in millisatoshi: 100 bitcoin. Anybody can sign a receipt for more than there is, and sums of
 * such would leave the whole numbers; those receipts do not count.
 */
export const zapMsatMax = 10_000_000_000_000;

/** Sums are told up to here: what a JavaScript number holds exactly. */
export const sumMax = Number.MAX_SAFE_INTEGER;

/** Words of one profile that search finds it by, and their length: names of people, not texts. */
export const profileTokensMax = 32;
/** The longest word that search keeps of a profile. */
export const tokenCharactersMax = 64;

/** Profiles that one search looks at before it ranks them: a prefix of one letter fits a tenth of all. */
export const searchCandidatesMax = 1_000;
/** Words of one search. */
export const searchTokensMax = 8;

/** Authors whose follow lists are compared at a time: their lists are in memory meanwhile, some 100 kB each. */
export const followListsMax = 128;

/** How much of the reason of a deletion request is kept: a sentence or two. */
export const deletionReasonCharactersMax = 500;

/** SQLite's cache for the rows of views, in KiB: larger than what one batch changes, so that it is written once. */
export const sqliteCacheKib = 32_768;

/** Bytes of a page of SQLite: with 4,096 the same work took a sixth more time, with 2,048 a third more than that. */
export const sqlitePageBytes = 8_192;

/** Pages of SQLite's log before it is carried over (32 MB): pages that change again and again are carried over once. */
export const sqliteCheckpointPages = 4_000;

/** Zap receipts checked in one go: some ten milliseconds, after which the thread is given away. */
export const receiptsAtOnce = 8;
