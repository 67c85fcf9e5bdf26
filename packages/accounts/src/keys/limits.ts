/** Characters of a key's name: it is shown in lists. */
export const nameCharsMax = 60;

/** Addresses and networks that a key can be bound to: an office and its ways out, not a list of customers. */
export const addressesMax = 20;

/** Keys made by one person within a day, the revoked ones included: their rows are kept. */
export const madeADayMax = 100;

/** Keys of a list: more than anybody keeps; the newest are shown. */
export const listedMax = 500;

/** How long a key can be made for: nobody remembers where an older one is. */
export const lifeMsMax = 5 * 365 * 86_400_000;

/** How long a replaced key may go on working: a week to find all the places where it is. */
export const overlapSecondsMax = 7 * 86_400;

/** How long it does unless told: a day. */
export const overlapSecondsUsual = 86_400;

/** `used_ms` is written no more often than this: it tells people whether a key is in use, to the minute. */
export const usedEveryMs = 60_000;

/** Counters (of a key, an hour and a route) that wait in memory at most, about 2 MB; more of them are written at once. */
export const countersMax = 10_000;

/** Hours of usage that one answer covers: a month of 31 days. */
export const usageHoursMax = 31 * 24;

/** Hours of usage that are kept: a year and the month in which it is billed. */
export const usageHoursKept = 400 * 24;
