/** Streams × limit up to which every stream is read to the full limit at once; above it, a first look comes first. */
export const fullDepthRowsMax = 1_000;

/** Rows that the first look takes of each stream at least, and at most. */
export const firstLookMin = 2;
/** Rows that the first look takes of each stream at most. */
export const firstLookMax = 50;

/** Times that a batch is tried again when the server breaks a deadlock. */
export const retriesMax = 5;

/** Changes that are read at once for followers who missed some. */
export const catchUpChanges = 1_000;

/** Milliseconds between two looks at the log while nothing is heard: notifications are quicker, this is the net below. */
export const pollMs = 500;

/** Sightings kept in memory before they are written. */
export const sightingsPendingMax = 10_000;

/** Milliseconds that a sighting waits for others before it is written. */
export const sightingsDelayMs = 200;

/** Names of sources whose numbers are remembered. */
export const sourcesKnownMax = 20_000;

/** Events whose text is held at once while rows are removed, rebuilt or checked. */
export const maintenanceEvents = 1_000;

/** Characters of an indexed word: PostgreSQL takes 2,046 bytes. */
export const wordCharactersMax = 500;

/** PostgreSQL's greatest place of a word in a text, and the most places that it keeps of one word. */
export const positionMax = 16_383;
/** The most places of one word that PostgreSQL keeps. */
export const positionsMax = 255;

/** Sentences that a check returns at most. */
export const problemsMax = 1_000;

/** Below this size a store is rewritten whenever retention removed something: it takes about a second. */
export const smallStoreBytes = 64 * 1024 * 1024;

/** Above this share of removed events a store is rewritten, so that the space really comes back. */
export const rewriteShare = 0.2;

/** Tag values that are looked for in a text one by one; above it, parsing the text is quicker. */
export const needlesMax = 8;

/**
 * Authors × kinds from which a look at the newest events of these kinds comes before a look at every author. At 300, a
 * look in vain for quiet authors cost more than it gave for others.
 */
export const walkStreamsMin = 500;

/** Kinds of a filter up to which its newest events are looked at. */
export const walkKindsMax = 8;

/** Events of each kind, for each author, that such a look passes by at most: it then costs a fraction of what it may save. */
export const walkEventsPerAuthor = 1;
