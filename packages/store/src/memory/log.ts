import type { Change, RemovalReason, RemovedChange, Seq } from '../contract.ts';
import { toSeq } from '../seq.ts';
import type { MemoryRow } from './row.ts';

type Entry = { readonly seq: Seq; readonly row: MemoryRow } | RemovedChange;

/** Dead entries are swept when they are more than this and more than half. */
const sweepAt = 1_024;

/** The change log: entries in order, without those whose event has left. */
export class Log {
  #entries: Entry[] = [];
  #dead = 0;
  #last = 0;

  get last(): Seq {
    return toSeq(this.#last);
  }

  /** The position that the next entry gets. */
  advance(): Seq {
    this.#last += 1;
    return toSeq(this.#last);
  }

  /** Enters a row under its own seq. */
  enter(row: MemoryRow): void {
    this.#entries.push({ seq: row.seq, row });
  }

  /** Enters the removal of a row, whose own entry no longer shows. */
  leave(row: MemoryRow, reason: RemovalReason, cause: string | undefined): void {
    const { id, pubkey, kind, created_at } = row;
    this.#entries.push({ type: 'removed', seq: this.advance(), id, pubkey, kind, created_at, reason, cause });
    this.#dead += 1;
    if (this.#dead < sweepAt || this.#dead * 2 < this.#entries.length) return;
    this.#entries = this.#entries.filter((entry) => !('row' in entry && entry.row.gone));
    this.#dead = 0;
  }

  /** At most `limit` changes after the position. */
  after(position: Seq, limit: number): readonly Change[] {
    const changes: Change[] = [];
    for (let i = this.#indexAfter(position); i < this.#entries.length && changes.length < limit; i += 1) {
      const entry = this.#entries[i];
      if (!entry) break;
      if (!('row' in entry)) changes.push(entry);
      else if (!entry.row.gone) {
        const { event, json } = entry.row;
        changes.push({ type: 'stored', seq: entry.seq, event, json });
      }
    }
    return changes;
  }

  #indexAfter(position: Seq): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.seq ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
