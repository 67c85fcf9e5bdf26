import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import pg from 'pg';
import { startPostgres } from './postgres.ts';
import { waitUntil } from './wait.ts';

test('databases are created empty, apart from each other, and in UTF-8', async (t) => {
  const server = await startPostgres();
  if (!server.isAvailable) return t.skip(server.reason);
  try {
    const urls = [await server.createDatabase(), await server.createDatabase()];
    assert.notEqual(urls[0], urls[1]);
    for (const url of urls) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('CREATE TABLE t (x text)');
      assert.equal((await client.query('SHOW server_encoding')).rows[0].server_encoding, 'UTF8');
      await client.end();
    }
  } finally {
    await server.stop();
    await server.stop();
  }
});

test('after a crash it comes back on the same port with what it had', async (t) => {
  const server = await startPostgres({ isOwn: true });
  if (!server.isAvailable) return t.skip(server.reason);
  await using _ = server;
  assert.ok(server.kill && server.restart);
  const url = await server.createDatabase();
  const query = async (sql: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query(sql).finally(() => client.end());
    return rows;
  };
  await query("CREATE TABLE t AS SELECT 'kept' AS x");
  await server.kill();
  await assert.rejects(query('SELECT 1'));
  await server.restart();
  assert.deepEqual(await query('SELECT x FROM t'), [{ x: 'kept' }]);
});

test('the server ends with the process that started it, even when that is killed', async (t) => {
  const module = new URL('./postgres.ts', import.meta.url).href;
  const code = `const { startPostgres } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(await startPostgres({ isOwn: true }))); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const server = JSON.parse(String(line)) as { isAvailable: boolean; reason?: string; url: string };
  child.kill('SIGKILL');
  if (!server.isAvailable) return t.skip(server.reason);
  const { port } = new URL(server.url);
  await waitUntil(() => isClosed(Number(port)), { what: 'the end of the server' });
});

function isClosed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}
