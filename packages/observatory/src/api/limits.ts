/** Listeners to the live stream in all, unless told: each costs a socket and a queue. */
export const listenersMax = 500;
/** Listeners to the live stream of one address, unless told: a person has a few tabs. */
export const listenersPerAddressMax = 5;
/** Pieces of the live stream that wait for one reader; who is further behind is dropped. */
export const listenerQueueMax = 32;
/** Silence after which the live stream sends a comment, so that proxies keep it open. */
export const heartbeatMs = 15_000;

/** How long an answer of the cache is waited for: longer, and the cache counts as gone. */
export const cacheMsMax = 500;
/** How long reads of the database are waited for before the last good copy is sent. */
export const readMsMax = 10_000;
/** How long a snapshot stays in the shared cache. */
export const snapshotKeptMs = 3_600_000;
/** How often this process looks for a newer snapshot: reading it again costs a look into the cache. */
export const snapshotLookMs = 2_000;
/** Snapshots are made every 5 minutes; health complains when three of them are missing. */
export const snapshotAgeMsMax = 900_000;

/** Finished bodies kept in memory, and their bytes with all encodings: a hot route has a few dozen. */
export const bodiesMax = 1_000;
export const bodyBytesMax = 64 * 2 ** 20;
/** Spellings of requests that lead to a body without being parsed again. */
export const spellingsMax = 4_000;
/** Different answers that are worked out at one time; more is refused. */
export const flightsMax = 200;
/** After this, work that has not ended is begun anew. */
export const flightMsMax = 60_000;
/** A body of the shared cache has at most 16 MiB (its contract); larger ones stay in this process. */
export const sharedCharactersMax = 4 * 2 ** 20;

/** Exports that run at one time: each reads the whole history. */
export const exportsMax = 4;
/** Buckets of one read of an export: a year of days. */
export const exportSpanMs = 366 * 86_400_000;
/** Relays of one read of an export. */
export const exportPageRows = 500;

/** Characters of a search, of a software and of a relay's URL. */
export const searchCharactersMax = 100;
export const urlCharactersMax = 600;
/** Rows of a list and buckets of a series, at most and unless told. */
export const rowsMax = 2_000;
export const rowsUsual = 100;
export const bucketsMax = 10_000;
export const bucketsUsual = 1_000;
/** The furthest `offset`. */
export const offsetMax = 1_000_000;
/** Periods of a cohort table: two years of weeks. */
export const periodsMax = 104;
/** Instants are before 2^33 seconds, as in events. */
export const secondsMax = 2 ** 33;
/** How long one export may take: a reader that stops reading gives its place back. */
export const exportMsMax = 600_000;
