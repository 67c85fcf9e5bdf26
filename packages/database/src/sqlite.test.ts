import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DatabaseError, type DatabaseFault } from './errors.ts';
import { openSqlite } from './sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'nostrata-database-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('values survive a round trip, NUL and whole numbers up to 2^53 included', async () => {
  await using database = openSqlite(join(folder, 'values.db'));
  await database.query('CREATE TABLE value (n INTEGER, t TEXT, b BLOB)');
  const text = 'a\u0000b\u2028\u{1F600}';
  await database.query('INSERT INTO value VALUES ($1, $2, $3)', [Number.MAX_SAFE_INTEGER, text, Buffer.from([0, 1])]);
  const [row] = await database.query('SELECT n, t, b FROM value WHERE n = $1 AND t = $2', [
    Number.MAX_SAFE_INTEGER,
    text,
  ]);
  assert.equal(row?.n, Number.MAX_SAFE_INTEGER);
  assert.equal(row?.t, text);
  assert.deepEqual(row?.b, new Uint8Array([0, 1]));
});

test('parameters mean their numbers, in order, out of order and several times', async () => {
  await using database = openSqlite(join(folder, 'parameters.db'));
  const ask = async (sql: string) => Object.values((await database.query(sql, ['a', 'b', 'c']))[0] ?? {}).join('');
  assert.equal(await ask('SELECT $1 AS x, $2 AS y, $3 AS z'), 'abc');
  assert.equal(await ask('SELECT $3 AS x, $1 AS y, $2 AS z'), 'cab');
  assert.equal(await ask('SELECT $1 AS x, $2 AS y, $1 AS z, $3 AS v'), 'abac');
});

test('a transaction that throws leaves nothing behind', async () => {
  await using database = openSqlite(join(folder, 'rollback.db'));
  await database.query('CREATE TABLE value (n INTEGER)');
  const work = database.transaction(async (transaction) => {
    await transaction.query('INSERT INTO value VALUES (1)');
    throw new Error('stop');
  });
  await assert.rejects(work, /stop/);
  assert.equal((await database.query('SELECT n FROM value')).length, 0);
});

test('transactions of one connection run one after the other', async () => {
  await using database = openSqlite(join(folder, 'order.db'));
  await database.query('CREATE TABLE value (n INTEGER)');
  const add = (n: number) =>
    database.transaction(async (transaction) => {
      await transaction.query('INSERT INTO value VALUES ($1)', [n]);
      await Promise.resolve();
      if (n === 2) throw new Error('stop');
    });
  const outcomes = await Promise.allSettled([add(1), add(2), add(3)]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.deepEqual(
    (await database.query('SELECT n FROM value ORDER BY n')).map(({ n }) => n),
    [1, 3],
  );
});

test('a write that nobody put into a transaction waits for the one that is open, and outlives its rollback', async () => {
  await using database = openSqlite(join(folder, 'outside.db'));
  await database.query('CREATE TABLE value (n INTEGER)');
  const inside = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const work = database.transaction(async (transaction) => {
    await transaction.query('INSERT INTO value VALUES (1)');
    inside.resolve();
    await gate.promise;
    throw new Error('stop');
  });
  await inside.promise;
  const writes = ['INSERT INTO value VALUES (2)', 'WITH one AS (SELECT 3 AS n) INSERT INTO value SELECT n FROM one'];
  const outside = writes.map((sql) => database.query(sql));
  gate.resolve();
  await assert.rejects(work, /stop/);
  await Promise.all(outside);
  assert.deepEqual(
    (await database.query('SELECT n FROM value ORDER BY n')).map(({ n }) => n),
    [2, 3],
  );
});

test('a write through the database from within a transaction belongs to it and waits for nobody', async () => {
  await using database = openSqlite(join(folder, 'inside.db'));
  await database.query('CREATE TABLE value (n INTEGER)');
  const work = database.transaction(async () => {
    await database.query('INSERT INTO value VALUES (1)');
    throw new Error('stop');
  });
  await assert.rejects(work, /stop/);
  assert.deepEqual(await database.query('SELECT n FROM value'), []);
});

test('a file that is no database is refused as damaged', () => {
  const path = join(folder, 'text.db');
  writeFileSync(path, 'this is not a database, and it is long enough to be looked at'.repeat(100));
  refused('damaged', () => openSqlite(path, { pragmas: { journal_mode: 'WAL' } }));
});

test('a folder in place of the file is refused as not writable', () => {
  const path = join(folder, 'folder.db');
  mkdirSync(path);
  refused('unwritable', () => openSqlite(path));
});

test('a database without room says so', async () => {
  await using database = openSqlite(join(folder, 'full.db'), { pragmas: { max_page_count: 4 } });
  await database.query('CREATE TABLE value (t TEXT)');
  await assert.rejects(database.query('INSERT INTO value VALUES ($1)', ['x'.repeat(100_000)]), { fault: 'full' });
});

test('a write lock of another connection is waited for, then reported as busy', async () => {
  const path = join(folder, 'busy.db');
  await using one = openSqlite(path, { pragmas: { journal_mode: 'WAL' } });
  await using two = openSqlite(path, { busyTimeoutMs: 20 });
  await one.transaction(async () => {
    await assert.rejects(
      two.transaction(async () => 1),
      { fault: 'busy' },
    );
  });
});

test('two connections of one thread write in turns, also when a transaction waits for something else', async () => {
  const path = join(folder, 'turns.db');
  await using one = openSqlite(path, { pragmas: { journal_mode: 'WAL' } });
  await using two = openSqlite(path);
  await one.query('CREATE TABLE turn (n INTEGER)');
  const write = (database: typeof one, n: number) =>
    database.transaction(async (transaction) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await transaction.query('INSERT INTO turn VALUES ($1)', [n]);
    });
  await Promise.all([write(one, 1), write(two, 2), write(one, 3), write(two, 4)]);
  assert.equal((await one.query('SELECT * FROM turn')).length, 4);
});

function refused(fault: DatabaseFault, open: () => unknown): void {
  assert.throws(open, (error) => {
    assert(error instanceof DatabaseError);
    assert.equal(error.fault, fault, error.message);
    assert(!error.message.includes('\n'));
    return true;
  });
}
