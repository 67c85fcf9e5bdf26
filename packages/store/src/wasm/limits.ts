/** Bytes of event texts that a browser's worker keeps in memory: a third of what a server does. */
export const browserCacheBytes = 16 * 1024 * 1024;

/** SQLite's page cache in a browser's worker, in KiB. */
export const browserPageCacheKib = 16 * 1024;

/** Pages of the write-ahead log after which they are moved into the database: 16 MB. */
export const browserWalPages = 4_000;

/** Events of a page below which the next one is worked out with it, to save a message. */
export const joinedPageEvents = 400;

/** Milliseconds between attempts to take the files of a tab that has just ended, and how many there are. */
export const takeFilesPauseMs = 50;
/** A tab's files are free within milliseconds of its end; ten seconds is a browser in trouble. */
export const takeFilesAttempts = 200;

/** Characters of a storage's name: with its encoding it is the name of a folder. */
export const nameCharactersMax = 80;
