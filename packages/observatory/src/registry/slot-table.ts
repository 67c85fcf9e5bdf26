import type { Database, Queryable } from '@nostrata/database';
import { findTables } from './find-tables.ts';
import type { RegistryLimits } from './limits.ts';
import type { KnownRelay } from './relay-table.ts';
import { assignSlots, type SlotClaim, scoreClaims } from './slots.ts';
import { readState, writeState } from './state.ts';

const hourMs = 3_600_000;
const days = 7;

/** What giving the slots needs. */
export interface SlotParts {
  readonly database: Database;
  readonly relays: readonly KnownRelay[];
  readonly slots: number;
  readonly nowMs: number;
  readonly limits: RegistryLimits;
}

/**
 * The relays that hold the slots now, the most important first. Some process gives them anew when their time has come;
 * all processes have the same.
 */
export async function refreshSlots(parts: SlotParts): Promise<readonly number[]> {
  const { database, relays, slots, nowMs, limits } = parts;
  const tables = await findTables(database, ['collector_relay_hour', 'collector_connection_hour']);
  return await database.transaction(async (transaction) => {
    const state = await readState(transaction, database.dialect, 'slots');
    const held = state === undefined ? [] : (JSON.parse(state.value) as readonly number[]);
    await blockFailing(transaction, nowMs, limits);
    const allowed = await findAllowed(transaction, relays, nowMs);
    const isDue = state === undefined || nowMs - state.atMs >= limits.slotsEveryMs;
    const isOpen = Math.min(allowed.length, slots) > held.filter((relay) => allowed.includes(relay)).length;
    if (!isDue && !isOpen && held.every((relay) => allowed.includes(relay))) return held.slice(0, slots);
    const claims = scoreClaims(
      await readClaims(transaction, relays, { allowed, nowMs, hasTraffic: tables.size === 2 }),
    );
    // A blocked relay frees its slot at any time; others lose theirs only when the time for it has come.
    const swapsMax = isDue ? Math.max(1, Math.floor(slots * limits.swapShareMax)) : 0;
    const given = assignSlots(held, claims, { slots, swapsMax });
    const atMs = isDue ? nowMs : (state?.atMs ?? nowMs);
    await writeState(transaction, { name: 'slots', atMs, value: JSON.stringify(given) });
    return given;
  });
}

/** Who failed so often in a row is not tried by collectors for a while; whoever answers again is free at once. */
async function blockFailing(transaction: Queryable, nowMs: number, limits: RegistryLimits): Promise<void> {
  await transaction.query(
    `UPDATE registry_relay SET blocked_until_ms = $1 WHERE coalesce(blocked_until_ms, 0) <= $2 AND EXISTS
      (SELECT 1 FROM probe_relay p WHERE p.relay = registry_relay.relay AND p.failures >= $3
      AND p.last_probe_ms > coalesce(registry_relay.blocked_until_ms, 0))`,
    [nowMs + limits.blockedMs, nowMs, limits.blockedFailures],
  );
  await transaction.query(
    `UPDATE registry_relay SET blocked_until_ms = NULL WHERE blocked_until_ms IS NOT NULL AND EXISTS
      (SELECT 1 FROM probe_relay p WHERE p.relay = registry_relay.relay AND p.failures = 0)`,
  );
}

async function findAllowed(transaction: Queryable, relays: readonly KnownRelay[], nowMs: number): Promise<number[]> {
  const rows = await transaction.query<{ relay: number }>(
    'SELECT relay FROM registry_relay WHERE dead_ms IS NULL AND coalesce(blocked_until_ms, 0) <= $1',
    [nowMs],
  );
  const known = new Set(relays.map(({ relay }) => relay));
  return rows.map(({ relay }) => relay).filter((relay) => known.has(relay));
}

async function readClaims(
  transaction: Queryable,
  relays: readonly KnownRelay[],
  {
    allowed,
    nowMs,
    hasTraffic,
  }: { readonly allowed: readonly number[]; readonly nowMs: number; readonly hasTraffic: boolean },
): Promise<SlotClaim[]> {
  const hour = Math.floor(nowMs / hourMs);
  const novelByRelay = hasTraffic ? await readNovel(transaction, hour) : new Map<number, number>();
  type Uptime = { readonly relay: number; readonly probes: number; readonly failures: number };
  const uptimes = await transaction.query<Uptime>(
    `SELECT relay, CAST(sum(probes) AS BIGINT) AS probes, CAST(sum(failures) AS BIGINT) AS failures FROM probe_day
      WHERE day > $1 GROUP BY relay`,
    [Math.floor(hour / 24) - days],
  );
  const uptimeByRelay = new Map(uptimes.map((row) => [row.relay, (row.probes - row.failures) / row.probes]));
  const isAllowed = new Set(allowed);
  return relays
    .filter(({ relay }) => isAllowed.has(relay))
    .map(({ relay, source }) => ({
      relay,
      isSeed: source === 'seed' || source === 'operator',
      novel: novelByRelay.get(relay) ?? null,
      uptime: uptimeByRelay.get(relay) ?? null,
    }));
}

/** A relay is tried for so long before its worth is known: until then it is as good as any that was not tried. */
const trialSeconds = 6 * 3_600;

/**
 * Events of the last days that each relay was the first to deliver, as if it had been connected all the time: who came
 * yesterday is not worth less than who came last week.
 */
async function readNovel(transaction: Queryable, hour: number): Promise<ReadonlyMap<number, number>> {
  const first = hour - days * 24;
  type Row = { readonly relay: number; readonly amount: number };
  const novels = await transaction.query<Row>(
    'SELECT relay, CAST(sum(novel) AS BIGINT) AS amount FROM collector_relay_hour WHERE hour > $1 GROUP BY relay',
    [first],
  );
  const seconds = await transaction.query<Row>(
    `SELECT relay, CAST(sum(connected_seconds) AS BIGINT) AS amount FROM collector_connection_hour WHERE hour > $1
      GROUP BY relay`,
    [first],
  );
  const novelByRelay = new Map(novels.map(({ relay, amount }) => [relay, amount]));
  return new Map(
    seconds
      .filter(({ amount }) => amount >= trialSeconds)
      .map(({ relay, amount }) => [relay, ((novelByRelay.get(relay) ?? 0) * days * 86_400) / amount]),
  );
}
