import type { SqlValue } from '@nostrata/database';
import { Problem } from '@nostrata/http';
import { decodeNip19 } from '@nostrata/protocol';

/** A part of a WHERE clause: its text is made when the places of its values are known. */
export interface Condition {
  readonly sql: (...places: string[]) => string;
  readonly values: readonly SqlValue[];
}

/**
 * Reads what users are searched by: an id, a pubkey or at least its first 4 digits, an npub, a linking key, the address
 * of a name.
 * @throws Problem 400 for anything else
 */
export function readSearch(text: string): Condition {
  const wanted = text.trim().toLowerCase();
  if (text.trim().startsWith('usr_')) return equal('id', text.trim());
  if (/^[0-9a-f]{64}$/.test(wanted)) return equal('pubkey', wanted);
  if (/^0[23][0-9a-f]{64}$/.test(wanted)) {
    const sql = (place: string) => `id = (SELECT user_id FROM linking_key WHERE linking_key = ${place})`;
    return { sql, values: [wanted] };
  }
  if (/^[0-9a-f]{4,63}$/.test(wanted)) {
    // A range, as it finds its place in the index: 'g' comes after the last digit.
    return { sql: (from, to) => `pubkey >= ${from} AND pubkey < ${to}`, values: [wanted, `${wanted}g`] };
  }
  if (wanted.startsWith('npub1')) return equal('pubkey', readNpub(wanted));
  const [local = '', host = '', ...more] = wanted.split('@');
  if (local !== '' && host !== '' && more.length === 0) {
    const sql = (at: string, name: string) =>
      `id IN (SELECT user_id FROM name WHERE host = ${at} AND local = ${name} AND is_current = 1)`;
    return { sql, values: [host, local] };
  }
  throw noSearch();
}

/** Reads where a list goes on. @throws Problem 400 */
export function readCursor(cursor: string): Condition {
  const [, ms, id] = /^(\d{1,15})\.(usr_[0-9A-Za-z_]{1,40})$/.exec(cursor) ?? [];
  if (ms === undefined || id === undefined) throw new Problem(400, 'bad-parameter', 'cursor: not one of this list');
  return {
    sql: (before, same, last) => `(created_ms < ${before} OR (created_ms = ${same} AND id < ${last}))`,
    values: [Number(ms), Number(ms), id],
  };
}

function equal(column: string, value: string): Condition {
  return { sql: (place) => `${column} = ${place}`, values: [value] };
}

function readNpub(text: string): string {
  try {
    const decoded = decodeNip19(text);
    if (decoded.type === 'npub') return decoded.pubkey;
  } catch (cause) {
    throw new Problem(400, 'bad-parameter', { message: 'search: not an npub', cause });
  }
  throw noSearch();
}

function noSearch(): Problem {
  const message = 'search: an id, a pubkey or its beginning, an npub, a linking key or name@host';
  return new Problem(400, 'bad-parameter', message);
}
