/** Characters of a key, a lease's name or a channel's name. */
export const keyCharactersMax = 512;

/** Bytes of a value or a message in UTF-8: the largest answer that is worth keeping, not a place for files. */
export const valueBytesMax = 16 * 1024 * 1024;

/** Keys of one call: ten batches of the collector, and a reply that Redis still gives in milliseconds. */
export const keysPerCallMax = 10_000;

/** Keys that one command or one stretch of a pipeline names, so that other clients of Redis get their turn between. */
export const keysPerCommandMax = 1_000;

/** Longest life of a value, a window or a lease: a year and a day. Whatever lasts longer belongs into a database. */
export const ttlMsMax = 366 * 86_400_000;

/** Largest step of one count; with it a counter cannot leave the exact numbers within its window. */
export const countStepMax = 1_000_000_000;

/** Entries of a memory cache unless told: the addresses that a busy day's rate limit counts. */
export const memoryEntriesMax = 200_000;

/** Bytes of a memory cache unless told: every answer of the API several times over. */
export const memoryBytesMax = 64 * 1024 * 1024;

/** What an entry costs besides its text: the heap grew by 193 bytes an entry over 100,000 short ones. */
export const entryOverheadBytes = 200;

/** Leases held at once in memory; they are never evicted, so the next is refused. */
export const memoryLeasesMax = 10_000;

/** A full memory cache looks for what has run out before it evicts, but not more often than this. */
export const sweepPauseMs = 1_000;

/** How long a connection to Redis may take, including its greeting. */
export const connectTimeoutMs = 3_000;

/** How long a command may take unless told; whoever waits for the cache could do without it. */
export const commandTimeoutMs = 2_000;

/** A connection that owes answers and has been silent for so many command timeouts is given up. */
export const silentTimeouts = 1.5;

/** The pause before the first attempt to connect again; it doubles from there. */
export const reconnectMinMs = 50;

/** The longest pause between attempts: a Redis that is back is noticed within a second. */
export const reconnectMaxMs = 1_000;

/** Calls that wait for Redis at once; the next is refused. Some seconds of a full day's load, and bounded memory. */
export const callsUnderWayMax = 10_000;
