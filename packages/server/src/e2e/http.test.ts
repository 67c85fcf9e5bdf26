import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { connectClient, createEventBuilder } from '@nostrata/testing';
import { createFolder, startRelay } from './program.ts';

const created_at = Math.floor(Date.now() / 1000);
const alice = createEventBuilder('alice');

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** `fetch` sets no Host header; a proxy does. */
function get(url: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers, method, agent: false }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }));
    });
    outgoing.on('error', reject).end();
  });
}

const informationType = { Accept: 'application/nostr+json' };

test('the information document tells what is on, to every origin', async () => {
  await using folder = await createFolder();
  await using relay = await startRelay([
    '--data',
    folder.path,
    '--relay-name',
    'Dawn',
    '--relay-privacy',
    'https://example.com/privacy',
    '--max-limit',
    '700',
    '--min-pow',
    '8',
  ]);
  const { status, headers, body } = await get(relay.httpUrl, informationType);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'application/nostr+json');
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.ok(headers['access-control-allow-headers'] && headers['access-control-allow-methods']);
  const document = JSON.parse(body);
  assert.equal(document.name, 'Dawn');
  assert.equal(document.privacy_policy, 'https://example.com/privacy');
  assert.match(document.self, /^[0-9a-f]{64}$/);
  assert.match(document.version, /^\d+\.\d+\.\d+$/);
  for (const nip of [1, 2, 4, 9, 11, 13, 17, 40, 42, 45, 50, 59, 62, 65, 67, 70, 77]) {
    assert.ok(document.supported_nips.includes(nip), `NIP ${nip}`);
  }
  assert.equal(document.limitation.max_limit, 700);
  assert.equal(document.limitation.min_pow_difficulty, 8);
  assert.equal(document.limitation.auth_required, false);
  const preflight = await get(relay.httpUrl, { Origin: 'https://app.example.com' }, 'OPTIONS');
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers['access-control-allow-origin'], '*');
  // The key is the relay's for good.
  await relay.stop();
  await using later = await startRelay(['--data', folder.path]);
  assert.equal(JSON.parse((await get(later.httpUrl, informationType)).body).self, document.self);
});

test('the landing page shows the address the visitor came by, and escapes what it is given', async () => {
  await using folder = await createFolder();
  await using relay = await startRelay(['--data', folder.path, '--relay-name', '<script>alert(1)</script>']);
  const { status, headers, body } = await get(`${relay.httpUrl}/relay`, {
    Host: 'relay.example.com:81',
    Accept: 'text/html',
  });
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/html/);
  assert.match(String(headers['content-security-policy']), /default-src 'none'/);
  assert.match(body, /ws:\/\/relay\.example\.com:81/);
  assert.doesNotMatch(body, /<script/);
  assert.match(body, /&#60;script&#62;/);
});

test('health and metrics tell what has happened', async () => {
  await using folder = await createFolder();
  await using relay = await startRelay(['--data', folder.path]);
  const before = JSON.parse((await get(`${relay.httpUrl}/health`)).body);
  assert.deepEqual([before.status, before.store.reachable, before.lastCommitMs], ['ok', true, null]);
  await using client = await connectClient(relay.url);
  assert.ok((await client.publish(alice.note('counted'))).ok);
  assert.equal((await client.publish({ ...alice.note('honest'), content: 'forged' })).ok, false);
  await client.request('all', [{ limit: 5 }]);
  const health = await get(`${relay.httpUrl}/health`);
  assert.equal(health.status, 200);
  assert.equal(health.headers['cache-control'], 'no-store');
  const after = JSON.parse(health.body);
  assert.ok(after.lastCommitMs > 0 && after.store.lastSeq > before.store.lastSeq);
  const metrics = await get(`${relay.httpUrl}/metrics`);
  assert.match(String(metrics.headers['content-type']), /^text\/plain; version=0\.0\.4/);
  const lines = [
    /^nostrata_messages_total\{verb="EVENT"\} 2$/m,
    /^nostrata_messages_total\{verb="REQ"\} 1$/m,
    /^nostrata_events_total\{kind="1",outcome="stored"\} 1$/m,
    /^nostrata_rejects_total\{by="[^"]+"\} 1$/m,
    /^nostrata_query_seconds_count\{verb="REQ"\} 1$/m,
    /^nostrata_query_seconds_bucket\{.*le="\+Inf".*\} 1$/m,
    /^nostrata_queue_events 0$/m,
    /^nostrata_batch_events_sum 1$/m,
    /^nostrata_commit_seconds_count 1$/m,
    /^nostrata_connections 1$/m,
    /^nostrata_slow_clients_total 0$/m,
    /^process_resident_memory_bytes \d+/m,
  ];
  for (const line of lines) assert.match(metrics.body, line);
  // Every series has its type, and no line is malformed.
  for (const line of metrics.body.trimEnd().split('\n')) {
    assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? -?(\d[\d.e+-]*|\+Inf|NaN))$/);
  }
});

test('a path where nothing is answers 404 in JSON, and metrics can be off', async () => {
  await using folder = await createFolder();
  await using relay = await startRelay(['--data', folder.path, '--metrics', 'no']);
  for (const path of ['/nothing', '/metrics', '/%00', '/..%2f..%2fetc/passwd']) {
    const { status, headers, body } = await get(`${relay.httpUrl}${path}`);
    assert.equal(status, 404, path);
    assert.match(String(headers['content-type']), /^application\/json/);
    assert.match(JSON.parse(body).error, /nothing/);
  }
  const post = await get(relay.httpUrl, {}, 'POST');
  assert.ok(post.status === 404 || post.status === 405, String(post.status));
});

test('forwarded headers count from trusted proxies alone, on the page and in AUTH', async () => {
  const forwarded = {
    'X-Forwarded-Host': 'relay.example.com',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-For': '198.51.100.7',
  };
  for (const isTrusted of [false, true]) {
    await using folder = await createFolder();
    const trust = isTrusted ? ['--trusted-proxies', '127.0.0.0/8'] : [];
    await using relay = await startRelay(['--data', folder.path, ...trust]);
    const { body } = await get(`${relay.httpUrl}/relay`, { ...forwarded, Accept: 'text/html' });
    assert.equal(body.includes('wss://relay.example.com'), isTrusted);
    await using client = await connectClient(relay.url, { headers: forwarded });
    const sign = async (url: string) =>
      client.auth(alice.authentication(await client.challenge(), url, { created_at }));
    const { ok, message } = await sign(isTrusted ? 'wss://relay.example.com/' : relay.url);
    assert.ok(ok, message);
    await client.close();
    await using stranger = await connectClient(relay.url, { headers: forwarded });
    const wrong = alice.authentication(await stranger.challenge(), isTrusted ? relay.url : 'wss://relay.example.com/', {
      created_at,
    });
    assert.equal((await stranger.auth(wrong)).ok, false);
    assert.equal((await relay.stop()).code, 0);
  }
});
