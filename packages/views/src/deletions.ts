import type { Queryable } from '@nostrata/database';
import { cutText, Kind, parseDeletionRequest } from '@nostrata/protocol';
import type { View } from './contract.ts';
import { toAddressKey, toKeyText } from './keys.ts';
import { deletionReasonCharactersMax } from './limits.ts';
import type { Sourced } from './reading.ts';
import { createRowWriter, forValues, toNetChanges } from './rows.ts';

/** Somebody asked for an event or address to be deleted (kind 5, NIP-09). */
export interface DeletionOfTarget extends Sourced {
  /** Why, in the author's words; may be empty. */
  readonly reason: string;
}

const write = createRowWriter('view_deletion', ['target', 'event_id', 'pubkey', 'created_at', 'reason'], 'DO NOTHING');

/**
 * Deletion requests (kind 5) by what they ask for. Only the author of a target may have it deleted: whoever uses a row
 * for an event id compares the pubkeys. Addresses are the author's own always.
 */
export const deletionsView: View = {
  name: 'deletions',
  version: 1,
  kinds: new Set([Kind.deletionRequest]),
  tables: [
    {
      name: 'view_deletion',
      key: ['target', 'event_id'],
      statements: [
        'CREATE TABLE view_deletion (target TEXT NOT NULL, event_id TEXT NOT NULL, pubkey TEXT NOT NULL, created_at BIGINT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (target, event_id))',
        'CREATE INDEX view_deletion_event ON view_deletion (event_id)',
      ],
    },
  ],
  async apply(changes, transaction) {
    const { stored, removed } = toNetChanges(changes);
    const ids = removed.map(({ id }) => id);
    await forValues(transaction, ids, (list) => `DELETE FROM view_deletion WHERE event_id IN (${list})`);
    const rows = stored.flatMap((event) => {
      const request = parseDeletionRequest(event);
      if (!request) return [];
      const reason = cutText(request.reason, deletionReasonCharactersMax) ?? '';
      const targets = [...request.ids, ...request.addresses.flatMap((address) => toAddressKey(address) ?? [])];
      return targets.map((target) => [target, event.id, event.pubkey, event.created_at, reason]);
    });
    await write(transaction, rows);
  },
};

/** Who asked for this event id or address (`kind:pubkey:d`) to be deleted, the first request first. */
export async function getDeletions(queryable: Queryable, target: string): Promise<readonly DeletionOfTarget[]> {
  const rows = await queryable.query<{ pubkey: string; event_id: string; created_at: number; reason: string }>(
    'SELECT pubkey, event_id, created_at, reason FROM view_deletion WHERE target = $1 ORDER BY created_at, event_id',
    [toKeyText(target) ?? ''],
  );
  return rows.map(({ pubkey, event_id, created_at, reason }) => ({ pubkey, eventId: event_id, created_at, reason }));
}
