import type { Measurement } from './loads.ts';

/** One row of the table. Fields that do not apply are left out and print as a dash. */
export interface Row {
  readonly subject: string;
  readonly cell: string;
  readonly perSecond?: number | undefined;
  readonly cpuMicroseconds?: number | undefined;
  readonly p50Ms?: number | undefined;
  readonly p99Ms?: number | undefined;
  readonly eventsPerOperation?: number | undefined;
  readonly residentMb?: number | undefined;
  readonly bytesPerEvent?: number | undefined;
  readonly note?: string | undefined;
}

/** A row from a measurement. */
export function rowOf(subject: string, cell: string, measured: Measurement): Row {
  return {
    subject,
    cell,
    perSecond: measured.operations / measured.seconds,
    cpuMicroseconds: measured.cpuMicroseconds,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    eventsPerOperation: measured.events,
  };
}

/** The table as aligned text, one line per row, rows in the order in which they were measured. */
export function formatTable(rows: readonly Row[]): string {
  const header = ['subject', 'cell', 'per s', 'CPU µs', 'p50 ms', 'p99 ms', 'events', 'RSS MB', 'B/event', 'note'];
  const body = rows.map((row) => [
    row.subject,
    row.cell,
    decimals(row.perSecond, 0),
    decimals(row.cpuMicroseconds, 0),
    decimals(row.p50Ms, 2),
    decimals(row.p99Ms, 2),
    decimals(row.eventsPerOperation, 1),
    decimals(row.residentMb, 0),
    decimals(row.bytesPerEvent, 0),
    row.note ?? '',
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...body.map((cells) => (cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((text, column) =>
        column < 2 || column === 9 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '─'.repeat(width))), ...body.map(line)].join('\n');
}

function decimals(value: number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
