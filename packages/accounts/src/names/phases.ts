import { expiredMs, graceMs, holdMs, quarantineMs } from './limits.ts';

/** Phases of a name, in the order of time. Served are `active` and `grace`. */
export type NamePhase = 'held' | 'active' | 'grace' | 'expired' | 'quarantine' | 'free';

/** Why somebody has a name: it was paid for, their plan covers it, or an admin gave it. */
export type Coverage = 'paid' | 'plan' | 'granted';

/** What the phase of a name follows from. */
export interface NameTimes {
  readonly coverage: Coverage;
  /** The end of the hold of what has not been paid for yet. */
  readonly heldUntilMs: number | null;
  /** Of paid names: what was paid for. Of names that a plan covers: the end of the cover as it was last seen. */
  readonly paidUntilMs: number | null;
  /** Ended before its time: given up, released, erased, or swept. */
  readonly endedMs: number | null;
  /** Of an ended name: from when anybody can have it. */
  readonly freeMs: number | null;
}

/** The end of what the plan of the holder covers; null for ever, undefined where it does not cover the name. */
export type Cover = number | null | undefined;

/** How long phases last, in milliseconds. */
export interface NamePeriods {
  readonly holdMs: number;
  readonly graceMs: number;
  readonly expiredMs: number;
  readonly quarantineMs: number;
}

/** Periods unless the operator sets others. */
export const usualPeriods: NamePeriods = { holdMs, graceMs, expiredMs, quarantineMs };

/** When each phase ends; a phase that ends no later than the one before it does not happen. Infinity for never. */
export interface NameTimeline {
  readonly heldUntilMs: number;
  readonly activeUntilMs: number;
  readonly graceUntilMs: number;
  readonly expiredUntilMs: number;
  readonly freeMs: number;
}

/** The phases of a name from its times and what the plan of its holder covers. Pure. */
export function timelineOf(times: NameTimes, cover: Cover, periods: NamePeriods = usualPeriods): NameTimeline {
  const { coverage, heldUntilMs, paidUntilMs, endedMs, freeMs } = times;
  if (endedMs !== null) return { ...endAt(-Infinity), freeMs: Math.max(endedMs, freeMs ?? endedMs) };
  if (coverage === 'granted') return { ...endAt(Infinity), heldUntilMs: -Infinity };
  if (coverage === 'paid') {
    if (paidUntilMs === null) return endAt(heldUntilMs ?? -Infinity);
    return { ...expireAt(paidUntilMs + periods.graceMs, periods), activeUntilMs: paidUntilMs };
  }
  // The cover of a plan has its own grace in it.
  if (cover !== undefined) return expireAt(cover ?? Infinity, periods);
  // Not covered any more, since when the sweep writes down: until then the name waits where it is.
  return { ...expireAt(paidUntilMs ?? Infinity, periods), activeUntilMs: -Infinity, graceUntilMs: -Infinity };
}

/** The phase at a time. */
export function phaseAt(timeline: NameTimeline, nowMs: number): NamePhase {
  if (nowMs < timeline.heldUntilMs) return 'held';
  if (nowMs < timeline.activeUntilMs) return 'active';
  if (nowMs < timeline.graceUntilMs) return 'grace';
  if (nowMs < timeline.expiredUntilMs) return 'expired';
  return nowMs < timeline.freeMs ? 'quarantine' : 'free';
}

/** The phase of a name now. Pure: what is stored, what is covered and the time are all it depends on. */
export function phaseOf(
  times: NameTimes,
  cover: Cover,
  { nowMs, periods }: { readonly nowMs: number; readonly periods?: NamePeriods | undefined },
): NamePhase {
  return phaseAt(timelineOf(times, cover, periods), nowMs);
}

/** When the phase changes next; undefined where it never does. */
export function nextChangeOf(timeline: NameTimeline, nowMs: number): number | undefined {
  const ends = Object.values(timeline).filter((end: number) => end > nowMs && end < Infinity);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** Says whether a name is served in that phase. */
export function isServed(phase: NamePhase): boolean {
  return phase === 'active' || phase === 'grace';
}

/** Where the time that is paid for now begins: at the end of what was paid for while that still works, else now. */
export function renewalStart(times: NameTimes, nowMs: number, periods: NamePeriods = usualPeriods): number {
  const { coverage, paidUntilMs, endedMs } = times;
  if (coverage !== 'paid' || paidUntilMs === null || endedMs !== null) return nowMs;
  return nowMs < paidUntilMs + periods.graceMs ? paidUntilMs : nowMs;
}

/** The same day so many years later, in UTC; the 28th where there is no 29th of February. */
export function addYears(ms: number, years: number): number {
  const date = new Date(ms);
  const month = date.getUTCMonth();
  date.setUTCFullYear(date.getUTCFullYear() + years);
  if (date.getUTCMonth() !== month) date.setUTCDate(0);
  return date.getTime();
}

function endAt(ms: number): NameTimeline {
  return { heldUntilMs: ms, activeUntilMs: ms, graceUntilMs: ms, expiredUntilMs: ms, freeMs: ms };
}

/** Works up to that time, then the end takes its course. */
function expireAt(ms: number, periods: NamePeriods): NameTimeline {
  const expiredUntilMs = ms + periods.expiredMs;
  return {
    heldUntilMs: -Infinity,
    activeUntilMs: ms,
    graceUntilMs: ms,
    expiredUntilMs,
    freeMs: expiredUntilMs + periods.quarantineMs,
  };
}
