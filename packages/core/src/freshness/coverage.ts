import type { Database, Queryable } from '@nostrata/database';
import type { Clock } from '@nostrata/network';
import { coverageInMemoryMax, flushRowsMax } from '../limits.ts';
import { createFlusher } from './flusher.ts';
import { addRange, type TimeRange } from './ranges.ts';
import { createRecentMap } from './recent-map.ts';

/**
 * Remembers which spans of time were asked of which relay, for each atom of a filter (one author, or one tag value,
 * with the kinds). Atoms, because filters change: a feed with one follow more has one cold atom, and the warm ones
 * neither hide it nor are asked again.
 */
export interface Coverage {
  /** Brings what is known of these atoms into memory; `get` speaks only of what was loaded. */
  load(atoms: readonly string[]): Promise<void>;
  /** Newest first. */
  get(atom: string, relay: string): readonly TimeRange[];
  add(atom: string, relay: string, range: TimeRange): void;
  /** Forgets everything, as after events were removed from the store to save room. */
  clear(): Promise<void>;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

interface CoverageRow extends Record<string, string | number> {
  readonly atom: string;
  readonly relay: string;
  readonly ranges: string;
  readonly used_at_ms: number;
}

type RangesByRelay = Map<string, readonly TimeRange[]>;

/** Opens the coverage over its table. */
export function createCoverage(
  database: Database,
  clock: Clock,
  onFailed: (what: string, error: unknown) => void,
): Coverage {
  const unsaved = new Set<string>();
  const known = createRecentMap<RangesByRelay>(coverageInMemoryMax, (atom) => !unsaved.has(atom));
  const save = async (): Promise<void> => {
    const atoms = [...unsaved];
    const rows = atoms.flatMap((atom) =>
      [...(known.get(atom) ?? [])].map(([relay, ranges]) => ({ atom, relay, ranges })),
    );
    unsaved.clear();
    try {
      await database.transaction((transaction) => saveRows(transaction, rows, clock.now()));
    } catch (error) {
      for (const atom of atoms) unsaved.add(atom);
      throw error;
    }
  };
  const flusher = createFlusher(clock, save, (error) => onFailed('coverage', error));
  return {
    load: async (atoms) => {
      const missing = atoms.filter((atom) => !known.has(atom));
      for (let start = 0; start < missing.length; start += flushRowsMax) {
        const part = missing.slice(start, start + flushRowsMax);
        const loaded = await loadRows(database, part);
        for (const atom of part) if (!known.has(atom)) known.set(atom, loaded.get(atom) ?? new Map());
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
    clear: async () => {
      unsaved.clear();
      known.clear();
      await database.transaction((transaction) => transaction.query('DELETE FROM core_coverage'));
    },
    flush: flusher.flush,
    stop: async () => {
      flusher.stop();
      await flusher.flush();
    },
  };
}

async function loadRows(database: Database, atoms: readonly string[]): Promise<Map<string, RangesByRelay>> {
  const places = atoms.map((_, index) => `$${index + 1}`).join(', ');
  const rows = await database.query<CoverageRow>(
    `SELECT atom, relay, ranges, used_at_ms FROM core_coverage WHERE atom IN (${places})`,
    atoms,
  );
  const loaded = new Map<string, RangesByRelay>();
  for (const { atom, relay, ranges } of rows) {
    const byRelay = loaded.get(atom) ?? new Map<string, readonly TimeRange[]>();
    const pairs = JSON.parse(ranges) as [number, number][];
    byRelay.set(
      relay,
      pairs.map(([since, until]) => ({ since, until })),
    );
    loaded.set(atom, byRelay);
  }
  return loaded;
}

async function saveRows(
  transaction: Queryable,
  all: readonly { atom: string; relay: string; ranges: readonly TimeRange[] }[],
  nowMs: number,
): Promise<void> {
  for (let start = 0; start < all.length; start += flushRowsMax) {
    const rows = all.slice(start, start + flushRowsMax);
    const places = rows.map((_, index) => `(${[1, 2, 3, 4].map((n) => `$${index * 4 + n}`).join(', ')})`);
    await transaction.query(
      `INSERT INTO core_coverage (atom, relay, ranges, used_at_ms) VALUES ${places.join(', ')}
       ON CONFLICT (atom, relay) DO UPDATE SET ranges = excluded.ranges, used_at_ms = excluded.used_at_ms`,
      rows.flatMap(({ atom, relay, ranges }) => [
        atom,
        relay,
        JSON.stringify(ranges.map(({ since, until }) => [since, until])),
        nowMs,
      ]),
    );
  }
}
