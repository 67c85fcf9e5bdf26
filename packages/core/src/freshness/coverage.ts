import type { Database, Queryable } from '@nostrata/database';
import type { Clock } from '@nostrata/network';
import { coverageInMemoryMax, flushRowsMax } from '../limits.ts';
import { createFlusher } from './flusher.ts';
import { addRange, type TimeRange } from './ranges.ts';
import { createRecentMap } from './recent-map.ts';
import type { Removals, RoomMade } from './removals.ts';

/**
 * Remembers which spans of time were asked of which relay, for each atom of a filter (one author, or one tag value,
 * with the kinds). Atoms, because filters change: a feed with one follow more has one cold atom, and the warm ones
 * neither hide it nor are asked again. A span of which the store has removed events to save room, in whichever process,
 * is not covered any more.
 */
export interface Coverage {
  /** Brings what is known of these atoms into memory; `get` speaks only of what was loaded. */
  load(atoms: readonly string[]): Promise<void>;
  /** Newest first. */
  get(atom: string, relay: string): readonly TimeRange[];
  add(atom: string, relay: string, range: TimeRange): void;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

interface CoverageRow extends Record<string, string | number> {
  readonly atom: string;
  readonly relay: string;
  readonly ranges: string;
  readonly as_of_seq: number;
}

/** What the coverage is made of. */
export interface CoverageOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly removals: Removals;
  readonly onFailed: (what: string, error: unknown) => void;
}

type RangesByRelay = Map<string, readonly TimeRange[]>;

/** Opens the coverage over its table. */
export function createCoverage({ database, clock, removals, onFailed }: CoverageOptions): Coverage {
  let removed = 0;
  const unsaved = new Set<string>();
  const known = createRecentMap<RangesByRelay>(coverageInMemoryMax, (atom) => !unsaved.has(atom));
  const save = async (): Promise<void> => {
    const atoms = [...unsaved];
    const rows = atoms.flatMap((atom) =>
      [...(known.get(atom) ?? [])].map(([relay, ranges]) => ({ atom, relay, ranges })),
    );
    unsaved.clear();
    const stamp = { nowMs: clock.now(), asOfSeq: removals.position() };
    try {
      await database.transaction((transaction) => saveRows(transaction, rows, stamp));
    } catch (error) {
      for (const atom of atoms) unsaved.add(atom);
      throw error;
    }
  };
  const flusher = createFlusher(clock, save, (error) => onFailed('coverage', error));
  const unfollow = removals.follow((second) => {
    removed += 1;
    for (const atom of known.keys()) {
      const byRelay = known.get(atom) ?? new Map<string, readonly TimeRange[]>();
      for (const [relay, ranges] of byRelay) byRelay.set(relay, dropUpTo(ranges, second));
    }
  });
  const loadPart = async (atoms: readonly string[]): Promise<void> => {
    const before = removed;
    const loaded = await loadRows(database, atoms, await removals.load());
    // Something was removed meanwhile: what was read may say that it is still there.
    if (removed !== before) return await loadPart(atoms);
    for (const atom of atoms) if (!known.has(atom)) known.set(atom, loaded.get(atom) ?? new Map());
  };
  return {
    load: async (atoms) => {
      const missing = atoms.filter((atom) => !known.has(atom));
      for (let start = 0; start < missing.length; start += flushRowsMax) {
        await loadPart(missing.slice(start, start + flushRowsMax));
      }
    },
    get: (atom, relay) => known.get(atom)?.get(relay) ?? [],
    add: (atom, relay, range) => {
      const byRelay = known.get(atom) ?? new Map<string, readonly TimeRange[]>();
      byRelay.set(relay, addRange(byRelay.get(relay) ?? [], range));
      unsaved.add(atom);
      known.set(atom, byRelay);
      flusher.touch();
    },
    flush: flusher.flush,
    stop: async () => {
      unfollow();
      flusher.stop();
      await flusher.flush();
    },
  };
}

/** The ranges that hold nothing up to that second. Of the others some events are gone, and nobody knows which. */
function dropUpTo(ranges: readonly TimeRange[], second: number): readonly TimeRange[] {
  return ranges.filter(({ since }) => since > second);
}

async function loadRows(
  database: Database,
  atoms: readonly string[],
  removed: readonly RoomMade[],
): Promise<Map<string, RangesByRelay>> {
  const places = atoms.map((_, index) => `$${index + 1}`).join(', ');
  const rows = await database.query<CoverageRow>(
    `SELECT atom, relay, ranges, as_of_seq FROM core_coverage WHERE atom IN (${places})`,
    atoms,
  );
  const loaded = new Map<string, RangesByRelay>();
  for (const { atom, relay, ranges, as_of_seq } of rows) {
    const byRelay = loaded.get(atom) ?? new Map<string, readonly TimeRange[]>();
    const pairs = JSON.parse(ranges) as [number, number][];
    const later = removed.filter(({ seq }) => seq > Number(as_of_seq)).map(({ second }) => second);
    const all = pairs.map(([since, until]) => ({ since, until }));
    byRelay.set(relay, later.length > 0 ? dropUpTo(all, Math.max(...later)) : all);
    loaded.set(atom, byRelay);
  }
  return loaded;
}

async function saveRows(
  transaction: Queryable,
  all: readonly { atom: string; relay: string; ranges: readonly TimeRange[] }[],
  { nowMs, asOfSeq }: { readonly nowMs: number; readonly asOfSeq: number },
): Promise<void> {
  for (let start = 0; start < all.length; start += flushRowsMax) {
    const rows = all.slice(start, start + flushRowsMax);
    const places = rows.map((_, index) => `(${[1, 2, 3, 4, 5].map((n) => `$${index * 5 + n}`).join(', ')})`);
    await transaction.query(
      `INSERT INTO core_coverage (atom, relay, ranges, used_at_ms, as_of_seq) VALUES ${places.join(', ')}
       ON CONFLICT (atom, relay) DO UPDATE SET ranges = excluded.ranges, used_at_ms = excluded.used_at_ms,
         as_of_seq = excluded.as_of_seq`,
      rows.flatMap(({ atom, relay, ranges }) => [
        atom,
        relay,
        JSON.stringify(ranges.map(({ since, until }) => [since, until])),
        nowMs,
        asOfSeq,
      ]),
    );
  }
}
