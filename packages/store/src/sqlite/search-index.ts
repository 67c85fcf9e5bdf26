import type { SqliteHandle } from '@nostrata/database';
import { getSearchText, splitWords } from '../search-text.ts';
import { searchBatchEvents } from './limits.ts';
import { numbers, prepareArrays } from './shelf.ts';
import { parseCanonical } from './texts.ts';

/**
 * Brings the full-text index one bounded transaction further; returns the position up to which the log is covered,
 * which is its end where nothing was left.
 */
export function indexSearch(handle: SqliteHandle): number {
  const page = prepareArrays(handle, 'SELECT seq, json FROM event WHERE seq > ? ORDER BY seq LIMIT ?');
  const insert = handle.prepare('INSERT INTO search (rowid, text) VALUES (?, ?)');
  const cursor = prepareArrays(handle, "SELECT value FROM meta WHERE name = 'searched'");
  const setCursor = handle.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('searched', ?)");
  const end = prepareArrays(
    handle,
    'SELECT max(coalesce((SELECT max(seq) FROM event), 0), coalesce((SELECT max(seq) FROM removal), 0))',
  );
  handle.exec('BEGIN IMMEDIATE');
  try {
    const after = numbers(cursor.get())[0] ?? 0;
    const rows = page.all(after, searchBatchEvents) as unknown as [number, string][];
    for (const [seq, json] of rows) {
      const text = getSearchText(parseCanonical(json));
      if (text !== null) insert.run(seq, splitWords(text).join(' '));
    }
    const reached = rows.at(-1)?.[0] ?? after;
    if (reached > after) setCursor.run(reached);
    const covered = rows.length < searchBatchEvents ? (numbers(end.get())[0] ?? 0) : reached;
    handle.exec('COMMIT');
    return covered;
  } catch (error) {
    if (handle.isTransaction) handle.exec('ROLLBACK');
    throw error;
  }
}
