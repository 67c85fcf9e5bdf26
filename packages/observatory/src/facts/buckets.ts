/** The bucket of events that say they are older than Nostr, or from a time that no series reaches: in totals only. */
export const undated = -1;

/** 7 November 2020, the day of the first commit of Nostr, in seconds. */
const firstSecond = 1_604_707_200;

/** In the year 2242: what is later was not meant as a time. */
const lastSecond = 2 ** 33;

/** The hour that an event belongs to, counted from 1970 in UTC, or `undated`. */
export function toHour(createdAt: number): number {
  return createdAt >= firstSecond && createdAt <= lastSecond ? Math.floor(createdAt / 3_600) : undated;
}

/** The day that an hour belongs to, counted from 1970 in UTC, or `undated`. */
export function toDay(hour: number): number {
  return hour === undated ? undated : Math.floor(hour / 24);
}
