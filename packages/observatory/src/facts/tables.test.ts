import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { migrateFacts } from './tables.ts';
import { createEngines } from './test-engines.ts';

const engines = await createEngines();
after(async () => {
  for (const engine of engines) await engine.stop();
});

for (const { name, skip, open } of engines) {
  test(`what lasts is created once, and is there at the next start: ${name}`, { skip }, async () => {
    await using database = await open();
    await migrateFacts(database);
    await database.query("INSERT INTO statistics_kept_hour VALUES ('events', 1, 2, 3)");
    await database.query('INSERT INTO statistics_author VALUES ($1, $2)', [1, new Uint8Array(32)]);
    await migrateFacts(database);
    const [row] = await database.query('SELECT metric, hour, key, amount FROM statistics_kept_hour');
    assert.deepEqual({ ...row }, { metric: 'events', hour: 1, key: 2, amount: 3 });
    await assert.rejects(database.query('INSERT INTO statistics_author VALUES ($1, $2)', [2, new Uint8Array(32)]));
  });
}
