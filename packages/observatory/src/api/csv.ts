import { z } from 'zod';

/** A column: its heading and the way to its value. */
interface Column {
  readonly heading: string;
  readonly path: readonly string[];
}

/** Writes rows as CSV (RFC 4180): a heading first, lines end with CRLF. */
export interface CsvWriter {
  readonly heading: string;
  /** The lines of these rows. */
  lines(rows: readonly object[]): string;
}

/** Creates a writer with one column for each simple field of the rows' schema; fields of fields are `openMs.p50`. */
export function createCsvWriter(row: z.ZodObject): CsvWriter {
  const columns = columnsOf(row, []);
  return {
    heading: `${columns.map(({ heading }) => toCell(heading)).join(',')}\r\n`,
    lines: (rows) =>
      rows.map((values) => `${columns.map(({ path }) => toCell(valueAt(values, path))).join(',')}\r\n`).join(''),
  };
}

function columnsOf(schema: z.ZodObject, path: readonly string[]): Column[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const here = [...path, name];
    const inner = unwrap(field);
    return inner instanceof z.ZodObject ? columnsOf(inner, here) : [{ heading: here.join('.'), path: here }];
  });
}

function unwrap(field: unknown): unknown {
  return field instanceof z.ZodNullable || field instanceof z.ZodOptional ? unwrap(field.unwrap()) : field;
}

function valueAt(row: object, path: readonly string[]): unknown {
  let value: unknown = row;
  for (const name of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  return value;
}

/** Spreadsheets take a text that begins so for a formula and would run it. */
const formula = /^[\s\0]*[=+\-@|%\t\r\n]/;

function toCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const plain = typeof value === 'string' ? value : isFlat(value) ? value.join(' ') : JSON.stringify(value);
  const safe = formula.test(plain) ? `'${plain}` : plain;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function isFlat(value: unknown): value is readonly (number | string)[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'number');
}
