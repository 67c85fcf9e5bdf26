import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { after, test } from 'node:test';
import { startDnsServer } from './dns-server.ts';

const dns = await startDnsServer();
after(() => dns[Symbol.asyncDispose]());

/** The resolver of Node, which is not ours: what it reads is right on the wire. */
function resolver(timeout = 2000, tries = 1): Resolver {
  const made = new Resolver({ timeout, tries });
  made.setServers([dns.address]);
  return made;
}

const overOf = (name: string) => dns.asked.filter((one) => one.name === name).map(({ over }) => over);

test('records of each type come as they were set, texts in their pieces', async () => {
  dns.set('all.test', [
    { type: 'TXT', texts: ['first ', 'record'] },
    { type: 'TXT', texts: ['second'] },
    { type: 'A', address: '192.0.2.7' },
    { type: 'AAAA', address: '2001:db8::17' },
  ]);
  assert.deepEqual(await resolver().resolveTxt('all.test'), [['first ', 'record'], ['second']]);
  assert.deepEqual(await resolver().resolve4('all.test'), ['192.0.2.7']);
  assert.deepEqual(await resolver().resolve6('all.test'), ['2001:db8::17']);
});

test('an alias is followed to what it stands for', async () => {
  dns.set('alias.test', [{ type: 'CNAME', target: 'far.test' }]);
  dns.set('far.test', [{ type: 'TXT', texts: ['from afar'] }]);
  assert.deepEqual(await resolver().resolveTxt('alias.test'), [['from afar']]);
  assert.deepEqual(await resolver().resolveCname('alias.test'), ['far.test']);
});

test('a name that is not there, one without such records and the parent of a name are told apart', async () => {
  dns.set('a.parent.test', [{ type: 'A', address: '192.0.2.1' }]);
  await assert.rejects(resolver().resolveTxt('nowhere.test'), { code: 'ENOTFOUND' });
  await assert.rejects(resolver().resolveTxt('a.parent.test'), { code: 'ENODATA' });
  await assert.rejects(resolver().resolveTxt('parent.test'), { code: 'ENODATA' });
  dns.remove('a.parent.test');
  await assert.rejects(resolver().resolveTxt('a.parent.test'), { code: 'ENOTFOUND' });
});

test('what is too long for UDP comes over TCP', async () => {
  const texts = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(250, 'x'));
  dns.set('long.test', [{ type: 'TXT', texts }]);
  assert.deepEqual(await resolver().resolveTxt('long.test'), [texts]);
  assert.deepEqual(overOf('long.test'), ['udp', 'tcp']);
  dns.set('cut.test', [{ type: 'TXT', texts: ['short'] }]);
  dns.fail('cut.test', 'truncated');
  assert.deepEqual(await resolver().resolveTxt('cut.test'), [['short']]);
  assert.deepEqual(overOf('cut.test'), ['udp', 'tcp']);
});

test('faults are what a resolver sees of broken servers, and end when they are taken back', async () => {
  dns.set('a.sick.test', [{ type: 'TXT', texts: ['well'] }]);
  dns.fail('sick.test', 'servfail');
  await assert.rejects(resolver().resolveTxt('a.sick.test'), { code: 'ESERVFAIL' });
  dns.fail('sick.test', 'refused');
  await assert.rejects(resolver().resolveTxt('a.sick.test'), { code: 'EREFUSED' });
  dns.fail('sick.test', 'malformed');
  await assert.rejects(resolver().resolveTxt('a.sick.test'), { code: 'EBADRESP' });
  for (const fault of ['silent', 'wrong-id', { slowMs: 60_000 }] as const) {
    dns.fail('sick.test', fault);
    await assert.rejects(resolver(250).resolveTxt('a.sick.test'), { code: 'ETIMEOUT' });
  }
  dns.fail('sick.test', 'truncated-for-ever');
  await assert.rejects(resolver(250).resolveTxt('a.sick.test'));
  dns.fail('sick.test', { slowMs: 20 });
  assert.deepEqual(await resolver().resolveTxt('a.sick.test'), [['well']]);
  dns.fail('sick.test', undefined);
  assert.deepEqual(await resolver().resolveTxt('a.sick.test'), [['well']]);
});
