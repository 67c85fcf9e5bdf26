import { getGeohashPrefix, getIndexedTags, Kind, type NostrEvent } from '@nostrata/protocol';
import type { Stream } from '../plan.ts';
import { OrderedRun } from './ordered-run.ts';
import { compareRows, type MemoryRow } from './row.ts';

type Run = OrderedRun<MemoryRow>;
type RunsByKind = Map<number, Run>;

/** The ordered runs that reads merge: by time, by kind, by author and kind, by tag and kind. */
export class Indexes {
  readonly #time: Run = new OrderedRun<MemoryRow>(compareRows);
  readonly #byKind: RunsByKind = new Map();
  readonly #byAuthor = new Map<string, RunsByKind>();
  readonly #byTag = new Map<string, RunsByKind>();
  readonly #expiring = new OrderedRun<MemoryRow>(compareExpirations);

  get time(): Run {
    return this.#time;
  }

  /** Rows with an expiration, the first to expire first. */
  get expiring(): Run {
    return this.#expiring;
  }

  add(row: MemoryRow): void {
    this.#time.insert(row);
    insertInto(this.#byKind, row);
    insertUnder(this.#byAuthor, row.pubkey, row);
    for (const key of tagKeysOf(row.event)) insertUnder(this.#byTag, key, row);
    if (row.expiration !== undefined) this.#expiring.insert(row);
  }

  remove(row: MemoryRow): void {
    this.#time.remove(row);
    removeFrom(this.#byKind, row);
    removeUnder(this.#byAuthor, row.pubkey, row);
    for (const key of tagKeysOf(row.event)) removeUnder(this.#byTag, key, row);
    if (row.expiration !== undefined) this.#expiring.remove(row);
  }

  /** The runs behind a stream: one, or one per kind where the stream names none. */
  runsOf(stream: Stream): readonly Run[] {
    switch (stream.index) {
      case 'time':
        return [this.#time];
      case 'kind':
        return pickRuns(this.#byKind, stream.kind);
      case 'author':
        return pickRuns(this.#byAuthor.get(stream.pubkey), stream.kind);
      case 'tag':
        return pickRuns(this.#byTag.get(streamKey(stream.letter, stream.value)), stream.kind);
    }
  }

  /** Every event of the pubkey, and every gift wrap addressed to it. */
  concerning(pubkey: string): readonly Run[] {
    const wraps = this.#byTag.get(tagKeyText('p', pubkey))?.get(Kind.giftWrap);
    return [...(this.#byAuthor.get(pubkey)?.values() ?? []), ...(wraps ? [wraps] : [])];
  }

  /** One sentence for each index that lacks the row. */
  problemsOf(row: MemoryRow): string[] {
    const problems: string[] = [];
    const expect = (run: Run | undefined, name: string): void => {
      if (!run?.has(row)) problems.push(`event ${row.id} is missing from the index by ${name}`);
    };
    expect(this.#time, 'time');
    expect(this.#byKind.get(row.kind), 'kind');
    expect(this.#byAuthor.get(row.pubkey)?.get(row.kind), 'author');
    for (const key of tagKeysOf(row.event)) expect(this.#byTag.get(key)?.get(row.kind), 'tag');
    if (row.expiration !== undefined) expect(this.#expiring, 'expiration');
    return problems;
  }

  /** Entries in all indexes together, to compare with what the rows call for. */
  countEntries(): number {
    let entries = this.#time.size + this.#expiring.size + sizeOf(this.#byKind);
    for (const runs of this.#byAuthor.values()) entries += sizeOf(runs);
    for (const runs of this.#byTag.values()) entries += sizeOf(runs);
    return entries;
  }

  /** The entries that one row has. */
  static entriesOf(row: MemoryRow): number {
    return 3 + tagKeysOf(row.event).size + (row.expiration === undefined ? 0 : 1);
  }
}

function compareExpirations(a: MemoryRow, b: MemoryRow): number {
  return (a.expiration ?? 0) - (b.expiration ?? 0) || compareRows(a, b);
}

/** Keys are whole texts, so that equal keys mean equal tags; a prefix key begins with no letter. */
function tagKeyText(letter: string, value: string): string {
  return letter + value;
}

function prefixKeyText(prefix: string): string {
  return `*${prefix}`;
}

function streamKey(letter: string, value: string): string {
  const prefix = getGeohashPrefix(letter, value);
  return prefix === undefined ? tagKeyText(letter, value) : prefixKeyText(prefix);
}

function tagKeysOf(event: NostrEvent): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const [letter, value] of getIndexedTags(event)) {
    keys.add(tagKeyText(letter, value));
    // A value is a geohash where it could be asked for by a prefix of its own length.
    if (getGeohashPrefix(letter, `${value}*`) === undefined) continue;
    for (let length = 1; length <= value.length; length += 1) keys.add(prefixKeyText(value.slice(0, length)));
  }
  return keys;
}

function pickRuns(runs: RunsByKind | undefined, kind: number | undefined): readonly Run[] {
  if (!runs) return [];
  if (kind === undefined) return [...runs.values()];
  const run = runs.get(kind);
  return run ? [run] : [];
}

function insertUnder(map: Map<string, RunsByKind>, key: string, row: MemoryRow): void {
  let runs = map.get(key);
  if (!runs) {
    runs = new Map();
    map.set(key, runs);
  }
  insertInto(runs, row);
}

function insertInto(runs: RunsByKind, row: MemoryRow): void {
  let run = runs.get(row.kind);
  if (!run) {
    run = new OrderedRun<MemoryRow>(compareRows);
    runs.set(row.kind, run);
  }
  run.insert(row);
}

function removeUnder(map: Map<string, RunsByKind>, key: string, row: MemoryRow): void {
  const runs = map.get(key);
  if (!runs) return;
  removeFrom(runs, row);
  if (runs.size === 0) map.delete(key);
}

function removeFrom(runs: RunsByKind, row: MemoryRow): void {
  const run = runs.get(row.kind);
  if (!run) return;
  run.remove(row);
  if (run.size === 0) runs.delete(row.kind);
}

function sizeOf(runs: RunsByKind): number {
  let size = 0;
  for (const run of runs.values()) size += run.size;
  return size;
}
