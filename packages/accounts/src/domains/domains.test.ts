import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOutgoing, Problem } from '@nostrata/http';
import { createMortalDatabase } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { createDomains } from './domains.ts';
import { limits } from './limits.ts';
import { createDnsLookup } from './resolver.ts';
import { as, createTestHouse } from './test-house.ts';

const law = await onEachEngine();

const code = (status: number, word: string) => (error: unknown) => {
  assert(error instanceof Problem, String(error));
  assert.deepEqual([error.status, error.code], [status, word]);
  return true;
};

law('a claim is proven by DNS, and only then its host is served', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns, clock } = house;
  const { domain, isNew } = await domains.claim(as('ann'), 'Bücher.Example.com');
  assert.equal(isNew, true);
  assert.equal(domain.host, 'xn--bcher-kva.example.com');
  assert.equal(domain.proof.txtName, '_nostrata.xn--bcher-kva.example.com');
  const before = await domains.check(as('ann'), domain.id);
  assert.equal(before.judgement.dns.message, `there is no name ${domain.proof.txtName} in DNS`);
  assert.equal(before.domain.state, 'pending');
  assert.equal(await domains.isHostServed(domain.host), false);
  await assert.rejects(domains.check(as('ann'), domain.id), code(429, 'checked-just-now'));
  clock.advance(limits.checkIntervalMs);
  dns.set(domain.proof.txtName, [
    { type: 'TXT', texts: ['v=other'] },
    { type: 'TXT', texts: [domain.proof.txtValue.slice(0, 20), domain.proof.txtValue.slice(20)] },
  ]);
  const proven = await domains.check(as('ann'), domain.id);
  assert.deepEqual([proven.domain.state, proven.domain.method, proven.domain.lastFailure], ['verified', 'dns', null]);
  assert.equal(await domains.isHostServed(domain.host), true);
  assert.equal(await domains.ownerOf(domain.host), 'ann');
  assert.deepEqual(await domains.hostsOf('ann'), [domain.host]);
  assert.deepEqual(await house.actions(), ['domain.claimed', 'domain.verified']);
  assert.deepEqual(await house.notices('ann'), ['claimed', 'verified']);
});

law('a claim is proven by a file; redirects, faults and the files of others prove nothing', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, files, clock } = house;
  const { domain } = await domains.claim(as('ann'), 'user.github.io');
  const attempts = [
    { status: 302, body: domain.proof.fileBody },
    { status: 404, body: domain.proof.fileBody },
    { status: 500, body: domain.proof.fileBody },
    { status: 200, body: `<html>${domain.proof.fileBody}</html>` },
    { fault: 'refused' as const },
    { fault: 'redirect' as const },
    { fault: 'too-large' as const },
  ];
  for (const file of attempts) {
    files.set(domain.host, file);
    clock.advance(limits.checkIntervalMs);
    assert.equal((await domains.check(as('ann'), domain.id)).domain.state, 'pending', JSON.stringify(file));
  }
  files.set(domain.host, { status: 200, body: `# ours\r\n${domain.proof.fileBody}\r\n` });
  clock.advance(limits.checkIntervalMs);
  const { domain: proven } = await domains.check(as('ann'), domain.id);
  assert.deepEqual([proven.state, proven.method], ['verified', 'file']);
});

law('a first claimer who proves nothing keeps nobody from a domain', async (database) => {
  await using house = await createTestHouse(database);
  const { domains } = house;
  await domains.claim(as('eve'), 'example.com');
  const mine = await house.prove('ann', 'example.com');
  assert.equal(mine.state, 'verified');
  const [theirs] = await domains.list('eve');
  assert.equal(theirs?.state, 'pending');
  assert.equal(await domains.ownerOf('example.com'), 'ann');
});

law('of many who prove one host at once exactly one has it, and the others are told', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns } = house;
  const users = ['ann', 'bob', 'eve'];
  const claims = await Promise.all(users.map(async (user) => (await domains.claim(as(user), 'example.com')).domain));
  dns.set(
    '_nostrata.example.com',
    claims.map(({ proof }) => ({ type: 'TXT', texts: [proof.txtValue] })),
  );
  const results = await Promise.allSettled(claims.map(({ userId, id }) => domains.check(as(userId), id)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  for (const result of results) if (result.status === 'rejected') code(409, 'domain-taken')(result.reason);
  const rows = await database.query<{ state: string }>('SELECT state FROM domain ORDER BY state');
  assert.deepEqual(
    rows.map(({ state }) => state),
    ['pending', 'pending', 'verified'],
  );
  assert.equal((await house.actions()).filter((action) => action === 'domain.verified').length, 1);
});

law('two checks of one claim at once make it verified once', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns } = house;
  const { domain } = await domains.claim(as('ann'), 'example.com');
  dns.set(domain.proof.txtName, [{ type: 'TXT', texts: [domain.proof.txtValue] }]);
  const results = await Promise.allSettled([1, 2, 3].map(() => domains.check(as('ann'), domain.id)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.deepEqual(await house.actions(), ['domain.claimed', 'domain.verified']);
});

law('a plan has so many domains, claims at once included, and the same claim is given again', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, limit } = house;
  limit.domains = 2;
  const hosts = Array.from({ length: 6 }, (_, index) => `example${index}.com`);
  const results = await Promise.allSettled(hosts.map((host) => domains.claim(as('ann'), host)));
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 2);
  for (const result of results) if (result.status === 'rejected') code(403, 'plan-limit')(result.reason);
  const [first] = await domains.list('ann');
  assert(first);
  const again = await domains.claim(as('ann'), first.host.toUpperCase());
  assert.deepEqual([again.isNew, again.domain.id], [false, first.id]);
  await domains.remove(as('ann'), first.id);
  assert.equal((await domains.claim(as('ann'), 'example9.com')).isNew, true);
});

law('a domain whose proof is gone works for a week, is suspended, and comes back with its proof', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns, clock } = house;
  const { proof, id } = await house.prove('ann', 'example.com');
  const stateOf = async () => (await domains.get('ann', id)).state;
  assert.deepEqual(await domains.recheckDue(), { checked: 0, changed: 0, forgotten: 0 });
  clock.advance(limits.recheckMs);
  assert.deepEqual(await domains.recheckDue(), { checked: 1, changed: 0, forgotten: 0 });
  dns.remove(proof.txtName);
  clock.advance(limits.recheckMs);
  assert.equal((await domains.recheckDue()).changed, 1);
  assert.equal(await stateOf(), 'failing');
  assert.equal(await domains.isHostServed('example.com'), true);
  for (let days = 1; days < 7; days += 1) {
    clock.advance(limits.failingRecheckMs);
    assert.deepEqual(await domains.recheckDue(), { checked: 1, changed: 0, forgotten: 0 });
    assert.equal(await stateOf(), 'failing');
  }
  clock.advance(limits.failingRecheckMs);
  assert.equal((await domains.recheckDue()).changed, 1);
  assert.equal(await stateOf(), 'suspended');
  assert.equal(await domains.isHostServed('example.com'), false);
  assert.equal(await domains.ownerOf('example.com'), undefined);
  dns.set(proof.txtName, [{ type: 'TXT', texts: [proof.txtValue] }]);
  clock.advance(limits.recheckMs);
  assert.equal((await domains.recheckDue()).changed, 1);
  assert.equal(await stateOf(), 'verified');
  assert.deepEqual(await house.notices('ann'), ['claimed', 'verified', 'failing', 'suspended', 'restored']);
  const told = ['domain.claimed', 'domain.verified', 'domain.failing', 'domain.suspended', 'domain.restored'];
  assert.deepEqual(await house.actions(), told);
});

law('faults of DNS never start the grace nor end it, however long they last', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns, clock, files } = house;
  const { proof, id } = await house.prove('ann', 'example.com');
  files.set('example.com', { fault: 'unreachable' });
  for (const fault of ['servfail', 'refused', 'silent', 'wrong-id', 'malformed'] as const) {
    dns.fail('example.com', fault);
    clock.advance(limits.recheckMs);
    assert.equal((await domains.recheckDue()).checked, 1, fault);
    assert.equal((await domains.get('ann', id)).state, 'verified', fault);
  }
  assert.match((await domains.get('ann', id)).lastFailure ?? '', /could not read TXT/);
  dns.fail('example.com', undefined);
  dns.remove(proof.txtName);
  clock.advance(limits.recheckMs);
  await domains.recheckDue();
  assert.equal((await domains.get('ann', id)).state, 'failing');
  dns.fail('example.com', 'servfail');
  clock.advance(10 * limits.graceMs);
  await domains.recheckDue();
  assert.equal((await domains.get('ann', id)).state, 'failing');
  dns.fail('example.com', undefined);
  clock.advance(limits.unclearRecheckMs);
  await domains.recheckDue();
  assert.equal((await domains.get('ann', id)).state, 'suspended');
});

law('several processes share the rechecks: each domain is looked at once', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns, clock, limit } = house;
  limit.domains = 20;
  for (let index = 0; index < 12; index += 1) await house.prove('ann', `example${index}.com`);
  clock.advance(limits.recheckMs);
  const before = dns.asked.length;
  const reports = await Promise.all([domains.recheckDue(), domains.recheckDue(), domains.recheckDue()]);
  assert.equal(
    reports.reduce((sum, { checked }) => sum + checked, 0),
    12,
  );
  assert.equal(dns.asked.length - before, 12);
});

law('a process that dies over a check leaves it to others when its lease ends', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, clock } = house;
  await house.prove('ann', 'example.com');
  clock.advance(limits.recheckMs);
  const died = { txt: () => Promise.reject(new Error('killed')) };
  await using dying = await createTestHouse(database, { lookups: [died], clock: { ...clock, after: () => () => {} } });
  await dying.domains.recheckDue();
  assert.equal((await domains.recheckDue()).checked, 0);
  clock.advance(limits.leaseMs);
  assert.deepEqual(await domains.recheckDue(), { checked: 1, changed: 0, forgotten: 0 });
});

law('who proves a domain by DNS replaces an owner whose proof is gone, at once', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, clock } = house;
  const old = await house.prove('ann', 'example.com');
  clock.advance(1000);
  const mine = await house.prove('bob', 'example.com');
  assert.equal(mine.state, 'verified');
  assert.equal(await domains.ownerOf('example.com'), 'bob');
  const gone = await domains.get('ann', old.id);
  assert.equal(gone.state, 'pending');
  assert.match(gone.lastFailure ?? '', /somebody else/);
  assert.deepEqual((await house.notices('ann')).at(-1), 'lost');
  assert.deepEqual((await house.actions()).slice(-2), ['domain.lost', 'domain.verified']);
});

law('an owner whose proof is there, or cannot be looked for, is not replaced', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns, files } = house;
  const old = await house.prove('ann', 'example.com');
  const { domain: claim } = await domains.claim(as('bob'), 'example.com');
  dns.set(claim.proof.txtName, [
    { type: 'TXT', texts: [claim.proof.txtValue] },
    { type: 'TXT', texts: [old.proof.txtValue] },
  ]);
  await assert.rejects(domains.check(as('bob'), claim.id), code(409, 'domain-taken'));
  assert.match((await domains.get('bob', claim.id)).lastFailure ?? '', /another account/);
  dns.fail('example.com', 'servfail');
  files.set('example.com', { status: 200, body: claim.proof.fileBody });
  house.clock.advance(limits.checkIntervalMs);
  await assert.rejects(domains.check(as('bob'), claim.id), code(409, 'domain-taken'));
  assert.equal(await domains.ownerOf('example.com'), 'ann');
});

law('a file replaces a proof in DNS that is gone only when the week of grace is over', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns, files, clock } = house;
  const old = await house.prove('ann', 'example.com');
  const { domain: claim } = await domains.claim(as('bob'), 'example.com');
  dns.remove(old.proof.txtName);
  files.set('example.com', { status: 200, body: claim.proof.fileBody });
  await assert.rejects(domains.check(as('bob'), claim.id), code(409, 'domain-taken'));
  clock.advance(limits.recheckMs);
  await domains.recheckDue();
  clock.advance(limits.graceMs);
  await domains.recheckDue();
  assert.equal((await domains.get('ann', old.id)).state, 'suspended');
  assert.equal((await domains.check(as('bob'), claim.id)).domain.state, 'verified');
  assert.equal(await domains.ownerOf('example.com'), 'bob');
});

law('one name server of two that lies gives nobody a domain and takes none', async (database) => {
  await using liar = await createTestHouse(database);
  const honest = createDnsLookup({ server: liar.dns.address, timeoutMs: 250, tries: 1 });
  const forged: string[] = [];
  const lying = { txt: async () => [...forged] };
  await using house = await createTestHouse(database, { lookups: [honest, lying], clock: { ...liar.clock } });
  const { domain } = await house.domains.claim(as('eve'), 'example.com');
  forged.push(domain.proof.txtValue);
  const checked = await house.domains.check(as('eve'), domain.id);
  assert.equal(checked.domain.state, 'pending');
  assert.match(checked.judgement.dns.message, /^1 of 2 name servers/);
});

law('a domain that is given up is served no longer and free for others', async (database) => {
  await using house = await createTestHouse(database);
  const { domains } = house;
  const mine = await house.prove('ann', 'example.com');
  await assert.rejects(domains.remove(as('eve'), mine.id), code(404, 'not-found'));
  await domains.remove(as('ann'), mine.id);
  assert.equal(await domains.isHostServed('example.com'), false);
  await assert.rejects(domains.remove(as('ann'), mine.id), code(404, 'not-found'));
  assert.equal((await house.prove('bob', 'example.com')).state, 'verified');
  assert.equal((await house.prove('ann', 'second.example.com')).state, 'verified');
});

law('claims that nobody proves are forgotten after a month', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, clock } = house;
  await domains.claim(as('ann'), 'example.com');
  const { domain: tried } = await domains.claim(as('ann'), 'other.example.com');
  clock.advance(limits.pendingMs - 1);
  await domains.check(as('ann'), tried.id);
  assert.equal((await domains.recheckDue()).forgotten, 0);
  clock.advance(1);
  assert.equal((await domains.recheckDue()).forgotten, 1);
  assert.deepEqual(
    (await domains.list('ann')).map(({ host }) => host),
    ['other.example.com'],
  );
});

law('a record in the wrong place proves nothing, and its owner is told where it is', async (database) => {
  await using house = await createTestHouse(database);
  const { domains, dns, clock } = house;
  const { domain } = await domains.claim(as('ann'), 'shop.example.co.uk');
  for (const place of ['shop.example.co.uk', '_nostrata.shop.example.co.uk.example.co.uk']) {
    dns.set(place, [{ type: 'TXT', texts: [domain.proof.txtValue] }]);
    clock.advance(limits.checkIntervalMs);
    const { judgement, domain: after } = await domains.check(as('ann'), domain.id);
    assert.equal(after.state, 'pending');
    assert.equal(judgement.dns.message, `the TXT record is at ${place}, and has to be at ${domain.proof.txtName}`);
    assert.equal(after.lastFailure, judgement.message);
    dns.remove(place);
  }
});

law('the file of a domain that leads to a private address is not asked for', async (database) => {
  const failures: string[] = [];
  const lookup = async () => [{ address: '10.0.0.1', family: 4 }];
  const outgoing = createOutgoing({ clock: { after: () => () => {} }, lookup });
  const metrics = { failed: (where: string) => void failures.push(where) };
  await using house = await createTestHouse(database, { outgoing, metrics });
  const { domain } = await house.domains.claim(as('eve'), 'rebind.example.com');
  const { judgement, domain: after } = await house.domains.check(as('eve'), domain.id);
  assert.deepEqual([after.state, judgement.file.state], ['pending', 'unclear']);
  assert.deepEqual(failures, ['domain-file-refused']);
});

test('the maxima leave room for the name of the proof', () => {
  assert.equal(limits.hostCharsMax + '_nostrata.'.length, 253);
});

law('a process that dies at any statement of a takeover leaves one owner, and the log agrees', async (database) => {
  await using house = await createTestHouse(database);
  let statements = 0;
  for (let isDone = false; !isDone; statements += 1) {
    const host = `example${statements}.com`;
    const old = await house.prove('ann', host);
    const { domain: claim } = await house.domains.claim(as('bob'), host);
    house.dns.set(claim.proof.txtName, [{ type: 'TXT', texts: [claim.proof.txtValue] }]);
    const dying = createDomains({ ...house.parts, database: createMortalDatabase(database, statements) });
    const [result] = await Promise.allSettled([dying.check(as('bob'), claim.id)]);
    isDone = result.status === 'fulfilled';
    const owner = await house.domains.ownerOf(host);
    const sql = `SELECT action FROM audit_log WHERE entity = $1 AND action = $2`;
    const told = [
      await database.query(sql, [`domain:${claim.id}`, 'domain.verified']),
      await database.query(sql, [`domain:${old.id}`, 'domain.lost']),
    ].map((rows) => rows.length);
    assert.deepEqual(told, owner === 'bob' ? [1, 1] : [0, 0], `${statements} statements`);
    assert(owner === 'bob' || (owner === 'ann' && !isDone), `${owner} after ${statements} statements`);
    await house.domains.remove(as(owner), owner === 'bob' ? claim.id : old.id);
    await house.domains.remove(as(owner === 'bob' ? 'ann' : 'bob'), owner === 'bob' ? old.id : claim.id);
  }
  assert(statements > 5);
});
