/**
 * Days and hours whose authors are kept as sets in memory: two years and a month, two days and an hour. A set takes an
 * eighth of a byte for every author there is. Of the users of clients, who take four bytes each, a quarter is kept.
 */
export const bucketSetsMax = { day: 761, hour: 49, clientDay: 92 } as const;

/**
 * Buckets whose sums are kept in memory, a hundred bytes each: more than two months of hours, and all days since there
 * is Nostr. Everything is read again so often, as a rebuild of the roll-ups marks nothing.
 */
export const bucketSumsMax = { day: 4_000, hour: 2_000 } as const;
export const bucketSumsMs = 3_600_000;

/** Buckets whose users by tier are kept in memory. */
export const tierSpansMax = 1_000;

/** Authors read in one statement. */
export const authorsPerPage = 20_000;

/** Cohorts that a snapshot shows are made of at most so many weeks or months. */
export const periodsMax = 104;

/** Clients that are named in one answer; the rest is counted together. */
export const clientsMax = 100;

/** Users that a client needs to be named: anybody can write any name into an event. */
export const clientUsersMin = 5;

/** Buckets of one series at most, where the caller says nothing. */
export const bucketsDefault = 1_000;

/** Milliseconds for which a snapshot stays in the cache. */
export const snapshotCacheMs = 3_600_000;

/** Snapshots of each five minutes are kept so many days; of each day the last one is kept for ever. */
export const snapshotDays = 7;

/** Milliseconds for which one process alone computes snapshots. */
export const snapshotLeaseMs = 120_000;

/**
 * Users of clients over all time are counted anew after so many times as long as that took, and after so many
 * milliseconds at the latest: where there are few, at once.
 */
export const clientTotalsPauses = 300;
export const clientTotalsMs = 3_600_000;

/** Relays that a snapshot names. */
export const topRelaysMax = 10;

/** Full sightings are kept of one event in so many: those whose id begins with 00. */
export const sampleOneIn = 256;

/** Users within two steps of the anchors at most: beyond that the anchors say nothing. */
export const anchoredMax = 1_000_000;

/** Authors asked for in one filter. */
export const authorsPerFilter = 500;

/** Coverage: for how long what was read counts as fresh, the last hours that are read again, and when all of them are. */
export const coverageFreshMs = 10_000;
export const coverageHours = 48;
export const coverageWholeMs = 3_600_000;

/** Sightings that an estimate is made from at most. */
export const sightingRowsMax = 200_000;

/** Hours whose sketches are united for one estimate: 92 days, up to 36 MB. */
export const sketchHoursMax = 92 * 24;
