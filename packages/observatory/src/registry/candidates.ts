import { type Database, insertRows, type Queryable } from '@nostrata/database';
import { findTables } from './find-tables.ts';
import type { RegistryLimits } from './limits.ts';
import { type KnownRelay, loadRelays, type RelaySource } from './relay-table.ts';
import { domainOf, judgeRelayUrl } from './seeds.ts';

/** A URL that somebody named and nobody has tried. */
export interface Candidate {
  readonly url: string;
  readonly source: RelaySource;
}

/** What looking for new relays came to. */
export interface Discovery {
  /** URLs that were taken up. */
  readonly added: number;
  /** URLs that may not be dialled. */
  readonly refused: number;
}

interface DiscoveryParts {
  readonly database: Database;
  readonly limits: RegistryLimits;
  readonly allowLocal: boolean;
  readonly nowMs: number;
}

/** A minute between the tries of a candidate, doubled each time. */
const retryMs = 60_000;

/**
 * Takes up URLs that relay lists (NIP-65) and monitors (NIP-66) name, those that most authors name first, as far as
 * there is room. What is known, waits or was refused lately is passed over.
 */
export async function discover({ database, limits, allowLocal, nowMs }: DiscoveryParts): Promise<Discovery> {
  await forgetRefused(database, { nowMs, refusedMax: limits.refusedMax });
  const tables = await findTables(database, ['view_registry_url', 'view_registry_hint']);
  const [waiting] = await database.query<{ count: number }>(
    'SELECT count(*) AS count FROM registry_candidate WHERE refused_until_ms IS NULL',
  );
  let room = limits.candidatesMax - (waiting?.count ?? 0);
  let added = 0;
  let refused = 0;
  for (const { table, source, sql } of sources) {
    if (!tables.has(table) || room <= 0) continue;
    const rows = await database.query<{ url: string }>(`${sql} LIMIT ${room}`);
    const judged = rows.map(({ url }) => ({ url, isAllowed: judgeRelayUrl(url, allowLocal).url === url }));
    const allowed = judged.filter(({ isAllowed }) => isAllowed).map(({ url }) => url);
    const denied = judged.filter(({ isAllowed }) => !isAllowed).map(({ url }) => url);
    await addCandidates(database, { urls: allowed, source, nowMs, refusedUntilMs: null });
    // They are remembered, so that the same ones do not stand before others each time.
    await addCandidates(database, { urls: denied, source, nowMs, refusedUntilMs: nowMs + limits.refusedMs });
    added += allowed.length;
    refused += denied.length;
    room -= allowed.length;
  }
  return { added, refused };
}

const isNew = `NOT EXISTS (SELECT 1 FROM registry_relay r WHERE r.url = v.url)
  AND NOT EXISTS (SELECT 1 FROM registry_candidate c WHERE c.url = v.url)`;

/** Both columns downwards, so that the index gives the order and the limit ends the work. */
const sources = [
  {
    table: 'view_registry_url',
    source: 'nip65',
    sql: `SELECT v.url FROM view_registry_url v WHERE ${isNew} ORDER BY v.authors DESC, v.url DESC`,
  },
  {
    table: 'view_registry_hint',
    source: 'nip66',
    sql: `SELECT v.url FROM view_registry_hint v WHERE ${isNew} GROUP BY v.url ORDER BY count(*) DESC, v.url`,
  },
] as const;

async function addCandidates(
  database: Database,
  {
    urls,
    source,
    nowMs,
    refusedUntilMs,
  }: {
    readonly urls: readonly string[];
    readonly source: RelaySource;
    readonly nowMs: number;
    readonly refusedUntilMs: number | null;
  },
): Promise<void> {
  if (urls.length === 0) return;
  const columns = ['url', 'source', 'added_ms', 'failures', 'next_probe_ms', 'refused_until_ms'];
  await database.transaction(async (transaction) => {
    const rows = urls.map((url) => [url, source, nowMs, 0, nowMs, refusedUntilMs]);
    await insertRows(transaction, { table: 'registry_candidate', columns, conflict: 'DO NOTHING' }, rows);
  });
}

/** Those whose time of refusal is over may be named again; of the others, the oldest go when there are too many. */
async function forgetRefused(
  database: Database,
  { nowMs, refusedMax }: { readonly nowMs: number; readonly refusedMax: number },
): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query('DELETE FROM registry_candidate WHERE refused_until_ms <= $1', [nowMs]);
    await transaction.query(
      `DELETE FROM registry_candidate WHERE refused_until_ms <= (SELECT refused_until_ms FROM registry_candidate
        WHERE refused_until_ms IS NOT NULL ORDER BY refused_until_ms DESC LIMIT 1 OFFSET ${refusedMax})`,
    );
  });
}

/** Candidates whose time has come, the oldest first. */
export async function loadDueCandidates(queryable: Queryable, nowMs: number, max: number): Promise<Candidate[]> {
  const rows = await queryable.query<{ url: string; source: string }>(
    `SELECT url, source FROM registry_candidate WHERE refused_until_ms IS NULL AND next_probe_ms <= $1
      ORDER BY next_probe_ms, url LIMIT ${max}`,
    [nowMs],
  );
  return rows.map(({ url, source }) => ({ url, source: source as RelaySource }));
}

/** A candidate that did not answer is tried again later, and refused for long after a few tries. */
export async function postponeCandidate(
  database: Database,
  { url, nowMs, limits }: { readonly url: string; readonly nowMs: number; readonly limits: RegistryLimits },
): Promise<void> {
  await database.transaction(async (transaction) => {
    const [row] = await transaction.query<{ failures: number }>(
      'SELECT failures FROM registry_candidate WHERE url = $1',
      [url],
    );
    if (row === undefined) return;
    const failures = row.failures + 1;
    const refusedUntilMs = failures >= limits.candidateFailuresMax ? nowMs + limits.refusedMs : null;
    await transaction.query(
      'UPDATE registry_candidate SET failures = $2, next_probe_ms = $3, refused_until_ms = $4 WHERE url = $1',
      [url, failures, nowMs + retryMs * 2 ** failures, refusedUntilMs],
    );
  });
}

/** Takes a candidate out: it has become a relay. */
export async function dropCandidate(database: Database, url: string): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query('DELETE FROM registry_candidate WHERE url = $1', [url]);
  });
}

/** Whether there is room for one more relay that strangers named: in all, and under its domain. */
export function hasRoom(relays: readonly KnownRelay[], url: string, limits: RegistryLimits): boolean {
  const found = relays.filter(({ source, deadMs }) => deadMs === null && (source === 'nip65' || source === 'nip66'));
  if (found.length >= limits.relaysMax) return false;
  const domain = domainOf(url);
  return found.filter((relay) => domainOf(relay.url) === domain).length < limits.relaysByDomainMax;
}

/**
 * Buries relays that have not answered for long, and takes up again those that answer; returns what is known then. A
 * dead relay keeps its id, and only a probe that succeeds brings it back.
 */
export async function sweepDead(database: Database, nowMs: number, limits: RegistryLimits): Promise<KnownRelay[]> {
  return await database.transaction(async (transaction) => {
    await transaction.query(
      `UPDATE registry_relay SET dead_ms = $1 WHERE dead_ms IS NULL AND EXISTS (SELECT 1 FROM probe_relay p
        WHERE p.relay = registry_relay.relay AND p.failures >= $2
        AND coalesce(p.last_ok_ms, registry_relay.first_seen_ms) <= $3)`,
      [nowMs, limits.deadFailuresMin, nowMs - limits.deadAfterMs],
    );
    await transaction.query(
      `UPDATE registry_relay SET dead_ms = NULL WHERE dead_ms IS NOT NULL AND EXISTS (SELECT 1 FROM probe_relay p
        WHERE p.relay = registry_relay.relay AND p.failures = 0 AND p.last_ok_ms IS NOT NULL)`,
    );
    return await loadRelays(transaction);
  });
}
