import { getSearchText, type SearchTerm, tokenize } from '@nostrata/protocol';
import type { MemoryRow } from './row.ts';

/** Which rows hold which word. */
export class SearchIndex {
  readonly #rowsByWord = new Map<string, Set<MemoryRow>>();

  add(row: MemoryRow): void {
    for (const word of wordsOf(row)) {
      const rows = this.#rowsByWord.get(word);
      if (rows) rows.add(row);
      else this.#rowsByWord.set(word, new Set([row]));
    }
  }

  remove(row: MemoryRow): void {
    for (const word of wordsOf(row)) {
      const rows = this.#rowsByWord.get(word);
      rows?.delete(row);
      if (rows?.size === 0) this.#rowsByWord.delete(word);
    }
  }

  /** The rows that hold the rarest word of the terms; no other row can match. */
  candidates(required: readonly SearchTerm[]): ReadonlySet<MemoryRow> {
    let rarest: ReadonlySet<MemoryRow> | undefined;
    for (const word of required.flat()) {
      const rows = this.#rowsByWord.get(word);
      if (!rows) return new Set();
      if (!rarest || rows.size < rarest.size) rarest = rows;
    }
    return rarest ?? new Set();
  }

  /** How many rows hold the word. */
  frequency(word: string): number {
    return this.#rowsByWord.get(word)?.size ?? 0;
  }

  has(row: MemoryRow): boolean {
    return [...wordsOf(row)].every((word) => this.#rowsByWord.get(word)?.has(row));
  }
}

function wordsOf(row: MemoryRow): ReadonlySet<string> {
  return new Set(tokenize(getSearchText(row.event)));
}
