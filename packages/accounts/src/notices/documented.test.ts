import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSecrets } from '../secrets.ts';
import { topics } from './hooks.ts';
import { showSecret, signMessage } from './signing.ts';

const document = readFileSync(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8');

test('the check of signatures in docs/webhooks.md takes what was sent and nothing else', async (t) => {
  const code = /^```ts webhooks:verify\n([\s\S]*?)^```$/m.exec(document)?.[1];
  assert.ok(code);
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-webhooks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'verify.ts'), code);
  const { isFromNostrata } = await import(join(folder, 'verify.ts'));
  const secrets = createSecrets(new Uint8Array(32));
  const hook = { id: 'hok_1', generation: 2, rotatedMs: 0, nowMs: 1 };
  const secret = showSecret(secrets, hook);
  const seconds = Math.floor(Date.now() / 1000);
  const message = { id: 'ntc_1', seconds, body: '{"type":"payment.settled"}' };
  const headersOf = (of: typeof message) => ({
    'webhook-id': of.id,
    'webhook-timestamp': String(of.seconds),
    'webhook-signature': signMessage(secrets, hook, of),
  });
  const headers = headersOf(message);
  assert.equal(isFromNostrata(secret, headers, message.body), true);
  assert.equal(isFromNostrata(showSecret(secrets, { ...hook, generation: 1 }), headers, message.body), true);
  assert.equal(isFromNostrata(showSecret(secrets, { ...hook, generation: 3 }), headers, message.body), false);
  assert.equal(isFromNostrata(secret, headers, `${message.body} `), false);
  assert.equal(isFromNostrata(secret, { ...headers, 'webhook-id': 'ntc_2' }, message.body), false);
  assert.equal(isFromNostrata(secret, {}, message.body), false);
  for (const shift of [-301, 302]) {
    const old = { ...message, seconds: seconds + shift };
    assert.equal(isFromNostrata(secret, headersOf(old), old.body), false, `${shift} s`);
  }
});

test('docs/webhooks.md names all topics', () => {
  for (const topic of topics) assert.ok(document.includes(`\`${topic}\``), topic);
});
