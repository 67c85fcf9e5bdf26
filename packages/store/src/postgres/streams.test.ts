import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createTestDatabases } from '../conformance/postgres-databases.ts';
import { connectStore } from './store.ts';
import { statements } from './streams.ts';

const databases = await createTestDatabases();
after(() => databases.stop());

const indexByStream = { tag: 'tag_order', author: 'event_author', kind: 'event_kind', time: 'event_time' } as const;

for (const [stream, index] of Object.entries(indexByStream)) {
  test(`the server reads ${stream} streams from ${index} alone, in its order, in every way`, {
    skip: databases.skip,
  }, async () => {
    await using store = await databases.open({ now: () => 0 });
    await using database = await connectStore(databases.urlOf(store));
    for (const [way, { text }] of Object.entries(statements[stream as keyof typeof statements])) {
      if (!isUsed(stream, way)) continue;
      const rows = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN, COSTS OFF) ${text}`);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      const used = new Set(plan.match(/(?<=Scan (?:Backward )?using |Bitmap Index Scan on )\w+/g));
      used.delete('event_id');
      assert.deepEqual([...used], [index], `${way}: ${plan}`);
      assert.doesNotMatch(plan, /Seq Scan|Bitmap|Incremental Sort/, plan);
    }
  });
}

/** Kinds and time have no streams without a kind, and time is one stream. */
function isUsed(stream: string, way: string): boolean {
  if (stream === 'time') return way === 'one';
  return stream !== 'kind' || way !== 'anyKind';
}
