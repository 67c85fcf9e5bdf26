import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from './errors.ts';
import { type Migration, migrate } from './migrations.ts';
import { openSqlite } from './sqlite.ts';

const first: Migration = {
  version: 1,
  name: 'a table',
  statements: ['CREATE TABLE thing (id INTEGER)', 'INSERT INTO thing VALUES (7)'],
};
const second: Migration = { version: 2, name: 'a column', statements: ['ALTER TABLE thing ADD COLUMN name TEXT'] };
const broken: Migration = { version: 2, name: 'broken', statements: ['DROP TABLE thing', 'NOT SQL'] };

test('each step is applied once, and later steps follow', async () => {
  await using database = openSqlite(':memory:');
  assert.equal(await migrate(database, { room: 'test', migrations: [first] }), 1);
  assert.equal(await migrate(database, { room: 'test', migrations: [first] }), 0);
  assert.equal(await migrate(database, { room: 'test', migrations: [first, second] }), 1);
  assert.deepEqual(
    (await database.query('SELECT id, name FROM thing WHERE id = $1', [7])).map((row) => ({ ...row })),
    [{ id: 7, name: null }],
  );
});

test('a step that fails leaves the database as it was', async () => {
  await using database = openSqlite(':memory:');
  await migrate(database, { room: 'test', migrations: [first] });
  await assert.rejects(migrate(database, { room: 'test', migrations: [first, broken] }), DatabaseError);
  assert.equal((await database.query('SELECT id FROM thing')).length, 1);
  assert.equal(await migrate(database, { room: 'test', migrations: [first, second] }), 1);
});

test('a database of a newer version is refused with one sentence', async () => {
  await using database = openSqlite(':memory:');
  await migrate(database, { room: 'test', migrations: [first, second] });
  await assert.rejects(migrate(database, { room: 'test', migrations: [first] }), (error) => {
    assert(error instanceof DatabaseError);
    assert.equal(error.fault, 'newer');
    assert.match(error.message, /^the database has version 2 of "test", and this program knows only version 1/);
    return true;
  });
});

test('a step that was changed after it was applied is refused', async () => {
  await using database = openSqlite(':memory:');
  await migrate(database, { room: 'test', migrations: [first] });
  const changed = { ...first, statements: ['CREATE TABLE thing (id TEXT)'] };
  await assert.rejects(migrate(database, { room: 'test', migrations: [changed] }), { fault: 'changed' });
});

test('rooms count their versions apart', async () => {
  await using database = openSqlite(':memory:');
  await migrate(database, { room: 'one', migrations: [first] });
  const other = { version: 1, name: 'other', statements: ['CREATE TABLE other (id INTEGER)'] };
  assert.equal(await migrate(database, { room: 'two', migrations: [other] }), 1);
});
