import type { PostgresDatabase, PostgresSession } from '@nostrata/database';
import { getExpiration, type NostrEvent } from '@nostrata/protocol';
import type { Seq } from '../contract.ts';
import { maintenanceEvents } from './limits.ts';
import { hexArray, numberArray } from './literal.ts';
import { indexes } from './schema.ts';
import { withLog } from './transaction.ts';
import { insertSearch, insertTags } from './write.ts';

/** An event with its text. */
export interface TextRow {
  readonly seq: Seq;
  readonly json: string;
}

const page = { name: 'maintenance_page', text: 'SELECT seq, json FROM event WHERE seq > $1 ORDER BY seq LIMIT $2' };

/** Every event, in the order of the log, in pages. */
export async function* readAllEvents(session: PostgresSession): AsyncGenerator<readonly TextRow[]> {
  let after = 0;
  for (;;) {
    const rows = await session.run<TextRow>(page, [after, maintenanceEvents]);
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < maintenanceEvents) return;
    after = last.seq;
  }
}

const columnsUpdate = {
  name: 'rebuild_columns',
  text: `UPDATE event e SET id = r.id, pubkey = r.pubkey, kind = r.kind, created_at = r.created_at, expires_at = r.expires_at
    FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::int[], $5::bigint[], $6::bigint[])
      AS r (seq, id, pubkey, kind, created_at, expires_at)
    WHERE e.seq = r.seq AND (e.id, e.pubkey, e.kind, e.created_at) IS DISTINCT FROM (r.id, r.pubkey, r.kind, r.created_at)
      OR e.seq = r.seq AND e.expires_at IS DISTINCT FROM r.expires_at`,
};

/** Makes indexes, columns, tags and search words again from the texts, in one transaction; writers and readers wait. */
export async function rebuildIndexes(database: PostgresDatabase): Promise<void> {
  await withLog(database, async ({ session }) => {
    for (const name of Object.keys(indexes)) await session.query(`DROP INDEX IF EXISTS ${name}`);
    await session.query('TRUNCATE tag, search');
    for await (const rows of readAllEvents(session)) {
      const parsed = rows.map(({ seq, json }) => ({ seq, event: JSON.parse(json) as NostrEvent }));
      await updateColumns(session, parsed);
      await insertTags(
        session,
        parsed.map(({ event }) => event),
      );
      await insertSearch(session, parsed);
    }
    for (const statement of Object.values(indexes)) await session.query(statement);
    await session.query('REINDEX INDEX event_pkey');
  });
  await database.query('ANALYZE event, tag, search');
}

async function updateColumns(
  session: PostgresSession,
  rows: readonly { readonly seq: Seq; readonly event: NostrEvent }[],
): Promise<void> {
  await session.run(columnsUpdate, [
    numberArray(rows.map(({ seq }) => seq)),
    hexArray(rows.map(({ event }) => event.id)),
    hexArray(rows.map(({ event }) => event.pubkey)),
    numberArray(rows.map(({ event }) => event.kind)),
    numberArray(rows.map(({ event }) => event.created_at)),
    numberArray(rows.map(({ event }) => getExpiration(event))),
  ]);
}
