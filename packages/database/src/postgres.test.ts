import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type NoPostgres, startPostgres, type TestPostgres, waitUntil } from '@nostrata/testing';
import { DatabaseError } from './errors.ts';
import { migrate } from './migrations.ts';
import { openPostgres, type PostgresDatabase } from './postgres.ts';
import { sqlStateOf } from './postgres-errors.ts';

const server: TestPostgres | NoPostgres = await startPostgres();

describe('PostgreSQL', { skip: server.isAvailable ? false : server.reason }, () => {
  if (!server.isAvailable) return;
  let url: string;
  let database: PostgresDatabase;
  before(async () => {
    url = await server.createDatabase();
    database = await openPostgres(url, { settings: { jit: 'off' }, poolSize: 2 });
  });
  after(async () => {
    await database.close();
    await database.close();
    await server.stop();
  });

  test('values come back as they went in', async () => {
    const [row] = await database.query('SELECT $1::bigint AS a, $2::bytea AS b, $3::text AS c, NULL AS d', [
      Number.MAX_SAFE_INTEGER,
      Uint8Array.of(0, 255),
      '{"\\u0000',
    ]);
    assert.deepEqual({ ...row }, { a: Number.MAX_SAFE_INTEGER, b: Buffer.of(0, 255), c: '{"\\u0000', d: null });
    const [hexRow] = await database.run<{ b: string }>({ text: "SELECT '\\x00ff'::bytea AS b" });
    assert.equal(hexRow?.b, '00ff');
  });

  test('settings hold for every connection', async () => {
    assert.equal((await database.query<{ jit: string }>('SHOW jit'))[0]?.jit, 'off');
  });

  test('statements of a transaction go out together, and the same one twice', async () => {
    const statement = { name: 'number', text: 'SELECT $1::int AS n' };
    const rows = await database.transaction((session) =>
      Promise.all([1, 2, 3].map((n) => session.run<{ n: number }>(statement, [n]))),
    );
    assert.deepEqual(
      rows.flat().map(({ n }) => n),
      [1, 2, 3],
    );
  });

  test('a transaction that throws leaves nothing behind', async () => {
    await database.query('CREATE TABLE t (n int PRIMARY KEY)');
    await assert.rejects(
      database.transaction(async (session) => {
        await session.query('INSERT INTO t VALUES (1)');
        await session.query('INSERT INTO t VALUES (1)');
      }),
      (error) => error instanceof DatabaseError && sqlStateOf(error) === '23505',
    );
    assert.deepEqual(await database.query('SELECT * FROM t'), []);
  });

  test('an aborted read ends at once, and the statement ends on the server', async () => {
    const controller = new AbortController();
    const reading = database.read({ text: 'SELECT pg_sleep(600)' }, [], controller.signal);
    const running = `SELECT 1 FROM pg_stat_activity
      WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = current_database()`;
    await waitUntil(async () => (await database.query(running)).length === 1, { what: 'the statement' });
    controller.abort(new Error('enough'));
    await assert.rejects(reading, /enough/);
    await waitUntil(async () => (await database.query(running)).length === 0, { what: 'the end of the statement' });
  });

  test('a listener that lost its connection comes back and is told that it may have missed something', async () => {
    const heard: (string | null)[] = [];
    database.listen('news', (payload) => heard.push(payload));
    await waitUntil(() => heard.includes(null), { what: 'the listener' });
    await database.query("SELECT pg_notify('news', 'one')");
    await waitUntil(() => heard.includes('one'), { what: 'the notification' });
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`,
    );
    await waitUntil(() => heard.filter((payload) => payload === null).length === 2, { what: 'the listener again' });
    await database.query("SELECT pg_notify('news', 'two')");
    await waitUntil(() => heard.includes('two'), { what: 'the second notification' });
  });

  test('connections that the server took away are replaced', async () => {
    await database.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
    await waitUntil(async () => (await database.query<{ n: number }>('SELECT 1 AS n'))[0]?.n === 1, {
      what: 'an answer',
    });
  });

  test('several processes migrate at once, and each step is applied once', async () => {
    const set = {
      room: 'here',
      migrations: [{ version: 1, name: 'first', statements: ['CREATE TABLE once (n int)'] }],
    };
    const applied = await Promise.all([migrate(database, set), migrate(database, set)]);
    assert.deepEqual(applied.sort(), [0, 1]);
  });

  test('a wrong address gets one clear sentence', async () => {
    const at = (change: (url: URL) => void): string => {
      const other = new URL(url);
      change(other);
      return other.href;
    };
    await assert.rejects(openPostgres('postgres:'), { name: 'DatabaseError' });
    await assert.rejects(openPostgres(at((other) => Object.assign(other, { port: '1' }))), {
      fault: 'away',
      message: /does not answer \(ECONNREFUSED\)$/,
    });
    await assert.rejects(openPostgres(at((other) => Object.assign(other, { pathname: '/nowhere' }))), {
      message: /there is no such database$/,
    });
    await assert.rejects(openPostgres(at((other) => Object.assign(other, { username: 'nobody-here' }))), {
      message: /refuses this user or password$/,
    });
  });
});
