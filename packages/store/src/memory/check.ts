import { serializeEvent } from '@nostrata/protocol';
import type { CheckReport } from '../contract.ts';
import { Indexes } from './indexes.ts';
import { estimateBytes } from './row.ts';
import type { Table } from './table.ts';

/** Compares every row with every index, and both with the sums that the table keeps. */
export function checkTable(table: Table): CheckReport {
  const problems: string[] = [];
  let entries = 0;
  let bytes = 0;
  for (const [id, row] of table.rows) {
    entries += Indexes.entriesOf(row);
    bytes += estimateBytes(row);
    problems.push(...table.indexes.problemsOf(row));
    if (row.id !== id || row.event.id !== id) problems.push(`event ${row.id} is stored under the id ${id}`);
    if (row.gone) problems.push(`event ${id} is marked as gone`);
    if (row.json !== serializeEvent(row.event)) problems.push(`event ${id} has a text that is not its canonical text`);
    if (!table.search.has(row)) problems.push(`event ${id} is missing from the search index`);
  }
  const indexed = table.indexes.countEntries();
  if (indexed !== entries) problems.push(`the indexes hold ${indexed} entries, the events call for ${entries}`);
  if (bytes !== table.bytes) problems.push(`the events take ${bytes} bytes, the table says ${table.bytes}`);
  return { events: table.rows.size, problems };
}
