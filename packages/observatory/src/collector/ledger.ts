import type { Fingerprint } from './fingerprint.ts';

/** What one relay delivered in one hour. */
export interface HourCounts {
  readonly relay: number;
  readonly hour: number;
  received: number;
  events: number;
  novel: number;
  repeats: number;
  invalid: number;
  refused: number;
  bytes: number;
}

/** Seconds of one relay in one hour. */
export interface CoverageRow {
  readonly relay: number;
  readonly hour: number;
  connected: number;
  gap: number;
}

/** An event of the sample that a relay delivered, as far as is known for the first time. */
export interface SightingRow {
  readonly id: string;
  readonly relay: number;
  readonly firstSeenMs: number;
  readonly isNovel: boolean;
}

/** What one relay delivered for the first time: fingerprints of events, and the newest `created_at` of them. */
export interface PairRows {
  readonly fingerprints: Fingerprint[];
  newest: number;
}

/** An event that can be stored nowhere. */
export interface QuarantineRow {
  readonly id: string;
  readonly sig: string;
  readonly relay: number;
  readonly kind: number;
  readonly reason: string;
  readonly atMs: number;
}

/** Everything that is counted and not written yet. */
export interface Ledger {
  /** The counts of a relay in that hour, to be added to. */
  counts(relay: number, hour: number): HourCounts;
  /** Notes that a relay delivered a genuine event for the first time. */
  pair(relay: number, fingerprint: Fingerprint, createdAt: number): void;
  sighting(row: SightingRow): void;
  coverage(row: CoverageRow): void;
  quarantine(row: QuarantineRow): void;
  /** Pairs that wait to be written. */
  readonly pairs: number;
  readonly isEmpty: boolean;
  /** Takes everything out. */
  cut(): LedgerCut;
}

/** What was cut out of a ledger: rows with different keys. */
export interface LedgerCut {
  readonly hours: readonly HourCounts[];
  readonly pairs: ReadonlyMap<number, PairRows>;
  readonly sightings: readonly SightingRow[];
  readonly coverage: readonly CoverageRow[];
  readonly quarantine: readonly QuarantineRow[];
}

/** Creates an empty ledger. */
export function createLedger(): Ledger {
  let hours = new Map<number, HourCounts[]>();
  let pairs = new Map<number, PairRows>();
  let sightings: SightingRow[] = [];
  let coverage = new Map<string, CoverageRow>();
  let quarantine = new Map<string, QuarantineRow>();
  let pairCount = 0;

  return {
    counts(relay, hour) {
      const known = hours.get(relay);
      const last = known?.at(-1);
      if (last?.hour === hour) return last;
      const earlier = known?.find((counts) => counts.hour === hour);
      if (earlier) return earlier;
      const counts = { relay, hour, received: 0, events: 0, novel: 0, repeats: 0, invalid: 0, refused: 0, bytes: 0 };
      if (known) known.push(counts);
      else hours.set(relay, [counts]);
      return counts;
    },
    pair(relay, fingerprint, createdAt) {
      pairCount++;
      const known = pairs.get(relay);
      if (!known) pairs.set(relay, { fingerprints: [fingerprint], newest: createdAt });
      else {
        known.fingerprints.push(fingerprint);
        if (createdAt > known.newest) known.newest = createdAt;
      }
    },
    sighting: (row) => void sightings.push(row),
    coverage(row) {
      const key = `${row.relay} ${row.hour}`;
      const known = coverage.get(key);
      if (!known) coverage.set(key, { ...row });
      else {
        known.connected += row.connected;
        known.gap += row.gap;
      }
    },
    quarantine: (row) => void quarantine.set(`${row.id} ${row.sig}`, row),
    get pairs() {
      return pairCount;
    },
    get isEmpty() {
      return hours.size === 0 && coverage.size === 0 && quarantine.size === 0;
    },
    cut() {
      const made: LedgerCut = {
        hours: [...hours.values()].flat(),
        pairs,
        sightings,
        coverage: [...coverage.values()],
        quarantine: [...quarantine.values()],
      };
      hours = new Map();
      pairs = new Map();
      sightings = [];
      coverage = new Map();
      quarantine = new Map();
      pairCount = 0;
      return made;
    },
  };
}
