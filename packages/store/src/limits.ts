/** Rows that a page of a read examines before it lets others work: about 10 ms of checks in JavaScript. */
export const pageRowsMax = 5_000;

/** Events in one page: a few hundred kilobytes of text. */
export const pageEventsMax = 500;

/** NIP-77 items in one page: 44 bytes each on the wire. */
export const pageItemsMax = 5_000;

/** Log entries that `changes` returns unless told. */
export const changesDefault = 1_000;

/** Events that `retain` and `expire` remove in one transaction unless told. */
export const removalBatchEvents = 1_000;

/** Characters of a provenance source; relay URLs are shorter. */
export const sourceCharactersMax = 512;
