/** Milliseconds of work after which a page ends, so that the thread can serve others. */
export const sliceMs = 10;

/** Steps after which a page ends, whatever the clock says. */
export const sliceStepsMax = 8;

/** Index entries looked at in one step between two looks at the clock; about a millisecond. */
export const stepRowsMax = 2_000;

/** Characters of events after which a page ends, and above which the next step reads fewer. */
export const pageCharactersMax = 4 * 1024 * 1024;

/** Events that are fetched by their ids in one step; each may be half a megabyte. */
export const idRowsMax = 64;

/** Runs that are merged one statement each; above it one statement covers all runs of a kind. */
export const mergedRunsMax = 16;

/** Entries read of each run at first, beside twice its share. */
export const headRows = 4;

/** Index entries that one statement over many runs may give before the time range is narrowed. */
export const manyRowsMax = 4_000;

/** Index entries up to which an index is narrow enough, whatever the alternatives; four times as many are counted. */
export const probeRows = 50;

/** Runs up to which a look at their size pays. */
export const probedRunsMax = 12;

/** How often a guess of how far back to read is widened before everything is read, in bounded pieces. */
export const guessesMax = 3;

/** Index entries walked at first, to learn how busy many authors are. */
export const walkRowsMin = 200;

/** Cost of looking for a run of an author, in index entries that could be walked meanwhile (measured). */
export const seekCostRows = 5;

/** Bytes of event texts kept in memory by default. */
export const cacheBytesDefault = 48 * 1024 * 1024;

/** Bytes of a cached event beside its text: the object, the map's slot, the string's head. */
export const cacheEntryOverheadBytes = 160;

/** Page cache of the writing connection, in KiB. */
export const writerCacheKib = 64 * 1024;

/** Page cache of the reading connection, in KiB. */
export const readerCacheKib = 16 * 1024;

/** Page cache of a search with many matches, which has a connection of its own, in KiB. */
export const searchCacheKib = 4 * 1024;

/** Size of a database page. */
export const pageBytes = 4_096;

/** Pages of the write-ahead log after which they are moved into the database: 64 MB. */
export const checkpointPages = 16_000;

/** Size of the write-ahead log above which readers are waited for, so that it cannot grow without bound. */
export const walBytesMax = 512 * 1024 * 1024;

/** Events in one transaction where several batches wait; a batch is never split. */
export const groupEventsMax = 5_000;

/** Groups on their way to the writer: one that is written, and one that is ready when it is done. */
export const groupsInFlightMax = 2;

/** Sightings of known events that wait for the writer; then, and after a second, they are written together. */
export const sightingsQueueMax = 1_000;

/** Milliseconds that a sighting waits at most. */
export const sightingsDelayMs = 1_000;

/** Sightings that may wait while the writer is busy; above it the oldest are dropped. */
export const sightingsWaitingMax = 100_000;

/** Milliseconds between two looks for commits of other processes. */
export const pollMs = 200;

/** Events indexed for search in one transaction. */
export const searchBatchEvents = 500;

/** Matches of a search fetched between two looks at the clock. */
export const searchPartRows = 500;

/** Such parts after which others have their turn, whatever the clock says. */
export const searchPartsMax = 16;

/** Pages given back to the file system in one step: 16 MB. */
export const vacuumPages = 4_000;

/** Problems that an integrity check lists before it stops. */
export const problemsMax = 100;
