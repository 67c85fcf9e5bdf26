import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAuthWarning } from './auth-warning.ts';

const local = { publicUrl: '', host: '127.0.0.1', authRequired: false, authToRead: false, trustedProxies: [] };

test('a relay that authenticates clients without knowing its address warns, in one line', () => {
  const warned = [
    { authRequired: true },
    { authToRead: true },
    { host: '0.0.0.0' },
    { host: '::' },
    { host: '192.0.2.1' },
    { trustedProxies: ['127.0.0.1'] },
  ];
  for (const change of warned) {
    const settings = { ...local, ...change };
    assert.match(findAuthWarning(settings) ?? '', /^publicUrl is empty: [^\n]+$/, JSON.stringify(change));
    assert.equal(findAuthWarning({ ...settings, publicUrl: 'wss://relay.example.com' }), undefined);
  }
});

test('a relay for this machine alone does not warn', () => {
  for (const host of ['127.0.0.1', 'localhost', '::1']) assert.equal(findAuthWarning({ ...local, host }), undefined);
});
