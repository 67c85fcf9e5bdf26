import type { Queryable } from '@nostrata/database';
import type { RelaySummary } from '../answers.ts';
import { overlapRelays, samplePageRows, sampleRowsMax, sampleScanMax } from './limits.ts';
import { pause } from './pause.ts';

/** How events of the sample are spread over relays. */
export interface Replication {
  /** Relays of an event, on average; null without a sample. */
  readonly replication: number | null;
  /** Relay ids; of those with most events, the pairs that have most in common first. */
  readonly overlap: readonly { readonly a: number; readonly b: number; readonly share: number }[];
}

type SightingRow = { readonly id: string; readonly relay: number; readonly first_seen_ms: number };

/**
 * Reads the sample of sightings (one event in 256, the same on all relays), some rows at a time. Ids are evenly spread,
 * so that the beginning of their order is a fair sample of the sample, and a bounded part of it is enough.
 */
export async function readReplication(queryable: Queryable, sinceMs: number): Promise<Replication> {
  const relaysById = new Map<string, number[]>();
  let last: SightingRow = { id: '', relay: 0, first_seen_ms: 0 };
  let kept = 0;
  for (let seen = 0; seen < sampleScanMax && kept < sampleRowsMax; seen += samplePageRows) {
    const rows = await queryable.query<SightingRow>(
      `SELECT id, relay, first_seen_ms FROM collector_sighting WHERE (id, relay) > ($1, $2)
        ORDER BY id, relay LIMIT ${samplePageRows}`,
      [last.id, last.relay],
    );
    for (const { id, relay, first_seen_ms } of rows) {
      if (first_seen_ms < sinceMs) continue;
      kept++;
      const relays = relaysById.get(id);
      if (relays === undefined) relaysById.set(id, [relay]);
      else relays.push(relay);
    }
    last = rows.at(-1) ?? last;
    if (rows.length < samplePageRows) return summarize(relaysById);
    await pause();
  }
  // The last event may have been cut off.
  if (relaysById.size > 1) relaysById.delete(last.id);
  return summarize(relaysById);
}

function summarize(relaysById: ReadonlyMap<string, readonly number[]>): Replication {
  const lists = [...relaysById.values()];
  if (lists.length === 0) return { replication: null, overlap: [] };
  const sightings = lists.reduce((sum, relays) => sum + relays.length, 0);
  return { replication: sightings / lists.length, overlap: findOverlap(lists) };
}

function findOverlap(relaysById: readonly (readonly number[])[]): Replication['overlap'] {
  const countByRelay = new Map<number, number>();
  for (const relay of relaysById.flat()) countByRelay.set(relay, (countByRelay.get(relay) ?? 0) + 1);
  const top = [...countByRelay].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, overlapRelays);
  const places = new Map(top.map(([relay], place) => [relay, place]));
  const common = new Uint32Array(top.length ** 2);
  for (const relays of relaysById) {
    const present = relays.flatMap((relay) => places.get(relay) ?? []).sort((a, b) => a - b);
    present.forEach((a, at) => {
      for (const b of present.slice(at + 1)) common[a * top.length + b] = (common[a * top.length + b] ?? 0) + 1;
    });
  }
  return top
    .flatMap(([a], first) =>
      top.slice(first + 1).map(([b, smaller], after) => {
        const both = common[first * top.length + first + 1 + after] ?? 0;
        return { a, b, share: both / smaller };
      }),
    )
    .sort((x, y) => y.share - x.share || x.a - y.a || x.b - y.b);
}

/** The same with URLs instead of ids. */
export function nameOverlap(
  overlap: Replication['overlap'],
  urlById: ReadonlyMap<number, string>,
): RelaySummary['overlap'] {
  return overlap.flatMap(({ a, b, share }) => {
    const [first, second] = [urlById.get(a), urlById.get(b)];
    return first === undefined || second === undefined ? [] : [{ a: first, b: second, share }];
  });
}
