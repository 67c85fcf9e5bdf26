import { insertRows, type SqlValue } from '@nostrata/database';
import { decodeGeohash, type NostrEvent } from '@nostrata/protocol';
import type { View } from '@nostrata/views';
import { deleteRows, toBatch } from './log-rows.ts';
import { MonitorKind, parseMonitor, parseRelayHint } from './monitor-events.ts';
import { judgeRelayUrl } from './seeds.ts';

const hintColumns = {
  event_id: 'TEXT PRIMARY KEY',
  url: 'TEXT NOT NULL',
  monitor: 'TEXT NOT NULL',
  created_at: 'BIGINT NOT NULL',
  network: 'TEXT',
  types: 'TEXT NOT NULL',
  nips: 'TEXT NOT NULL',
  requirements: 'TEXT NOT NULL',
  country: 'TEXT',
  geohash: 'TEXT',
  latitude: 'DOUBLE PRECISION',
  longitude: 'DOUBLE PRECISION',
  open_ms: 'DOUBLE PRECISION',
  read_ms: 'DOUBLE PRECISION',
  write_ms: 'DOUBLE PRECISION',
};

const monitorColumns = {
  event_id: 'TEXT PRIMARY KEY',
  monitor: 'TEXT NOT NULL',
  created_at: 'BIGINT NOT NULL',
  frequency_seconds: 'BIGINT',
  checks: 'TEXT NOT NULL',
  geohash: 'TEXT',
  timeouts: 'TEXT NOT NULL',
};

/** What monitors say of relays (kind 30166, NIP-66), one row for each event, and the monitors themselves (kind 10166). */
export function createHintsView({ allowLocal = false }: { readonly allowLocal?: boolean | undefined }): View {
  return {
    name: 'registry-hints',
    version: 1,
    kinds: new Set(Object.values(MonitorKind)),
    tables: [
      {
        name: 'view_registry_hint',
        key: ['event_id'],
        statements: [
          `CREATE TABLE view_registry_hint (${toDefinitions(hintColumns)})`,
          'CREATE INDEX view_registry_hint_url ON view_registry_hint (url)',
        ],
      },
      {
        name: 'view_registry_monitor',
        key: ['event_id'],
        statements: [`CREATE TABLE view_registry_monitor (${toDefinitions(monitorColumns)})`],
      },
    ],
    async apply(changes, transaction) {
      const { touchedIds, stored } = toBatch(changes);
      for (const table of ['view_registry_hint', 'view_registry_monitor']) {
        await deleteRows(transaction, { table, column: 'monitor' }, touchedIds);
      }
      const hints = stored
        .filter(({ kind }) => kind === MonitorKind.relay)
        .flatMap((event) => toHint(event, allowLocal));
      const monitors = stored.filter(({ kind }) => kind === MonitorKind.monitor).map(toMonitor);
      const conflict = 'DO NOTHING';
      const columns = Object.keys(hintColumns);
      await insertRows(transaction, { table: 'view_registry_hint', columns, conflict }, hints);
      const table = 'view_registry_monitor';
      await insertRows(transaction, { table, columns: Object.keys(monitorColumns), conflict }, monitors);
    },
  };
}

function toDefinitions(columns: Readonly<Record<string, string>>): string {
  return Object.entries(columns)
    .map((definition) => definition.join(' '))
    .join(', ');
}

function toHint(event: NostrEvent, allowLocal: boolean): SqlValue[][] {
  const hint = parseRelayHint(event);
  if (hint === undefined || judgeRelayUrl(hint.url, allowLocal).url === undefined) return [];
  const place = hint.geohash === null ? undefined : toPlace(hint.geohash);
  return [
    [
      event.id,
      hint.url,
      event.pubkey,
      event.created_at,
      hint.network,
      JSON.stringify(hint.types),
      JSON.stringify(hint.nips),
      JSON.stringify(hint.requirements),
      hint.country,
      hint.geohash,
      place?.latitude ?? null,
      place?.longitude ?? null,
      hint.openMs,
      hint.readMs,
      hint.writeMs,
    ],
  ];
}

/** A geohash of one or two digits is a part of the world, not a place. */
const placeDigitsMin = 3;

function toPlace(geohash: string): { readonly latitude: number; readonly longitude: number } | undefined {
  if (geohash.length < placeDigitsMin) return undefined;
  const { latitude, longitude } = decodeGeohash(geohash);
  return { latitude, longitude };
}

function toMonitor(event: NostrEvent): SqlValue[] {
  const { frequencySeconds, checks, geohash, timeouts } = parseMonitor(event);
  const [checkText, timeoutText] = [JSON.stringify(checks), JSON.stringify(timeouts)];
  return [event.id, event.pubkey, event.created_at, frequencySeconds, checkText, geohash, timeoutText];
}
