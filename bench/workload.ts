import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** The parts of a data set that queries are made from; events themselves are kept as text. */
export interface Workload {
  readonly lines: readonly string[];
  readonly ids: readonly string[];
  /** Authors, busiest first. */
  readonly authors: readonly string[];
  /** Ids of notes that `e` tags name, and pubkeys that `p` tags name, most named first. */
  readonly referencedIds: readonly string[];
  readonly mentionedPubkeys: readonly string[];
}

/** One query cell: its name in the table and the filter of the n-th request. */
export interface QueryCell {
  readonly name: string;
  readonly operations: number;
  filterAt(index: number): Record<string, unknown>;
}

/** Reads the first `count` lines of a JSONL file and what queries need to know about them. */
export async function readWorkload(path: string, count: number): Promise<Workload> {
  const lines: string[] = [];
  const ids: string[] = [];
  const authors = new Map<string, number>();
  const referenced = new Map<string, number>();
  const mentioned = new Map<string, number>();
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (lines.length === count) break;
    const event = JSON.parse(line) as { id: string; pubkey: string; kind: number; tags: string[][] };
    lines.push(line);
    if (event.kind !== 0 && event.kind !== 3 && event.kind < 10_000 && event.kind !== 5) ids.push(event.id);
    increment(authors, event.pubkey);
    if (event.kind === 3) continue;
    for (const [name, value] of event.tags) {
      if (name === 'e' && value) increment(referenced, value);
      if (name === 'p' && value) increment(mentioned, value);
    }
  }
  return {
    lines,
    ids,
    authors: ranked(authors),
    referencedIds: ranked(referenced),
    mentionedPubkeys: ranked(mentioned),
  };
}

/** The query cells of the table. Requests vary with a fixed stride through the data, so that runs can be compared. */
export function queryCells(workload: Workload, scale: number): QueryCell[] {
  const { ids, authors, referencedIds, mentionedPubkeys } = workload;
  const pick = <T>(list: readonly T[], index: number): T => list[(index * 7_919) % list.length] as T;
  const cell = (name: string, operations: number, filterAt: QueryCell['filterAt']): QueryCell => {
    return { name, operations: Math.max(50, Math.round(operations * scale)), filterAt };
  };
  // A follow list is neither the busiest authors nor the quietest: every sixth of the busiest 900.
  const followed = authors.filter((_, rank) => rank % 6 === 0).slice(0, 150);
  return [
    cell('REQ by id', 60_000, (i) => ({ ids: [pick(ids, i)] })),
    cell('kind 0 of one author', 60_000, (i) => ({ kinds: [0], authors: [pick(authors, i)] })),
    cell('kind 1 of one author, limit 20', 30_000, (i) => ({ kinds: [1], authors: [pick(authors, i)], limit: 20 })),
    cell('kind 7 by #e, limit 100', 40_000, (i) => ({ kinds: [7], '#e': [pick(referencedIds, i)], limit: 100 })),
    cell('#p, limit 50 (popular)', 12_000, (i) => ({ '#p': [mentionedPubkeys[i % 50]], limit: 50 })),
    cell('150 authors × kinds 1,6, limit 100', 5_000, () => ({ kinds: [1, 6], authors: followed, limit: 100 })),
    cell('kind 1 global, limit 100', 12_000, () => ({ kinds: [1], limit: 100 })),
    cell('1,000 authors × kinds 1,6, limit 100', 1_500, () => ({
      kinds: [1, 6],
      authors: authors.slice(0, 1_000),
      limit: 100,
    })),
    cell('150 quiet authors × kinds 1,6, limit 100', 1_500, () => ({
      kinds: [1, 6],
      authors: authors.slice(-150),
      limit: 100,
    })),
    cell('deep page: kind 1 until the first tenth, limit 100', 6_000, () => ({
      kinds: [1],
      until: deepUntil(workload),
      limit: 100,
    })),
  ];
}

function deepUntil(workload: Workload): number {
  const line = workload.lines[Math.floor(workload.lines.length / 10)] ?? '';
  return Number(/"created_at":(\d+)/.exec(line)?.[1] ?? 0);
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function ranked(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].sort((a, b) => b[1] - a[1]).map(([key]) => key);
}
