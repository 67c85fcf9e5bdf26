import type { Queryable } from '@nostrata/database';
import { forValues } from './rows.ts';

/** Which event an answer comes from. */
export interface Sourced {
  readonly pubkey: string;
  readonly eventId: string;
  /** Seconds. */
  readonly created_at: number;
}

/** The rows of a table that belong to these pubkeys; `select` ends before its WHERE. */
export async function findByPubkeys<Row>(
  queryable: Queryable,
  select: string,
  pubkeys: readonly string[],
): Promise<readonly Row[]> {
  if (pubkeys.length === 1) {
    return (await queryable.query(`${select} WHERE pubkey = $1`, [...pubkeys])) as unknown as Row[];
  }
  return await forValues<Row>(queryable, [...new Set(pubkeys)], (list) => `${select} WHERE pubkey IN (${list})`);
}
