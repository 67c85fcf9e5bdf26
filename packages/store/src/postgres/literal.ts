/**
 * Array parameters as PostgreSQL writes them. One text for each parameter is several times faster than letting the
 * driver convert element by element, and hex digits and numbers need no escaping.
 */

/** Ids or pubkeys as `bytea[]`. */
export function hexArray(values: readonly string[]): string {
  return values.length === 0 ? '{}' : `{"\\\\x${values.join('","\\\\x')}"}`;
}

/** Numbers as `int[]` or `bigint[]`; undefined becomes null. */
export function numberArray(values: readonly (number | undefined)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** Texts as `text[]`; undefined becomes null. They hold no NUL. */
export function textArray(values: readonly (string | undefined)[]): string {
  return `{${values.map(quote).join(',')}}`;
}

/** One id or pubkey as `bytea`. */
export function hex(value: string): string {
  return `\\x${value}`;
}

function quote(value: string | undefined): string {
  return value === undefined ? 'NULL' : `"${value.replace(/["\\]/g, '\\$&')}"`;
}
