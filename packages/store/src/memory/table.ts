import type { NostrEvent } from '@nostrata/protocol';
import type { RemovalReason, Seq } from '../contract.ts';
import type { AddressMark, Row, Shelf } from '../rules.ts';
import { Indexes } from './indexes.ts';
import { Log } from './log.ts';
import { createRow, estimateBytes, type MemoryRow } from './row.ts';
import { SearchIndex } from './search-index.ts';

/**
 * Everything the memory engine holds. Events, marks, deletions and vanish requests are the truth; `indexes` and
 * `search` are derived and can be built again.
 */
export class Table implements Shelf {
  readonly rows = new Map<string, MemoryRow>();
  readonly log = new Log();
  indexes = new Indexes();
  search = new SearchIndex();
  bytes = 0;
  readonly #marks = new Map<string, AddressMark>();
  /** Ids by the pubkeys that asked for their deletion, as `pubkey` + `id`. */
  readonly #deletedIds = new Set<string>();
  readonly #deletedAddresses = new Map<string, number>();
  readonly #vanished = new Map<string, number>();

  findById(id: string): MemoryRow | undefined {
    return this.rows.get(id);
  }

  readEvent(row: Row): NostrEvent {
    return this.#own(row).event;
  }

  findMark(address: string): AddressMark | undefined {
    return this.#marks.get(address);
  }

  setMark(address: string, mark: AddressMark): void {
    this.#marks.set(address, mark);
  }

  isIdDeleted(id: string, author: string): boolean {
    return this.#deletedIds.has(author + id);
  }

  addIdDeletion(id: string, author: string): void {
    this.#deletedIds.add(author + id);
  }

  addressDeletedUntil(address: string): number | undefined {
    return this.#deletedAddresses.get(address);
  }

  addAddressDeletion(address: string, until: number): void {
    this.#deletedAddresses.set(address, Math.max(until, this.#deletedAddresses.get(address) ?? 0));
  }

  vanishedUntil(pubkey: string): number | undefined {
    return this.#vanished.get(pubkey);
  }

  setVanished(pubkey: string, until: number): void {
    this.#vanished.set(pubkey, until);
  }

  listVanishing(pubkey: string, until: number): readonly MemoryRow[] {
    const rows = new Set<MemoryRow>();
    for (const run of this.indexes.concerning(pubkey)) {
      const cursor = run.cursor((row) => row.created_at > until);
      for (let row = cursor.next(); row; row = cursor.next()) rows.add(row);
    }
    return [...rows];
  }

  insert(event: NostrEvent, json: string | undefined): Seq {
    const row = createRow(this.log.advance(), event, json);
    this.rows.set(row.id, row);
    this.indexes.add(row);
    this.search.add(row);
    this.log.enter(row);
    this.bytes += estimateBytes(row);
    return row.seq;
  }

  remove(row: Row, reason: RemovalReason, cause: string | undefined): void {
    const own = this.#own(row);
    this.rows.delete(own.id);
    this.indexes.remove(own);
    this.search.remove(own);
    own.gone = true;
    this.log.leave(own, reason, cause);
    this.bytes -= estimateBytes(own);
  }

  /** Drops what is derived and builds it again. */
  rebuild(): void {
    this.indexes = new Indexes();
    this.search = new SearchIndex();
    for (const row of this.rows.values()) {
      this.indexes.add(row);
      this.search.add(row);
    }
  }

  #own(row: Row): MemoryRow {
    const own = this.rows.get(row.id);
    if (!own) throw new Error(`broken invariant: row ${row.id} is not in the table`);
    return own;
  }
}
