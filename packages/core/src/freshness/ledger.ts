import type { Database, Queryable } from '@nostrata/database';
import type { Clock } from '@nostrata/network';
import type { Freshness } from '../contract.ts';
import { checkAgeMaxMs, checksInMemoryMax, flushRowsMax } from '../limits.ts';
import { createFlusher } from './flusher.ts';
import { createRecentMap } from './recent-map.ts';

/** When an answer was last checked with relays, and what came of it. */
export interface Check {
  /** Milliseconds of the last check that at least one relay answered; 0 where there was none. */
  readonly checkedAtMs: number;
  /** The relays that answered it. */
  readonly relays: readonly string[];
  /** Whether something was there after it. */
  readonly found: boolean;
  /** Milliseconds of the last check that no relay answered. */
  readonly failedAtMs: number | undefined;
  /** Checks in a row that no relay answered. */
  readonly failures: number;
}

/**
 * Remembers for each key when relays were last asked. Kept apart from `created_at` (seconds, the author's word) and
 * from when something was stored: fresh means checked. A crash loses the last fraction of a second of checks, which
 * costs a request and nothing else.
 */
export interface FreshnessLedger {
  /** Synchronous where the key is in memory: most reads never wait. */
  get(key: string): Check | undefined | Promise<Check | undefined>;
  /** A check that at least one relay answered. */
  checked(key: string, result: { readonly relays: readonly string[]; readonly found: boolean }): void;
  /** A check that nobody answered: what was fresh stays so, and nothing becomes fresh. */
  failed(key: string): void;
  flush(): Promise<void>;
  stop(): Promise<void>;
}

interface CheckRow extends Record<string, string | number | null> {
  readonly key: string;
  readonly checked_at_ms: number;
  readonly relays: string;
  readonly found: number;
  readonly failed_at_ms: number | null;
  readonly failures: number;
}

/** Opens the ledger over its table. */
export function createLedger(
  database: Database,
  clock: Clock,
  onFailed: (what: string, error: unknown) => void,
): FreshnessLedger {
  const unsaved = new Map<string, Check>();
  /** `null` remembers that the database has no such key. */
  const known = createRecentMap<Check | null>(checksInMemoryMax, (key) => !unsaved.has(key));
  const flusher = createFlusher(
    clock,
    async () => {
      const batch = [...unsaved];
      await database.transaction((transaction) => save(transaction, batch));
      for (const [key, check] of batch) if (unsaved.get(key) === check) unsaved.delete(key);
    },
    (error) => onFailed('ledger', error),
  );
  const set = (key: string, check: Check): void => {
    known.set(key, check);
    unsaved.set(key, check);
    flusher.touch();
  };
  const load = async (key: string): Promise<Check | undefined> => {
    const [row] = await database.query<CheckRow>('SELECT * FROM core_check WHERE key = $1', [key]);
    // A check may have come while this was read.
    if (!known.has(key)) known.set(key, row ? toCheck(row) : null);
    return known.get(key) ?? undefined;
  };
  return {
    get: (key) => (known.has(key) ? (known.get(key) ?? undefined) : load(key)),
    checked: (key, { relays, found }) =>
      set(key, { checkedAtMs: clock.now(), relays, found, failedAtMs: undefined, failures: 0 }),
    failed: (key) => {
      const before = known.get(key);
      set(key, {
        checkedAtMs: before?.checkedAtMs ?? 0,
        relays: before?.relays ?? [],
        found: before?.found ?? false,
        failedAtMs: clock.now(),
        failures: (before?.failures ?? 0) + 1,
      });
    },
    flush: flusher.flush,
    stop: async () => {
      flusher.stop();
      await flusher.flush();
      await database.transaction(async (transaction) => {
        await transaction.query('DELETE FROM core_check WHERE checked_at_ms < $1', [clock.now() - checkAgeMaxMs]);
      });
    },
  };
}

/** Says whether an answer that was checked then is still good: strictly younger than its time. */
export function isFresh(check: Check | undefined, freshness: Freshness, nowMs: number): boolean {
  if (check === undefined || check.checkedAtMs === 0) return false;
  const age = nowMs - check.checkedAtMs;
  // A clock that was set back must not keep an answer fresh for ever.
  return age >= 0 && age < (check.found ? freshness.freshForMs : freshness.missingForMs);
}

/** Milliseconds after which a key that nobody answered is asked again without a person waiting: 5 s, doubling to 5 min. */
export function isBackingOff(check: Check | undefined, nowMs: number): boolean {
  if (check?.failedAtMs === undefined) return false;
  const waitMs = Math.min(5_000 * 2 ** Math.min(check.failures - 1, 6), 300_000);
  return nowMs - check.failedAtMs < waitMs;
}

async function save(transaction: Queryable, batch: readonly (readonly [string, Check])[]): Promise<void> {
  for (let start = 0; start < batch.length; start += flushRowsMax) {
    const rows = batch.slice(start, start + flushRowsMax);
    const places = rows.map((_, index) => `(${[1, 2, 3, 4, 5, 6].map((n) => `$${index * 6 + n}`).join(', ')})`);
    await transaction.query(
      `INSERT INTO core_check (key, checked_at_ms, relays, found, failed_at_ms, failures) VALUES ${places.join(', ')}
       ON CONFLICT (key) DO UPDATE SET checked_at_ms = excluded.checked_at_ms, relays = excluded.relays,
         found = excluded.found, failed_at_ms = excluded.failed_at_ms, failures = excluded.failures`,
      rows.flatMap(([key, check]) => [
        key,
        check.checkedAtMs,
        JSON.stringify(check.relays),
        check.found ? 1 : 0,
        check.failedAtMs ?? null,
        check.failures,
      ]),
    );
  }
}

function toCheck(row: CheckRow): Check {
  return {
    checkedAtMs: Number(row.checked_at_ms),
    relays: JSON.parse(row.relays) as string[],
    found: row.found === 1,
    failedAtMs: row.failed_at_ms === null ? undefined : Number(row.failed_at_ms),
    failures: row.failures,
  };
}
