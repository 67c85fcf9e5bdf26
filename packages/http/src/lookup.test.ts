import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startDnsServer } from '@nostrata/testing';
import { createLookup } from './lookup.ts';

const dns = await startDnsServer();
after(() => dns[Symbol.asyncDispose]());
const lookup = createLookup(dns.address);

test('a host has the addresses of both families', async () => {
  dns.set('both.example', [
    { type: 'AAAA', address: '2001:db8::7' },
    { type: 'A', address: '192.0.2.7' },
  ]);
  dns.set('old.example', [{ type: 'A', address: '192.0.2.8' }]);
  assert.deepEqual(await lookup('both.example'), [
    { address: '192.0.2.7', family: 4 },
    { address: '2001:db8::7', family: 6 },
  ]);
  assert.deepEqual(await lookup('old.example'), [{ address: '192.0.2.8', family: 4 }]);
});

test('a host without addresses is told from one whose name servers fail', async () => {
  dns.set('empty.example', []);
  dns.fail('broken.example', 'servfail');
  await assert.rejects(lookup('empty.example'), { code: 'ENODATA' });
  await assert.rejects(lookup('none.example'), { code: 'ENOTFOUND' });
  await assert.rejects(lookup('broken.example'), { code: 'ESERVFAIL' });
});

test('hosts whose name servers are silent hold up no others', async () => {
  dns.fail('silent.example', 'silent');
  dns.set('quick.example', [{ type: 'A', address: '192.0.2.9' }]);
  let ended = 0;
  const silent = Array.from({ length: 20 }, (_, index) =>
    lookup(`${index}.silent.example`).catch(() => {
      ended += 1;
    }),
  );
  await lookup('quick.example');
  assert.equal(ended, 0);
  await Promise.all(silent);
  assert.equal(ended, 20);
});
