import type { Queryable } from '@nostrata/database';
import type { UserTiers } from '../answers.ts';
import { undated } from '../facts/buckets.ts';
import type { Span } from '../spans.ts';
import {
  type AuthorSet,
  addAuthor,
  countAuthors,
  hasAuthor,
  removeAuthor,
  toAuthorSet,
  uniteAuthors,
} from './author-set.ts';
import { type ClientIndex, createClientIndex } from './client-figures.ts';
import { activeStatements, hourStatement } from './ledgers.ts';
import { authorsPerPage, bucketSetsMax } from './limits.ts';
import { loadMarks } from './marks.ts';
import { countTiersOf, createTierCounts, type Trusted } from './tier-counts.ts';

/** What is kept in memory: who was active when, who has a profile, when each began, and how busy each hour was. */
export interface AuthorIndex {
  /** Reads again what has changed; cheap where nothing has. One at a time. */
  refresh(): Promise<void>;
  /** Who published in one of the buckets of the span; the set belongs to the caller. */
  activeIn(span: Span): Promise<AuthorSet>;
  /** How many that are; remembered for as long as nothing in the span changes. */
  countActive(span: Span): Promise<number>;
  /** The same by tier; days that nothing touches are counted once. */
  countTiers(span: Span, trusted: Trusted): Promise<UserTiers>;
  readonly clients: ClientIndex;
  /** Users whose first event is of each day, by day. */
  readonly newByDay: ReadonlyMap<number, number>;
  /** Events of each dated hour that has any, as of the last refresh. */
  readonly eventsByHour: ReadonlyMap<number, number>;
  /** Authors with a profile, and with a follow list, now. */
  readonly withProfile: AuthorSet;
  readonly withFollows: AuthorSet;
  /** The first day of each author by id; 0 where there is none, negative where only undated events are known. */
  readonly firstDays: Int32Array;
  /** One above the highest id. */
  readonly size: number;
}

interface AuthorRow {
  readonly [column: string]: number;
  readonly author: number;
  readonly first_day: number;
  readonly profiles: number;
  readonly follows: number;
}

/** Creates an index that knows nothing before its first refresh. */
export function createAuthorIndex(database: Queryable): AuthorIndex {
  let firstDays = new Int32Array(1024);
  let withProfile: AuthorSet = new Uint32Array(32);
  let withFollows: AuthorSet = new Uint32Array(32);
  let size = 0;
  let revision = -1;
  let refreshing: Promise<void> | undefined;
  /** In the order of last use, the oldest first. */
  const clients = createClientIndex(database);
  const eventsByHour = new Map<number, number>();
  const countBySpan = new Map<string, number>();
  const setByBucket = { day: new Map<number, AuthorSet>(), hour: new Map<number, AuthorSet>() };
  const newByDay = new Map<number, number>();
  const tiers = createTierCounts((author, day) => {
    const set = setByBucket.day.get(day);
    return set && hasAuthor(set, author);
  });
  let forgotten = 0;

  const grow = (needed: number): void => {
    size = Math.max(size, needed);
    if (needed <= firstDays.length) return;
    const length = Math.max(needed, firstDays.length * 2);
    const longer = new Int32Array(length);
    longer.set(firstDays);
    firstDays = longer;
    withProfile = lengthen(withProfile, length);
    withFollows = lengthen(withFollows, length);
  };
  const note = ({ author, first_day, profiles, follows }: AuthorRow): void => {
    grow(author + 1);
    moveFirstDay(newByDay, firstDays[author] ?? 0, first_day);
    firstDays[author] = first_day;
    const before = { hasProfile: hasAuthor(withProfile, author), hasFollows: hasAuthor(withFollows, author) };
    tiers.move(author, before, { hasProfile: profiles > 0, hasFollows: follows > 0 });
    (profiles > 0 ? addAuthor : removeAuthor)(withProfile, author);
    (follows > 0 ? addAuthor : removeAuthor)(withFollows, author);
  };
  const loadAll = async (): Promise<void> => {
    const [row] = await database.query<{ readonly last: number | null }>(
      'SELECT MAX(author) AS last FROM statistics_author',
    );
    const last = row?.last ?? -1;
    for (let from = 0; from <= last; from += authorsPerPage) {
      const rows = await loadAuthors(database, 'WHERE author BETWEEN $1 AND $2', [from, from + authorsPerPage - 1]);
      for (const author of rows) note(author);
    }
  };
  const loadSome = async (authors: readonly number[]): Promise<void> => {
    for (const part of toParts(authors)) {
      for (const row of await loadAuthors(database, `WHERE author IN (${part.list})`, part.ids)) note(row);
    }
  };
  const forgetHour = (hour: number): void => {
    const day = Math.floor(hour / 24);
    setByBucket.hour.delete(hour);
    setByBucket.day.delete(day);
    clients.forgetDay(day);
    tiers.forgetDay(day);
    forgotten += 1;
    for (const key of countBySpan.keys()) {
      const [unit = '', from = '', to = ''] = key.split(' ');
      const bucket = unit === 'hour' ? hour : day;
      if (bucket >= Number(from) && bucket <= Number(to)) countBySpan.delete(key);
    }
  };
  const read = async (): Promise<void> => {
    const isFirst = revision < 0;
    const marks = await loadMarks(database, Math.max(revision, 0));
    for (const hour of marks.hours) forgetHour(hour);
    await loadHourEvents(database, eventsByHour, isFirst ? undefined : marks.hours);
    if (isFirst || marks.authors.length > authorsPerPage) {
      tiers.forgetAll();
      await loadAll();
    } else await loadSome(marks.authors);
    revision = marks.revision;
  };
  const loadBucket = async (unit: Span['unit'], bucket: number): Promise<AuthorSet> => {
    const sets = setByBucket[unit];
    const began = forgotten;
    const set = sets.get(bucket) ?? toAuthorSet(await loadActive(database, { unit, bucket }, grow), size);
    // What was forgotten meanwhile may have changed after it was read.
    if (began !== forgotten) return set;
    sets.delete(bucket);
    sets.set(bucket, set);
    for (const oldest of sets.keys()) {
      if (sets.size <= bucketSetsMax[unit]) break;
      sets.delete(oldest);
    }
    return set;
  };

  const activeIn = async ({ unit, from, to }: Span): Promise<AuthorSet> => {
    const sets: AuthorSet[] = [];
    for (let bucket = from; bucket <= to; bucket++) sets.push(await loadBucket(unit, bucket));
    return uniteAuthors(sets);
  };

  return {
    async refresh() {
      refreshing ??= read().finally(() => {
        refreshing = undefined;
      });
      await refreshing;
    },
    activeIn,
    async countActive(span) {
      const key = `${span.unit} ${span.from} ${span.to}`;
      const known = countBySpan.get(key);
      if (known !== undefined) return known;
      const began = forgotten;
      const count = countAuthors(await activeIn(span));
      if (began === forgotten) countBySpan.set(key, count);
      return count;
    },
    async countTiers(span, trusted) {
      const known = tiers.find(span, trusted);
      if (known) return known;
      const began = forgotten;
      const active = await activeIn(span);
      const counted = countTiersOf(active, { withProfile, withFollows }, trusted);
      if (began === forgotten) tiers.put(span, trusted, counted);
      return counted;
    },
    clients,
    newByDay,
    eventsByHour,
    get withProfile() {
      return withProfile;
    },
    get withFollows() {
      return withFollows;
    },
    get firstDays() {
      return firstDays;
    },
    get size() {
      return size;
    },
  };
}

/** Only days count: 0 is unknown, and what is negative has no date. */
function moveFirstDay(newByDay: Map<number, number>, before: number, after: number): void {
  if (before === after) return;
  if (before > 0) newByDay.set(before, (newByDay.get(before) ?? 0) - 1);
  if (newByDay.get(before) === 0) newByDay.delete(before);
  if (after > 0) newByDay.set(after, (newByDay.get(after) ?? 0) + 1);
}

/** Reads the sums of some hours, or of all. */
async function loadHourEvents(
  database: Queryable,
  eventsByHour: Map<number, number>,
  hours: readonly number[] | undefined,
): Promise<void> {
  if (!hours) {
    for (const { hour, events } of await database.query<HourRow>(hourStatement('hour >= 0'), [])) {
      eventsByHour.set(hour, events);
    }
    return;
  }
  for (const { ids, list } of toParts(hours.filter((hour) => hour >= 0))) {
    for (const hour of ids) eventsByHour.delete(hour);
    for (const { hour, events } of await database.query<HourRow>(hourStatement(`hour IN (${list})`), ids)) {
      eventsByHour.set(hour, events);
    }
  }
}

interface HourRow {
  readonly [column: string]: number;
  readonly hour: number;
  readonly events: number;
}

function* toParts(all: readonly number[]): Generator<{ readonly ids: readonly number[]; readonly list: string }> {
  for (let next = 0; next < all.length; next += 500) {
    const ids = all.slice(next, next + 500);
    yield { ids, list: ids.map((_, index) => `$${index + 1}`).join(', ') };
  }
}

async function loadAuthors(
  database: Queryable,
  where: string,
  parameters: readonly number[],
): Promise<readonly AuthorRow[]> {
  return await database.query<AuthorRow>(
    // Somebody may be known by what never came into the log alone.
    `SELECT author, COALESCE(MIN(NULLIF(first_day, ${undated})), ${undated}) AS first_day, MAX(profiles) AS profiles, MAX(follows) AS follows FROM (
      SELECT author, first_day, profiles, follows FROM view_statistics_author ${where}
      UNION ALL SELECT author, first_day, 0 AS profiles, 0 AS follows FROM statistics_observed_author ${where}
    ) AS known GROUP BY author`,
    parameters,
  );
}

async function loadActive(
  database: Queryable,
  { unit, bucket }: { readonly unit: Span['unit']; readonly bucket: number },
  grow: (size: number) => void,
): Promise<readonly number[]> {
  const rows = await database.query<{ readonly author: number }>(activeStatements[unit], [bucket]);
  const authors = rows.map(({ author }) => author);
  let highest = -1;
  for (const author of authors) if (author > highest) highest = author;
  grow(highest + 1);
  return authors;
}

function lengthen(set: AuthorSet, size: number): AuthorSet {
  const longer = new Uint32Array((size + 31) >>> 5);
  longer.set(set);
  return longer;
}
