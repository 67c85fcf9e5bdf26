import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startRedis } from './redis.ts';
import { waitUntil } from './wait.ts';

test('what ends it empties it, and it comes back on the same port', async (t) => {
  const redis = await startRedis();
  if (!redis.isAvailable) return t.skip(redis.reason);
  await using server = redis;
  assert.match(await ask(server.port, 'SET key value'), /^\+OK/);
  await server.kill();
  await assert.rejects(ask(server.port, 'PING'), { code: 'ECONNREFUSED' });
  await server.restart();
  assert.match(await ask(server.port, 'GET key'), /^\$-1/);
  await server.stop();
  await server.stop();
});

test('one with a password refuses whoever gives none', async (t) => {
  const redis = await startRedis({ password: 'p@ss word' });
  if (!redis.isAvailable) return t.skip(redis.reason);
  await using server = redis;
  assert.match(await ask(server.port, 'GET key'), /^-NOAUTH/);
  assert.match(await ask(server.port, 'AUTH "p@ss word"'), /^\+OK/);
  assert.equal(decodeURIComponent(new URL(server.url).password), 'p@ss word');
});

test('it ends with the process that started it, even when that is killed', async (t) => {
  const module = new URL('./redis.ts', import.meta.url).href;
  const code = `const { startRedis } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(await startRedis())); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  const server = JSON.parse(String(line)) as { isAvailable: boolean; reason?: string; port: number };
  child.kill('SIGKILL');
  if (!server.isAvailable) return t.skip(server.reason);
  await waitUntil(
    () =>
      ask(server.port, 'PING').then(
        () => false,
        ({ code: why }) => why === 'ECONNREFUSED',
      ),
    {
      what: 'the end of the server',
    },
  );
});

/** Sends one line and gives the first answer. */
function ask(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\n`));
    socket.once('error', reject);
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(String(bytes));
    });
  });
}
