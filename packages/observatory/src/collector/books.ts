import { adding, type Database, insertRows, placeholders, type Queryable } from '@nostrata/database';
import { type Fingerprint, packFingerprints, unpackFingerprints } from './fingerprint.ts';
import type { HourCounts, LedgerCut } from './ledger.ts';
import { migrateCollector } from './schema.ts';

/** What is known of a relay from before. */
export interface RelayBook {
  /** Up to which second everything was taken. */
  readonly since: number;
  /** Up to when its connected time is accounted for, in milliseconds. */
  readonly accountedMs: number | undefined;
  /** What it delivered of the time from which it is asked again. */
  readonly fingerprints: readonly Fingerprint[];
}

/** What is written at once. */
export interface BookEntry {
  readonly cut: LedgerCut;
  /** New watermarks, seconds by relay. */
  readonly watermarks: ReadonlyMap<number, number>;
  readonly accountedMs: number;
}

/** What may be thrown away. */
export interface PruneLimits {
  /** Fingerprints of events this much older than the watermark of their relay, and of any older than that second. */
  readonly overlapSeconds: number;
  readonly oldestSecond: number;
  readonly quarantineRows: number;
}

/** One step through the sample. */
export interface SightingStep {
  readonly beforeMs: number;
  /** Rows that are looked at. */
  readonly rows: number;
}

/** The tables of the collector. All may reject with `DatabaseError`. */
export interface Books {
  /** Makes the tables; returns the key of the fingerprints, the same for every collector of this database. */
  open(random: () => number): Promise<Fingerprint>;
  /**
   * Makes this collector the owner of the relays, whoever was it before, and reads what is known of them. A relay that
   * was never read begins at `firstSince` (seconds).
   */
  claim(relays: readonly number[], firstSince: number): Promise<ReadonlyMap<number, RelayBook>>;
  /**
   * Writes in one transaction what concerns the relays that this collector owns. Returns the relays that others own
   * now: what was counted for them is not written, as they deliver it again to their new owner.
   */
  write(entry: BookEntry): Promise<ReadonlySet<number>>;
  /** Which of these relays others own. */
  findLost(relays: readonly number[]): Promise<ReadonlySet<number>>;
  /** Throws away what no relay is asked for again. */
  prune(limits: PruneLimits): Promise<void>;
  /** Looks at the next rows of the sample and throws away those first seen before; one step of a walk without an end. */
  pruneSightings(step: SightingStep): Promise<void>;
}

/** Opens the books for the collector of that name. */
export function createBooks(database: Database, owner: string): Books {
  const lock = database.dialect === 'postgres' ? ' FOR UPDATE' : '';
  let walked: SightingPlace = { id: '', relay: 0 };
  return {
    async open(random) {
      await migrateCollector(database);
      // Anywhere: a process that never lives long enough for a whole walk would not come beyond its beginning.
      walked = {
        id: `00${Math.floor(random() * 2 ** 48)
          .toString(16)
          .padStart(12, '0')}`,
        relay: 0,
      };
      return database.transaction((transaction) => readSecret(transaction, random));
    },
    claim: (relays, firstSince) =>
      database.transaction(async (transaction) => {
        const books = new Map<number, RelayBook>();
        // One order for all, so that two collectors never wait for each other.
        for (const part of chunk([...relays].sort((a, b) => a - b)))
          for (const [relay, book] of await claimPart(transaction, part, { owner, lock, firstSince }))
            books.set(relay, book);
        return books;
      }),
    write: (entry) =>
      database.transaction(async (transaction) => {
        const sql = `SELECT relay FROM collector_watermark WHERE owner = $1 ORDER BY relay${lock}`;
        const owned = new Set((await transaction.query(sql, [owner])).map(({ relay }) => Number(relay)));
        await writeEntry(transaction, entry, owned);
        const named = [...entry.cut.hours.map(({ relay }) => relay), ...entry.cut.coverage.map(({ relay }) => relay)];
        return new Set([...named, ...entry.watermarks.keys()].filter((relay) => !owned.has(relay)));
      }),
    async findLost(relays) {
      const rows = await database.query('SELECT relay FROM collector_watermark WHERE owner = $1', [owner]);
      const owned = new Set(rows.map(({ relay }) => Number(relay)));
      return new Set(relays.filter((relay) => !owned.has(relay)));
    },
    async prune({ overlapSeconds, oldestSecond, quarantineRows }) {
      await database.query(
        `DELETE FROM collector_pair WHERE newest < $2 OR newest < (
          SELECT since - $1 FROM collector_watermark WHERE collector_watermark.relay = collector_pair.relay)`,
        [overlapSeconds, oldestSecond],
      );
      await database.query(
        `DELETE FROM collector_quarantine WHERE at_ms < (
          SELECT at_ms FROM collector_quarantine ORDER BY at_ms DESC LIMIT 1 OFFSET $1)`,
        [quarantineRows],
      );
    },
    async pruneSightings(step) {
      walked = await database.transaction((transaction) => pruneSightings(transaction, walked, step));
    },
  };
}

interface SightingPlace {
  readonly [column: string]: string | number;
  readonly id: string;
  readonly relay: number;
}

/**
 * Goes on in the order of the key: an index by time would cost every insert, and a statement over the whole table would
 * keep the writer waiting for as long as that takes.
 * @returns where the next step begins
 */
async function pruneSightings(
  transaction: Queryable,
  { id, relay }: SightingPlace,
  { beforeMs, rows }: SightingStep,
): Promise<SightingPlace> {
  const [last] = await transaction.query<SightingPlace>(
    `SELECT id, relay FROM collector_sighting WHERE (id, relay) > ($1, $2) ORDER BY id, relay LIMIT 1 OFFSET ${rows - 1}`,
    [id, relay],
  );
  const until = last ? ' AND (id, relay) <= ($4, $5)' : '';
  await transaction.query(
    `DELETE FROM collector_sighting WHERE first_seen_ms < $1 AND (id, relay) > ($2, $3)${until}`,
    [beforeMs, id, relay, ...(last ? [last.id, last.relay] : [])],
  );
  return last ?? { id: '', relay: 0 };
}

async function readSecret(transaction: Queryable, random: () => number): Promise<Fingerprint> {
  const rows = ['high', 'low'].map((name) => [name, Math.floor(random() * 2 ** 32)]);
  const shape = { table: 'collector_secret', columns: ['name', 'word'], conflict: '(name) DO NOTHING' };
  await insertRows(transaction, shape, rows);
  const words = await transaction.query('SELECT name, word FROM collector_secret');
  const wordOf = (name: string): number => Number(words.find((row) => row.name === name)?.word ?? 0);
  return { high: wordOf('high'), low: wordOf('low') };
}

async function claimPart(
  transaction: Queryable,
  relays: readonly number[],
  { owner, lock, firstSince }: { readonly owner: string; readonly lock: string; readonly firstSince: number },
): Promise<[number, RelayBook][]> {
  const columns = ['relay', 'owner', 'since'];
  const shape = { table: 'collector_watermark', columns, conflict: '(relay) DO NOTHING' };
  await insertRows(
    transaction,
    shape,
    relays.map((relay) => [relay, owner, firstSince]),
  );
  const list = placeholders(relays.length);
  const marks = await transaction.query(
    `SELECT relay, since, accounted_ms FROM collector_watermark WHERE relay IN (${list}) ORDER BY relay${lock}`,
    relays,
  );
  await transaction.query(`UPDATE collector_watermark SET owner = $${relays.length + 1} WHERE relay IN (${list})`, [
    ...relays,
    owner,
  ]);
  const pairs = await transaction.query(
    `SELECT relay, fingerprints FROM collector_pair WHERE relay IN (${list})`,
    relays,
  );
  const fingerprints = new Map<number, Fingerprint[]>();
  for (const row of pairs) {
    const known = fingerprints.get(Number(row.relay)) ?? [];
    for (const fingerprint of unpackFingerprints(row.fingerprints as Uint8Array)) known.push(fingerprint);
    fingerprints.set(Number(row.relay), known);
  }
  return marks.map(({ relay, since, accounted_ms }) => [
    Number(relay),
    {
      since: Number(since),
      accountedMs: accounted_ms === null ? undefined : Number(accounted_ms),
      fingerprints: fingerprints.get(Number(relay)) ?? [],
    },
  ]);
}

const countColumns = ['received', 'events', 'novel', 'repeats', 'invalid', 'refused', 'bytes'] as const;
const hourKey = ['relay', 'hour'];
const hourShape = {
  table: 'collector_relay_hour',
  columns: [...hourKey, ...countColumns],
  conflict: adding('collector_relay_hour', hourKey, countColumns),
};
const coverageColumns = ['connected_seconds', 'gap_seconds'];
const coverageShape = {
  table: 'collector_connection_hour',
  columns: [...hourKey, ...coverageColumns],
  conflict: adding('collector_connection_hour', hourKey, coverageColumns),
};
const sightingShape = {
  table: 'collector_sighting',
  columns: ['id', 'relay', 'first_seen_ms'],
  conflict: '(id, relay) DO NOTHING RETURNING id, relay',
};
const pairShape = { table: 'collector_pair', columns: ['relay', 'newest', 'fingerprints'] };
const quarantineShape = {
  table: 'collector_quarantine',
  columns: ['id', 'sig', 'relay', 'kind', 'reason', 'at_ms'],
  conflict: '(id, sig) DO NOTHING',
};

async function writeEntry(
  transaction: Queryable,
  { cut, watermarks, accountedMs }: BookEntry,
  owned: ReadonlySet<number>,
): Promise<void> {
  const isOwned = ({ relay }: { readonly relay: number }): boolean => owned.has(relay);
  const sightings = cut.sightings.filter(isOwned);
  const rows = sightings.map(({ id, relay, firstSeenMs }) => [id, relay, firstSeenMs]);
  const fresh = new Set((await insertRows(transaction, sightingShape, rows)).map(({ id, relay }) => `${id} ${relay}`));
  const known = sightings.filter(({ id, relay }) => !fresh.has(`${id} ${relay}`));
  const hours = correct(cut.hours.filter(isOwned), known);
  const toValues = (counts: HourCounts) => countColumns.map((column) => counts[column]);
  await insertRows(
    transaction,
    hourShape,
    hours.map((counts) => [counts.relay, counts.hour, ...toValues(counts)]),
  );
  await insertRows(
    transaction,
    coverageShape,
    cut.coverage.filter(isOwned).map(({ relay, hour, connected, gap }) => [relay, hour, connected, gap]),
  );
  await insertRows(
    transaction,
    pairShape,
    [...cut.pairs]
      .filter(([relay]) => owned.has(relay))
      .map(([relay, { newest, fingerprints }]) => [relay, newest, packFingerprints(fingerprints)]),
  );
  await insertRows(
    transaction,
    quarantineShape,
    cut.quarantine.map(({ id, sig, relay, kind, reason, atMs }) => [id, sig, relay, kind, reason, atMs]),
  );
  const markColumns = ['relay', 'owner', 'since'];
  const conflict = '(relay) DO UPDATE SET since = excluded.since';
  const marks = [...watermarks].filter(([relay]) => owned.has(relay)).map(([relay, since]) => [relay, '', since]);
  await insertRows(transaction, { table: 'collector_watermark', columns: markColumns, conflict }, marks);
  const accounted = cut.coverage.filter(isOwned).map(({ relay }) => relay);
  const accountedConflict = '(relay) DO UPDATE SET accounted_ms = excluded.accounted_ms';
  await insertRows(
    transaction,
    { table: 'collector_watermark', columns: [...markColumns, 'accounted_ms'], conflict: accountedConflict },
    [...new Set(accounted)].map((relay) => [relay, '', 0, accountedMs]),
  );
}

/** The sample knows further back than the fingerprints: what it has seen before was a repeat after all. */
function correct(
  hours: readonly HourCounts[],
  known: readonly { readonly relay: number; readonly isNovel: boolean }[],
): readonly HourCounts[] {
  if (known.length === 0) return hours;
  const corrected = hours.map((counts) => ({ ...counts }));
  for (const { relay, isNovel } of known) {
    const counts = corrected.findLast((candidate) => candidate.relay === relay && candidate.events > 0);
    if (!counts) continue;
    counts.events--;
    counts.repeats++;
    if (isNovel && counts.novel > 0) counts.novel--;
  }
  return corrected;
}

const claimedAtOnce = 500;

function chunk(relays: readonly number[]): number[][] {
  const parts: number[][] = [];
  for (let next = 0; next < relays.length; next += claimedAtOnce) parts.push(relays.slice(next, next + claimedAtOnce));
  return parts;
}
