import type { Database } from '@nostrata/database';
import type { FindCountry } from './countries.ts';
import { findTables } from './find-tables.ts';

type HintRecord = {
  readonly relay: number;
  readonly monitor: string;
  readonly created_at: number;
  readonly country: string | null;
  readonly geohash: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
};

/** Hints that are looked at in one go. */
const hintsMax = 50_000;

/**
 * Places relays where monitors say they are (NIP-66), unless a seed list says where. Each monitor has one voice, its
 * newest; the part of the world that most of them name wins, and of its voices the newest. Returns how many it placed.
 */
export async function placeByHints(database: Database, findCountry: FindCountry | undefined): Promise<number> {
  if ((await findTables(database, ['view_registry_hint'])).size === 0) return 0;
  const hints = await database.query<HintRecord>(
    `SELECT r.relay, h.monitor, h.created_at, h.country, h.geohash, h.latitude, h.longitude FROM registry_relay r
      JOIN view_registry_hint h ON h.url = r.url
      WHERE coalesce(r.place_source, '') <> 'seed' AND (h.latitude IS NOT NULL OR h.country IS NOT NULL)
      ORDER BY r.relay, h.created_at DESC, h.event_id LIMIT ${hintsMax}`,
  );
  let placed = 0;
  for (const [relay, voices] of Map.groupBy(hints, (hint) => hint.relay)) {
    const newest = [...new Map(voices.toReversed().map((voice) => [voice.monitor, voice])).values()];
    const place = elect(newest, ({ latitude, geohash }) => (latitude === null ? null : (geohash?.slice(0, 3) ?? null)));
    const said = elect(newest, ({ country }) => country);
    const found = place === undefined ? undefined : findCountry?.(place.latitude ?? 0, place.longitude ?? 0);
    if (await writePlace(database, relay, { place, country: found ?? said?.country ?? null })) placed++;
  }
  return placed;
}

/** The newest of those that say what most say. */
function elect(voices: readonly HintRecord[], choose: (voice: HintRecord) => string | null): HintRecord | undefined {
  const groups = Map.groupBy(voices, choose);
  groups.delete(null);
  const [most] = [...groups.values()].sort((a, b) => b.length - a.length || newestOf(b) - newestOf(a));
  return most?.toSorted((a, b) => b.created_at - a.created_at || (a.monitor < b.monitor ? -1 : 1))[0];
}

function newestOf(voices: readonly HintRecord[]): number {
  return Math.max(...voices.map(({ created_at }) => created_at));
}

async function writePlace(
  database: Database,
  relay: number,
  { place, country }: { readonly place: HintRecord | undefined; readonly country: string | null },
): Promise<boolean> {
  return await database.transaction(async (transaction) => {
    const placed =
      place === undefined
        ? []
        : await transaction.query(
            `UPDATE registry_relay SET latitude = $2, longitude = $3, place_source = 'nip66' WHERE relay = $1
              AND (latitude IS NULL OR latitude <> $2 OR longitude <> $3) RETURNING relay`,
            [relay, place.latitude, place.longitude],
          );
    if (country === null) return placed.length > 0;
    const named = await transaction.query(
      `UPDATE registry_relay SET country = $2, country_source = 'nip66' WHERE relay = $1
        AND (country IS NULL OR country <> $2) AND coalesce(country_source, '') <> 'seed' RETURNING relay`,
      [relay, country],
    );
    return placed.length + named.length > 0;
  });
}
