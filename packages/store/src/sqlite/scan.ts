import type { Filter } from '@nostrata/protocol';
import type { ReadOptions } from '../contract.ts';
import { hexKey } from '../keys.ts';
import { pageEventsMax } from '../limits.ts';
import { isEmpty, planFilter, type Stream } from '../plan.ts';
import { compileCheck, type EntryCheck } from './check.ts';
import type { Entry } from './entry.ts';
import {
  idRowsMax,
  mergedRunsMax,
  pageCharactersMax,
  probedRunsMax,
  probeRows,
  seekCostRows,
  stepRowsMax,
  walkRowsMin,
} from './limits.ts';
import type { Reader } from './reader.ts';
import { type IndexRow, isTie, nextRound, type Position, type Range, type Run, toRuns } from './runs.ts';
import { idOf } from './texts.ts';

/** The events of one filter, in order, in small steps. */
export interface Scan {
  /** Does a bounded piece of work; what it found comes in order after what came before. */
  step(): readonly Entry[];
  isDone(): boolean;
  /** Whether a step asks the database several times, which must be of one mind. */
  readonly needsSnapshot: boolean;
}

/** What a scan runs on. */
export interface ScanOptions extends ReadOptions {
  readonly reader: Reader;
  readonly nowSeconds: number;
}

const everything: Position = { createdAt: Number.MAX_SAFE_INTEGER, id48: -1 };

/** Makes the scan of a filter without search. */
export function createScan(filter: Filter, options: ScanOptions): Scan {
  const check = compileCheck(filter, { nowSeconds: options.nowSeconds, visibility: options.visibility });
  if (isEmpty(filter)) return scanOnce(() => [], false);
  if (filter.ids) {
    const { ids } = filter;
    if (ids.length > idRowsMax) return createIdScan(ids, { filter, reader: options.reader, check });
    return scanOnce(() => findByIds(options.reader, ids).filter(check).slice(0, filter.limit), ids.length > 1);
  }
  return createRunScan(filter, options, check);
}

/** The events with these ids, newest first. */
function findByIds(reader: Reader, ids: readonly string[]): Entry[] {
  const found = ids.flatMap((id) => reader.findByKey(hexKey(id)).filter((entry) => idOf(entry.json) === id));
  return found.length > 1
    ? [...new Map(found.map((entry) => [entry.seq, entry])).values()].sort(compareEntries)
    : found;
}

/** The events with many ids: their places in order first, without their texts, then the texts in small steps. */
function createIdScan(
  ids: readonly string[],
  { filter, reader, check }: { readonly filter: Filter; readonly reader: Reader; readonly check: EntryCheck },
): Scan {
  let places: readonly IdPlace[] | undefined;
  let at = 0;
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  return {
    needsSnapshot: true,
    isDone: () => left <= 0 || (places !== undefined && at >= places.length),
    step: () => {
      places ??= findPlaces(reader, ids);
      const next = places.slice(at, at + idRowsMax);
      at += next.length;
      const loaded = reader.load(next.map(([seq]) => seq));
      const entries = loaded.filter((entry) => entry !== undefined && check(entry)) as Entry[];
      const taken = entries.length > left ? entries.slice(0, left) : entries;
      left -= taken.length;
      return taken;
    },
  };
}

type IdPlace = readonly [seq: number, createdAt: number, id: string];

function findPlaces(reader: Reader, ids: readonly string[]): readonly IdPlace[] {
  const find = reader.prepare('SELECT seq, created_at, substr(json, 8, 64) FROM event WHERE id48 = ?');
  const places = new Map<number, IdPlace>();
  for (const id of ids) {
    for (const place of find.all(hexKey(id)) as unknown as IdPlace[]) if (place[2] === id) places.set(place[0], place);
  }
  return [...places.values()].sort((a, b) => b[1] - a[1] || (a[2] < b[2] ? -1 : 1));
}

function scanOnce(find: () => readonly Entry[], needsSnapshot: boolean): Scan {
  let done = false;
  return {
    needsSnapshot,
    step: () => {
      done = true;
      return find();
    },
    isDone: () => done,
  };
}

/** Walks the runs of the plan round by round, and checks every event. */
function createRunScan(filter: Filter, options: ScanOptions, check: EntryCheck): Scan {
  const { reader } = options;
  const source = chooseSource(filter, reader);
  let position: Position = filter.until === undefined ? everything : { createdAt: filter.until, id48: -1 };
  let left = filter.limit ?? Number.POSITIVE_INFINITY;
  let count = Math.min(left, pageEventsMax);
  let done = false;
  let snapshot: number | undefined;
  const readRound = () => {
    const round = source.next({ after: position, since: filter.since ?? 0, count: Math.min(count, stepRowsMax) });
    return { ...round, loaded: reader.load(round.rows.map((row) => row[2])) };
  };
  return {
    isDone: () => done,
    needsSnapshot: source.runs.length > 1,
    step: () => {
      let round = readRound();
      // An event that has left between index and text has left its place to another: both are read again as one.
      if (round.loaded.includes(undefined)) round = reader.snapshot(readRound);
      // What is stored after the first step belongs to the followers, not to this read.
      const newest = snapshot ?? Number.POSITIVE_INFINITY;
      const found = inOrder(round).filter((entry) => entry.seq <= newest && check(entry));
      const entries = found.length > left ? found.slice(0, left) : found;
      const last = round.last;
      if (last) position = { createdAt: last[0], id48: last[1] };
      left -= entries.length;
      done = round.done || left <= 0;
      if (!done) snapshot ??= reader.lastSeq();
      // Where the index is wider than the filter, the next step looks further.
      const wanted = found.length * 2 < round.rows.length ? count * 2 : Math.min(left, pageEventsMax);
      count = Math.ceil(wanted * Math.min(1, pageCharactersMax / (countCharacters(round.loaded) + 1)));
      return entries;
    },
  };
}

/** How long the texts of events are together. */
export function countCharacters(entries: readonly (Entry | undefined)[]): number {
  let characters = 0;
  for (const entry of entries) characters += entry?.json.length ?? 0;
  return characters;
}

/** The events of index entries; those that the keys cannot tell apart are put in the order of their ids. */
function inOrder({ rows, loaded }: { rows: readonly IndexRow[]; loaded: readonly (Entry | undefined)[] }): Entry[] {
  const hasTies = rows.some((row, index) => index > 0 && isTie(rows[index - 1], row));
  const entries = loaded.filter((entry) => entry !== undefined);
  return hasTies ? entries.sort(compareEntries) : entries;
}

/** The order of answers: newest first, then lowest id. */
export function compareEntries(a: Entry, b: Entry): number {
  if (a.created_at !== b.created_at) return b.created_at - a.created_at;
  const [left, right] = [idOf(a.json), idOf(b.json)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Index entries in order; `last` is how far the index was read, which may be beyond the last row. */
interface SourceRound {
  readonly rows: readonly IndexRow[];
  readonly last: IndexRow | undefined;
  readonly done: boolean;
}

interface Source {
  readonly runs: readonly Run[];
  next(range: Range): SourceRound;
}

function chooseSource(filter: Filter, reader: Reader): Source {
  const plan = planFilter(filter);
  if (plan.by !== 'streams') return { runs: [], next: () => ({ rows: [], last: undefined, done: true }) };
  if (plan.index === 'author' && plan.streams.length > mergedRunsMax) return walkFirst(filter, reader, plan.streams);
  return sourceOf(reader, narrowest(reader, toRuns(reader, plan.streams), plan.alternatives));
}

/**
 * The guess of the planner, unless it turns out to be wide and another tag or author is narrower. A look at a few
 * index entries is cheaper than reading texts that another condition then refuses.
 */
function narrowest(reader: Reader, runs: readonly Run[], alternatives: readonly (readonly Stream[])[]): readonly Run[] {
  const others = alternatives.filter(
    ([first, ...more]) => first && first.index !== 'kind' && more.length < probedRunsMax,
  );
  if (others.length === 0 || runs.length > probedRunsMax) return runs;
  let [best, size] = [runs, sizeOf(reader, runs)];
  for (const streams of others) {
    if (size < probeRows) break;
    const candidate = toRuns(reader, streams);
    const its = candidate.length > probedRunsMax ? size : sizeOf(reader, candidate);
    if (its < size) [best, size] = [candidate, its];
  }
  return best;
}

/** How many entries runs have, counted up to a bound that makes the difference between narrow and wide. */
function sizeOf(reader: Reader, runs: readonly Run[]): number {
  return nextRound(reader, runs, { after: everything, since: 0, count: probeRows * 4 }).rows.length;
}

function sourceOf(reader: Reader, runs: readonly Run[]): Source {
  return {
    runs,
    next: (range) => {
      const { rows, done } = nextRound(reader, runs, range);
      return { rows, last: rows.at(-1), done };
    },
  };
}

/**
 * Many authors: where they are busy, walking the index over their kinds and looking at the author key of each entry
 * is cheapest. The first steps tell how busy; where they are quiet, their own runs are read from there on, and the
 * walk has told how far back that must go.
 */
function walkFirst(filter: Filter, reader: Reader, streams: readonly Stream[]): Source {
  const authors = new Set((filter.authors ?? []).map(hexKey));
  const wider: Stream[] = (filter.kinds ?? []).map((kind) => ({ index: 'kind', kind }));
  const walk = sourceOf(reader, toRuns(reader, wider.length > 0 ? wider : [{ index: 'time' }]));
  if (walk.runs.length > mergedRunsMax) return sourceOf(reader, toRuns(reader, streams));
  let own: Source | undefined;
  const seen = { entries: 0, hits: 0, newest: 0, oldest: 0 };
  return {
    runs: walk.runs,
    next: (range) => {
      const { count } = range;
      const expected = Math.ceil(((seen.entries + 1) / (seen.hits + 0.5)) * count);
      if (seen.entries > 0 && expected > streams.length * seekCostRows)
        own ??= sourceOf(reader, toRuns(reader, streams));
      if (own) {
        const guess = Math.ceil(((seen.newest - seen.oldest + 1) / seen.entries) * expected * 1.25);
        return own.next({ ...range, guess });
      }
      const size = seen.entries === 0 ? Math.max(count, walkRowsMin) : Math.min(Math.ceil(expected * 1.2), stepRowsMax);
      const round = walk.next({ ...range, count: size });
      const rows = round.rows.filter((row) => authors.has(row[3]));
      if (seen.entries === 0) seen.newest = round.rows[0]?.[0] ?? 0;
      seen.oldest = round.last?.[0] ?? seen.oldest;
      seen.entries += round.rows.length;
      seen.hits += rows.length;
      return { rows, last: round.last, done: round.done };
    },
  };
}

/** Says which index a filter is answered by, and from how many runs. */
export function explainFilter(filter: Filter, reader: Reader): string {
  const plan = planFilter(filter);
  if (plan.by !== 'streams') return plan.by;
  const source = chooseSource(filter, reader);
  const first = source.runs[0]?.index ?? plan.index;
  return first === plan.index ? plan.index : `${plan.index} after ${first}`;
}

/** The union of several scans: in order, each event once. */
export function mergeScans(scans: readonly Scan[]): Scan {
  const queues = scans.map((scan) => ({ scan, entries: [] as readonly Entry[], at: 0 }));
  let last = 0;
  const refill = (): boolean => {
    for (const queue of queues) {
      if (queue.at < queue.entries.length || queue.scan.isDone()) continue;
      queue.entries = queue.scan.step();
      queue.at = 0;
      if (queue.entries.length === 0 && !queue.scan.isDone()) return false;
    }
    return true;
  };
  return {
    needsSnapshot: true,
    isDone: () => queues.every(({ scan, entries, at }) => scan.isDone() && at >= entries.length),
    step: () => {
      const merged: Entry[] = [];
      while (merged.length < pageEventsMax && refill()) {
        let best: (typeof queues)[number] | undefined;
        for (const queue of queues) {
          const entry = queue.entries[queue.at];
          const leader = best?.entries[best.at];
          if (entry && (!leader || compareEntries(entry, leader) < 0)) best = queue;
        }
        const entry = best?.entries[best.at];
        if (!best || !entry) break;
        best.at += 1;
        if (entry.seq !== last) merged.push(entry);
        last = entry.seq;
      }
      return merged;
    },
  };
}
