import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@nostrata/testing';
import { openPostgres } from './postgres.ts';
import { adding, insertRows, selectIn } from './rows.ts';
import { openSqlite } from './sqlite.ts';

const server = await startPostgres();
after(() => (server.isAvailable ? server.stop() : undefined));

const engines = [
  { name: 'sqlite', skip: false as const, open: async () => openSqlite(':memory:') },
  {
    name: 'postgres',
    skip: server.isAvailable ? (false as const) : server.reason,
    open: async () => openPostgres(server.isAvailable ? await server.createDatabase() : ''),
  },
];

for (const { name, skip, open } of engines) {
  test(`${name}: many rows are written in few statements, added to what is there, and found again`, {
    skip,
  }, async () => {
    await using database = await open();
    await database.query('CREATE TABLE tally (key BIGINT PRIMARY KEY, amount BIGINT NOT NULL)');
    let statements = 0;
    const counting = {
      query: (sql: string, parameters?: readonly (string | number)[]) => {
        statements++;
        return database.query(sql, parameters);
      },
    } as typeof database;
    const shape = {
      table: 'tally',
      columns: ['key', 'amount'],
      conflict: `${adding('tally', ['key'], ['amount'])} RETURNING key`,
    };
    const rows = Array.from({ length: 2_000 }, (_, key) => [key, 1]);
    await insertRows(counting, shape, rows);
    assert.ok(statements < 25, String(statements));
    assert.equal((await insertRows(database, shape, rows.slice(0, 150))).length, 150);
    const found = await selectIn<{ key: number; amount: number }>(
      database,
      'SELECT key, amount FROM tally WHERE key IN',
      rows.map(([key = 0]) => key),
    );
    assert.equal(found.length, 2_000);
    assert.equal(
      found.reduce((sum, { amount }) => sum + amount, 0),
      2_150,
    );
    assert.deepEqual(await selectIn(database, 'SELECT key FROM tally WHERE key IN', []), []);
  });
}
