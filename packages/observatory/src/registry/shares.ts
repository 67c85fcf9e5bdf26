import type { Queryable } from '@nostrata/database';
import type { Share } from '../answers.ts';
import { parseNips } from './relay-list.ts';

/** Relays that count in shares: they have answered, and are not dead. */
const living = `FROM registry_relay r JOIN probe_relay p ON p.relay = r.relay
  WHERE r.dead_ms IS NULL AND p.last_ok_ms IS NOT NULL`;

/** Relays by software, of those that say theirs. */
export async function readSoftwareShares(queryable: Queryable): Promise<Share[]> {
  const rows = await queryable.query<{ key: string; name: string; relays: number }>(
    `SELECT r.software AS key, min(r.software_name) AS name, count(*) AS relays ${living}
      AND r.software IS NOT NULL GROUP BY r.software`,
  );
  return toShares(
    rows,
    rows.reduce((sum, { relays }) => sum + relays, 0),
  );
}

/** Relays by NIP that they say they support, of those that name any. */
export async function readNipShares(queryable: Queryable): Promise<Share[]> {
  const rows = await queryable.query<{ nips: string; relays: number }>(
    `SELECT r.nips, count(*) AS relays ${living} AND r.nips <> ',' GROUP BY r.nips`,
  );
  const relaysByNip = new Map<number, number>();
  for (const { nips, relays } of rows) {
    for (const nip of parseNips(nips)) relaysByNip.set(nip, (relaysByNip.get(nip) ?? 0) + relays);
  }
  const named = rows.reduce((sum, { relays }) => sum + relays, 0);
  const list = [...relaysByNip].map(([nip, relays]) => ({ key: String(nip), name: toNipName(nip), relays }));
  return toShares(list, named);
}

/** Relays by country, of those whose country is known. */
export async function readCountryShares(queryable: Queryable): Promise<Share[]> {
  const rows = await queryable.query<{ key: string; relays: number }>(
    `SELECT r.country AS key, count(*) AS relays ${living} AND r.country IS NOT NULL GROUP BY r.country`,
  );
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
  const nameOf = (key: string): string => (/^[A-Z]{2}$/.test(key) ? (names.of(key) ?? key) : key);
  return toShares(
    rows.map(({ key, relays }) => ({ key, name: nameOf(key), relays })),
    rows.reduce((sum, { relays }) => sum + relays, 0),
  );
}

/** Numbers of NIPs are written with two digits at least. */
function toNipName(nip: number): string {
  return `NIP-${String(nip).padStart(2, '0')}`;
}

function toShares(rows: readonly Omit<Share, 'share'>[], of: number): Share[] {
  return rows
    .map(({ key, name, relays }) => ({ key, name, relays, share: relays / of }))
    .sort((a, b) => b.relays - a.relays || (a.key < b.key ? -1 : 1));
}
