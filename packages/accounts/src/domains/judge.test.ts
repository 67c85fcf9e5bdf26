import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '@nostrata/testing';
import { createSecrets } from '../secrets.ts';
import { type JudgedClaim, judge } from './judge.ts';
import type { DnsEvidence, FileEvidence } from './look.ts';
import { createProofs } from './proof.ts';

const proofs = createProofs(createSecrets(new Uint8Array(32).fill(1)));
const claim: JudgedClaim = { id: 'dom_1', userId: 'usr_1', host: 'example.com', method: null };
const token = proofs.of(claim).txtValue;

const records = (...values: string[]): DnsEvidence => ({ kind: 'records', values });
const noName: DnsEvidence = { kind: 'fault', fault: 'no-such-name', message: 'there is no such name' };
const sick: DnsEvidence = { kind: 'fault', fault: 'servfail', message: 'the name server could not answer (SERVFAIL)' };
const absent: FileEvidence = { kind: 'absent', message: 'answered with status 404' };
const down: FileEvidence = { kind: 'fault', message: 'could not be read: timeout' };
const lines = (...texts: string[]): FileEvidence => ({ kind: 'lines', lines: texts });

test('a proof is bound to host, user and claim: a copy proves nothing for anybody else', () => {
  for (const other of [{ id: 'dom_2' }, { userId: 'usr_2' }, { host: 'www.example.com' }]) {
    assert.equal(proofs.isIn({ ...claim, ...other }, [token]), false);
  }
  assert.equal(proofs.isIn(claim, ['v=spf1 -all', ` ${token} `]), true);
  for (const text of ['', token.slice(0, -1), `${token}0`, token.toUpperCase(), `x${token}`]) {
    assert.equal(proofs.isIn(claim, [text]), false, text);
  }
  const others = createProofs(createSecrets(new Uint8Array(32).fill(2)));
  assert.equal(others.isIn(claim, [token]), false);
  assert.match(token, /^nostrata-verify=dom_1\.[0-9a-f]{64}$/);
});

test('what was found is said word for word', () => {
  const say = (dns: DnsEvidence[], file: FileEvidence = absent) => judge(proofs, claim, { dns, file });
  const at = '_nostrata.example.com';
  assert.equal(say([records(token)]).message, `found the proof in TXT at ${at}`);
  assert.equal(say([records('a', 'b')]).dns.message, `found 2 TXT records at ${at}, none of them is this one`);
  assert.equal(say([records('a')]).dns.message, `found 1 TXT record at ${at}, and it is not this one`);
  assert.equal(say([records()]).dns.message, `found no TXT record at ${at}`);
  assert.equal(say([noName]).dns.message, `there is no name ${at} in DNS`);
  assert.match(say([sick]).dns.message, /could not read TXT at _nostrata\.example\.com: .*SERVFAIL/);
  const url = 'https://example.com/.well-known/nostrata.txt';
  assert.equal(say([noName]).file.message, `${url} answered with status 404`);
  assert.equal(say([noName], lines('x', 'y')).file.message, `${url} has 2 lines without this proof`);
  assert.equal(say([noName], lines()).file.message, `${url} is empty`);
  assert.equal(say([sick], lines('x', token)).method, 'file');
  assert.equal(say([records(token)], lines(token)).method, 'dns');
});

test('two name servers have to agree, in both directions', () => {
  const stateOf = (...dns: DnsEvidence[]) => judge(proofs, { ...claim, method: 'dns' }, { dns, file: absent }).state;
  assert.equal(stateOf(records(token), records(token)), 'found');
  assert.equal(stateOf(records(token), records()), 'unclear');
  assert.equal(stateOf(records(token), noName), 'unclear');
  assert.equal(stateOf(records(token), sick), 'unclear');
  assert.equal(stateOf(noName, sick), 'unclear');
  assert.equal(stateOf(noName, records('x')), 'gone');
  assert.equal(stateOf(records(token), noName, noName), 'gone');
  assert.equal(stateOf(records(token), records(token), noName), 'found');
  assert.equal(stateOf(), 'unclear');
});

test('a proof is gone where it was found before: the other place cannot save or end it by failing', () => {
  const stateOf = (method: JudgedClaim['method'], dns: DnsEvidence, file: FileEvidence) =>
    judge(proofs, { ...claim, method }, { dns: [dns], file }).state;
  assert.equal(stateOf('dns', noName, down), 'gone');
  assert.equal(stateOf('dns', sick, absent), 'unclear');
  assert.equal(stateOf('file', sick, absent), 'gone');
  assert.equal(stateOf('file', noName, down), 'unclear');
  assert.equal(stateOf('file', records(token), down), 'found');
  assert.equal(stateOf('file', noName, { kind: 'unknown-host', message: 'has no address' }), 'gone');
  assert.equal(stateOf('file', sick, { kind: 'unknown-host', message: 'has no address' }), 'unclear');
  assert.equal(stateOf(null, noName, down), 'unclear');
});

test('where all that came are faults nothing is ever gone', () => {
  const fault = fc.constantFrom('servfail', 'refused', 'timeout', 'unreachable', 'malformed');
  const evidence = fc.array(fault.map((one): DnsEvidence => ({ kind: 'fault', fault: one, message: one })));
  const files = fc.constantFrom<FileEvidence>(down, { kind: 'unknown-host', message: 'has no address' });
  const methods = fc.constantFrom<JudgedClaim['method']>('dns', 'file', null);
  const law = fc.property(evidence, files, methods, (dns, file, method) => {
    assert.equal(judge(proofs, { ...claim, method }, { dns, file }).state, 'unclear');
  });
  fc.assert(law);
});
