import type { Queryable, SqlRow } from '@nostrata/database';
import type { Change, RemovedChange, Seq } from '@nostrata/store';
import type { View, Views } from '@nostrata/views';

/** The store gave up events of up to that second to save room, at that position of the log. */
export interface RoomMade {
  readonly seq: number;
  /** `created_at` of the newest event that went; older ones may have gone with it. */
  readonly second: number;
}

/** What the store has given up to save room: spans of time are not covered any more where events of them are gone. */
export interface Removals {
  /** How far in the log listeners have been told; what is known to be covered is known as of there. */
  position(): Seq;
  /** Those of which no later one took newer events: few rows. */
  load(): Promise<readonly RoomMade[]>;
  /** Called in the order of the log, whichever process has made the room; returns the function that ends it. */
  follow(listener: (second: number) => void): () => void;
}

/**
 * Follows the log like every view, so that nothing is missed: not what another process removes, nor what was removed
 * while no core was open. Of two removals the later one counts where it reached newer events too.
 */
export const removalsView: View = {
  name: 'removals',
  version: 1,
  tables: [
    {
      name: 'view_removal',
      key: ['seq'],
      statements: ['CREATE TABLE view_removal (seq BIGINT PRIMARY KEY, second BIGINT NOT NULL)'],
    },
  ],
  async apply(changes, transaction) {
    const added: RoomMade[] = [];
    for (const { seq, created_at } of changes.filter(isRoomMade).reverse()) {
      if (created_at > (added.at(-1)?.second ?? -1)) added.push({ seq, second: created_at });
    }
    const newest = added.at(-1);
    if (!newest) return;
    await transaction.query('DELETE FROM view_removal WHERE second <= $1', [newest.second]);
    for (const { seq, second } of added) {
      await transaction.query('INSERT INTO view_removal (seq, second) VALUES ($1, $2)', [seq, second]);
    }
  },
};

/** Reads what the view has noted. */
export function createRemovals(views: Pick<Views, 'statuses' | 'onApplied'>, database: Queryable): Removals {
  return {
    position: () => views.statuses().find(({ name }) => name === removalsView.name)?.cursor ?? (0 as Seq),
    load: async () => {
      const rows = await database.query<SqlRow>('SELECT seq, second FROM view_removal');
      return rows.map(({ seq, second }) => ({ seq: Number(seq), second: Number(second) }));
    },
    follow: (listener) =>
      views.onApplied((view, changes) => {
        const seconds =
          view === removalsView.name ? changes.filter(isRoomMade).map(({ created_at }) => created_at) : [];
        if (seconds.length > 0) listener(seconds.reduce((newest, second) => Math.max(newest, second)));
      }),
  };
}

function isRoomMade(change: Change): change is RemovedChange {
  return change.type === 'removed' && change.reason === 'retained';
}
