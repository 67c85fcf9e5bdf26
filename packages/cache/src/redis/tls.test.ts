import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { startRedis } from '@nostrata/testing';
import { assertFault } from '../conformance/bounds.ts';
import { openRedisCache } from './engine.ts';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'nostrata-tls-'));
after(() => rm(folder, { recursive: true, force: true }));

/** A certificate of its own for `localhost`, or why there is none. */
async function createCertificate(): Promise<{ cert: string; key: string } | string> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  try {
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...names]);
    return { cert, key };
  } catch (error) {
    return `openssl made no certificate: ${error instanceof Error ? error.message.split('\n', 1)[0] : error}`;
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  assert.ok(address && typeof address === 'object');
  await new Promise((resolve) => probe.close(resolve));
  return address.port;
}

test('with rediss:// a certificate that is trusted is used, and one that is not is one clear line', async (t) => {
  const certificate = await createCertificate();
  if (typeof certificate === 'string') return t.skip(certificate);
  const { cert, key } = certificate;
  const port = await findFreePort();
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
  const started = await startRedis({ settings: ['--tls-port', `${port}`, ...files, '--tls-auth-clients', 'no'] });
  if (!started.isAvailable) return t.skip(started.reason);
  await using _server = started;

  const url = `rediss://localhost:${port}`;
  const untrusted = await assertFault(openRedisCache(url), 'away');
  assert.match(untrusted.message, /self-signed certificate/);

  const module = new URL('./engine.ts', import.meta.url).href;
  const code = `const { openRedisCache } = await import(${JSON.stringify(module)});
    const cache = await openRedisCache(${JSON.stringify(url)});
    await cache.subscribe('channel', async (message) => {
      console.log(await cache.get('key'), message);
      await cache.stop();
    });
    await cache.set('key', 'value', 60_000);
    await cache.publish('channel', 'heard');`;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert };
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code], { env, timeout: 15_000 });
  assert.equal(stdout, 'value heard\n');
});
