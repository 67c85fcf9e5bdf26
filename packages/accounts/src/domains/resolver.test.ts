import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type DnsFault as ServerFault, startDnsServer } from '@nostrata/testing';
import { DnsError, type DnsFault } from './dns.ts';
import { limits } from './limits.ts';
import { createDnsLookup } from './resolver.ts';

const dns = await startDnsServer();
after(() => dns[Symbol.asyncDispose]());

const lookup = createDnsLookup({ server: dns.address, timeoutMs: 250, tries: 1 });

const faultOf = async (work: Promise<unknown>): Promise<DnsFault | 'none'> => {
  try {
    await work;
    return 'none';
  } catch (error) {
    assert(error instanceof DnsError, String(error));
    return error.fault;
  }
};

test('the strings of a record are one text, through aliases and over TCP too', async () => {
  dns.set('_nostrata.far.test', [
    { type: 'TXT', texts: ['nostrata-', 'verify=1', ''] },
    { type: 'TXT', texts: ['other'] },
  ]);
  dns.set('_nostrata.alias.test', [{ type: 'CNAME', target: '_nostrata.far.test' }]);
  assert.deepEqual(await lookup.txt('_nostrata.alias.test'), ['nostrata-verify=1', 'other']);
  dns.fail('_nostrata.far.test', 'truncated');
  assert.deepEqual(await lookup.txt('_nostrata.far.test'), ['nostrata-verify=1', 'other']);
});

test('a name without TXT has none, and a name that is not there is told apart from faults', async () => {
  dns.set('bare.test', [{ type: 'A', address: '192.0.2.1' }]);
  assert.deepEqual(await lookup.txt('bare.test'), []);
  assert.equal(await faultOf(lookup.txt('nowhere.test')), 'no-such-name');
  const faults: readonly (readonly [ServerFault, DnsFault])[] = [
    ['servfail', 'servfail'],
    ['refused', 'refused'],
    ['silent', 'timeout'],
    ['wrong-id', 'timeout'],
    ['malformed', 'malformed'],
    [{ slowMs: 60_000 }, 'timeout'],
  ];
  for (const [fault, expected] of faults) {
    dns.fail('bare.test', fault);
    assert.equal(await faultOf(lookup.txt('bare.test')), expected, JSON.stringify(fault));
  }
  dns.fail('bare.test', undefined);
  assert.notEqual(
    await faultOf(createDnsLookup({ server: '127.0.0.1:1', timeoutMs: 250, tries: 1 }).txt('a.test')),
    'none',
  );
});

test('nothing is remembered from one look-up to the next', async () => {
  dns.set('new.test', [{ type: 'TXT', texts: ['one'] }]);
  assert.deepEqual(await lookup.txt('new.test'), ['one']);
  dns.set('new.test', [{ type: 'TXT', texts: ['two'] }]);
  assert.deepEqual(await lookup.txt('new.test'), ['two']);
  dns.remove('new.test');
  assert.equal(await faultOf(lookup.txt('new.test')), 'no-such-name');
});

test('a look-up ends with its signal and leaves others alone', async () => {
  dns.set('slow.test', [{ type: 'TXT', texts: ['late'] }]);
  dns.fail('slow.test', { slowMs: 100 });
  const patient = createDnsLookup({ server: dns.address, timeoutMs: 30_000 });
  const controller = new AbortController();
  const [ended, other] = [patient.txt('slow.test', controller.signal), patient.txt('slow.test')];
  controller.abort();
  assert.equal(await faultOf(ended), 'timeout');
  assert.deepEqual(await other, ['late']);
  assert.equal(await faultOf(patient.txt('slow.test', controller.signal)), 'timeout');
});

test('records beyond the maximum are not read', async () => {
  const records = Array.from({ length: limits.txtRecordsMax + 20 }, (_, index) => ({
    type: 'TXT' as const,
    texts: [`${index}`],
  }));
  dns.set('many.test', records);
  assert.equal((await lookup.txt('many.test')).length, limits.txtRecordsMax);
});

test('a server that is no address is refused before anything is asked', () => {
  for (const server of ['dns.example.com', '', '9.9.9', '9.9.9.9:99999999']) {
    assert.throws(() => createDnsLookup({ server }), RangeError, server);
  }
  for (const server of ['9.9.9.9', '127.0.0.1:5353', '2620:fe::fe', '[2620:fe::fe]:53']) createDnsLookup({ server });
});
