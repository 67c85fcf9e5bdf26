import { compileFilter, type Filter, isReplaceableKind, type Matcher, type NostrEvent } from '@nostrata/protocol';
import type { Delivery, FilterAnswer } from '../contract.ts';
import type { RelayLimits } from './relay-limits.ts';
import type { WireFilter } from './split.ts';

/** What came for one filter as it was sent. */
interface Row {
  readonly wire: WireFilter;
  readonly matches: Matcher;
  /** Events that the relay sent for it, whatever they were worth: what its own cap counts. */
  sent: number;
  /** Those of them that another filter of the REQ asked for too: they may have come for its sake. */
  shared: number;
  /** `created_at` of the genuine ones, as they came. */
  seconds: number[];
  newest: number | undefined;
  /** Down to which second everything is known; undefined where nothing is. */
  reach: number | undefined;
  isComplete: boolean;
}

/** Counts the events of one REQ, by filter. */
export interface Tally {
  /** Says whether the event was asked for. */
  matches(event: NostrEvent): boolean;
  /**
   * Counts an event for the rows that it matches and returns them; none: it was not asked for. `others`: how many others
   * with whom the REQ is shared asked for it too.
   */
  match(event: NostrEvent, others?: number): readonly number[];
  /** An event came for others with whom the REQ is shared. */
  passed(): void;
  /** An event came that cannot be read: it may have been for any filter, and counts for what the relay's cap counts. */
  malformed(others?: number): void;
  /** The door has judged an event that matches these rows. */
  judged(rows: readonly number[], event: NostrEvent, delivery: Delivery): void;
  /** EOSE has come and the door has judged everything. */
  end(hints: readonly string[], limits: RelayLimits): void;
  /** Everything so far does not count: the request is sent anew. */
  reset(): void;
  /** More than this is more than was asked for. */
  readonly eventsMax: number;
  readonly rows: readonly Readonly<Row>[];
}

/** Creates an empty tally. */
export function createTally(wires: readonly WireFilter[], unlimitedEventsMax: number): Tally {
  const rows = wires.map((wire): Row => ({ wire, matches: compileFilter(wire.filter), ...nothing() }));
  let total = 0;
  let hasFailed = false;
  let isEnded = false;
  return {
    matches: (event) => rows.some((row) => row.matches(event)),
    match(event, others = 0) {
      const hits: number[] = [];
      rows.forEach((row, index) => {
        if (!row.matches(event)) return;
        hits.push(index);
        row.sent++;
      });
      if (hits.length > 0) total++;
      if (hits.length + others > 1) for (const index of hits) shareRow(rows[index]);
      return hits;
    },
    passed() {
      total++;
    },
    malformed(others = 0) {
      total++;
      for (const row of rows) {
        row.sent++;
        if (rows.length + others > 1) row.shared++;
      }
    },
    judged(hits, event, delivery) {
      if (delivery === 'failed') hasFailed = true;
      // What a forger writes into `created_at` says nothing of what the relay has.
      if (delivery === 'forged' || delivery === 'failed') return;
      for (const index of hits) {
        const row = rows[index];
        // What comes live counts for no page: a subscription that stays must not grow with it.
        if (row) noteEvent(row, event, isEnded);
      }
    },
    end(hints, limits) {
      isEnded = true;
      for (const row of rows) {
        const cut = findCut({ row, total, hints, limits });
        row.isComplete = !hasFailed && cut === undefined;
        row.reach = hasFailed ? undefined : findReach(row, cut ?? Number.POSITIVE_INFINITY);
      }
    },
    reset() {
      total = 0;
      hasFailed = false;
      isEnded = false;
      for (const row of rows) Object.assign(row, nothing());
    },
    eventsMax: wires.reduce((sum, { filter }) => sum + boundOf(filter, unlimitedEventsMax), 100),
    rows,
  };
}

function nothing() {
  return { sent: 0, shared: 0, seconds: [] as number[], newest: undefined, reach: undefined, isComplete: false };
}

function shareRow(row: Row | undefined): void {
  if (row) row.shared++;
}

function noteEvent(row: Row, { created_at }: NostrEvent, isEnded: boolean): void {
  if (!isEnded) row.seconds.push(created_at);
  if (row.newest === undefined || created_at > row.newest) row.newest = created_at;
}

/** Twice what was asked for: some relays count limits in their own way, and versions of replaceable events come along. */
function boundOf(filter: Filter, unlimitedEventsMax: number): number {
  return 2 * Math.min(filter.limit ?? unlimitedEventsMax, filter.ids?.length ?? unlimitedEventsMax, unlimitedEventsMax);
}

interface Page {
  readonly row: Row;
  /** Events of the whole REQ. */
  readonly total: number;
  readonly hints: readonly string[];
  readonly limits: RelayLimits;
}

/**
 * After how many events the answer to a filter may have been cut; undefined where the relay has nothing more (the word
 * of NIP-67, or fewer events than every limit that could cut).
 */
function findCut({ row, total, hints, limits }: Page): number | undefined {
  const { filter } = row.wire;
  if (hints.includes('finish') || row.sent >= countPossible(filter)) return undefined;
  const known = limits.answerEventsMax;
  const cap = filter.limit === undefined ? (limits.answerEventsDefault ?? known) : known;
  const limit = Math.min(filter.limit ?? Number.POSITIVE_INFINITY, cap ?? Number.POSITIVE_INFINITY);
  const round = cap === undefined ? findRoundCap(row) : undefined;
  if (row.sent >= limit) return Math.min(limit, round ?? limit);
  if (hints.includes('more') || (cap !== undefined && total >= cap)) return row.sent - row.shared;
  if (cap !== undefined || round !== undefined) return round;
  return isRoundCap(total) ? row.sent - row.shared : undefined;
}

/** The least round number that may have come for this filter: which events came for others is not known. */
function findRoundCap({ sent, shared }: Row): number | undefined {
  for (let events = sent - shared; events <= sent; events++) if (isRoundCap(events)) return events;
  return undefined;
}

/** The second of the last event before the cut, newest first; what lies below came for other filters. */
function findReach({ seconds, sent }: Row, cut: number): number | undefined {
  const place = cut - (sent - seconds.length);
  if (place < 1) return undefined;
  if (place >= seconds.length) return seconds.reduce<number | undefined>(smaller, undefined);
  return seconds.toSorted((a, b) => b - a)[place - 1];
}

function smaller(least: number | undefined, second: number): number {
  return least === undefined || second < least ? second : least;
}

/** The most events that can match: by ids, or one for each author and replaceable kind. */
function countPossible({ ids, authors, kinds }: Filter): number {
  if (ids) return ids.length;
  if (authors && kinds?.every(isReplaceableKind)) return authors.length * kinds.length;
  return Number.POSITIVE_INFINITY;
}

/**
 * Relays that do not say where they cut answers cut them at round numbers (100, 250, 500, 512, 1,000 …). An answer of
 * exactly such a length may be cut; that a whole answer has it by chance costs one more page.
 */
function isRoundCap(events: number): boolean {
  return events >= 50 && (events % 50 === 0 || (events & (events - 1)) === 0);
}

/** Joins the rows of all REQs into one answer for each of the caller's filters. */
export function joinRows(filters: readonly Filter[], rows: readonly Readonly<Row>[]): FilterAnswer[] {
  return filters.map((filter, origin) => {
    const own = rows.filter(({ wire }) => wire.origin === origin);
    const cut = own.filter((row) => !row.isComplete);
    const newest = own.flatMap((row) => row.newest ?? []);
    return {
      filter,
      events: own.reduce((sum, row) => sum + row.seconds.length, 0),
      oldest: joinReach(own, cut),
      newest: newest.length > 0 ? Math.max(...newest) : undefined,
      complete: cut.length === 0,
    };
  });
}

/** Where pages were cut, the newest of their ends: below it, one of them may have a gap. */
function joinReach(own: readonly Readonly<Row>[], cut: readonly Readonly<Row>[]): number | undefined {
  if (cut.length === 0) return own.reduce<number | undefined>((least, { reach }) => smallest(least, reach), undefined);
  if (cut.some(({ reach }) => reach === undefined)) return undefined;
  return Math.max(...cut.map(({ reach }) => reach ?? 0));
}

function smallest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
