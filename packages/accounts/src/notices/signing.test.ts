import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { createSecrets } from '../secrets.ts';
import { rotationMs } from './limits.ts';
import { showSecret, signMessage } from './signing.ts';

const secrets = createSecrets(new Uint8Array(32).fill(7));
const message = { id: 'ntc_1', seconds: 1_700_000_000, body: '{"type":"payment.settled"}' };

/** As a receiver does it who has only the text of the secret and the three headers. */
function verify(secret: string, header: string): boolean {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const hmac = createHmac('sha256', key).update(`${message.id}.${message.seconds}.${message.body}`).digest('base64');
  return header.split(' ').includes(`v1,${hmac}`);
}

test('a receiver checks a signature with the secret it was shown and nothing else', () => {
  const hook = { id: 'hok_1', generation: 1, rotatedMs: null, nowMs: 0 };
  const header = signMessage(secrets, hook, message);
  assert.match(header, /^v1,[A-Za-z0-9+/]{43}=$/);
  assert.match(showSecret(secrets, hook), /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.ok(verify(showSecret(secrets, hook), header));
  for (const other of [
    { id: 'hok_2', generation: 1 },
    { id: 'hok_1', generation: 2 },
  ]) {
    assert.equal(verify(showSecret(secrets, other), header), false);
  }
});

test('for a day after a rotation both secrets are good, and then the new one alone', () => {
  const old = showSecret(secrets, { id: 'hok_1', generation: 1 });
  const fresh = showSecret(secrets, { id: 'hok_1', generation: 2 });
  const sign = (nowMs: number) => signMessage(secrets, { id: 'hok_1', generation: 2, rotatedMs: 1000, nowMs }, message);
  assert.deepEqual([verify(old, sign(1000)), verify(fresh, sign(1000))], [true, true]);
  const after = sign(1000 + rotationMs);
  assert.deepEqual([verify(old, after), verify(fresh, after)], [false, true]);
});
