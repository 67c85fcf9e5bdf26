import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@nostrata/http';
import { fc } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { effectiveScopes, keyScopes, roleOfKey } from './scopes.ts';
import { createWorld } from './test-world.ts';

const law = await onEachEngine();
const alice = 'usr_alice';
const here = { address: '203.0.113.7' };
const wish = { name: 'mine', scopes: ['names:read', 'stats:read'] };

const refusedWith = (status: number, code: string) => (error: unknown) =>
  error instanceof Problem && error.status === status && error.code === code;

law('a key that was made lets its owner in, with its scopes and the rate of the plan', async (database) => {
  const { keys, authenticateKey, actions } = await createWorld(database);
  const made = await keys.create(alice, wish);
  assert.deepEqual(await authenticateKey(here, made.key), {
    userId: alice,
    pubkey: undefined,
    role: 'user',
    by: 'api-key',
    credential: made.id,
    scopes: new Set(['names:read', 'stats:read']),
    rate: { name: 'pro', requestsMax: 100, windowMs: 1000 },
  });
  assert.deepEqual(await actions(), ['key.created']);
});

law('the key itself is nowhere in the database', async (database) => {
  const { keys } = await createWorld(database);
  const { key, id } = await keys.create(alice, wish);
  await keys.rotate({ userId: alice, id });
  await keys.revoke({ userId: alice, id });
  const secret = key.slice('nst_live_'.length + 4, -4);
  for (const table of ['api_key', 'audit_log', 'notice']) {
    const rows = await database.query(`SELECT * FROM ${table}`);
    assert.ok(rows.length > 0, table);
    assert.equal(JSON.stringify(rows).includes(secret), false, table);
  }
});

law(
  'nobody makes a key with scopes that plan and role do not give, whatever the plan says of administration',
  async (database) => {
    const { keys, setUser } = await createWorld(database);
    for (const scope of ['payments:write', 'admin:read', 'admin:write', 'everything', 'toString', '__proto__']) {
      await assert.rejects(
        keys.create(alice, { name: 'k', scopes: ['names:read', scope] }),
        refusedWith(403, 'no-scope'),
      );
    }
    const made = await keys.create(alice, wish);
    const place = { userId: alice, id: made.id };
    await assert.rejects(keys.change(place, { scopes: ['admin:write'] }), refusedWith(403, 'no-scope'));
    await setUser(alice, 'role', 'support');
    await assert.rejects(keys.create(alice, { name: 'k', scopes: ['admin:write'] }), refusedWith(403, 'no-scope'));
    await keys.create(alice, { name: 'k', scopes: ['admin:read'] });
  },
);

law('a downgrade, a demotion, a suspension and the end of a key count from the next request on', async (database) => {
  const { keys, authenticateKey, setPlan, setUser, clock } = await createWorld(database);
  await setUser(alice, 'role', 'admin');
  const expiresAt = new Date(clock.now() + 10_000).toISOString();
  const { key, id } = await keys.create(alice, {
    name: 'k',
    scopes: ['names:write', 'admin:write', 'admin:read'],
    expiresAt,
  });
  const rights = async () => {
    const { role, scopes } = await authenticateKey(here, key);
    return [role, ...(scopes ?? [])].join(' ');
  };
  assert.equal(await rights(), 'admin admin:read admin:write names:write');
  await setUser(alice, 'role', 'support');
  assert.equal(await rights(), 'support admin:read names:write');
  setPlan(alice, { scopes: [] });
  assert.equal(await rights(), 'support admin:read');
  await setUser(alice, 'role', 'emperor');
  assert.equal(await rights(), 'user');
  await setUser(alice, 'state', 'suspended');
  await assert.rejects(rights, refusedWith(403, 'suspended'));
  await assert.rejects(keys.create(alice, wish), refusedWith(403, 'suspended'));
  await setUser(alice, 'state', 'active');
  assert.deepEqual(
    (await keys.list(alice)).map((answer) => answer.effectiveScopes),
    [[]],
  );
  clock.advance(10_000);
  await assert.rejects(rights, refusedWith(401, 'bad-key'));
  await keys.revoke({ userId: alice, id });
  await assert.rejects(rights, refusedWith(401, 'bad-key'));
});

law('a key is let in from its addresses alone', async (database) => {
  const { keys, authenticateKey } = await createWorld(database);
  const { key, id } = await keys.create(alice, { ...wish, addresses: ['10.0.0.0/8', '2001:db8:1::/48'] });
  await authenticateKey({ address: '10.9.8.7' }, key);
  await authenticateKey({ address: '2001:db8:1:2::/64' }, key);
  await assert.rejects(authenticateKey(here, key), refusedWith(403, 'address-not-allowed'));
  await keys.change({ userId: alice, id }, { addresses: [] });
  await authenticateKey(here, key);
});

law('what is mistyped is rejected without a query, what is well formed and unknown with one', async (database) => {
  const { keys, authenticateKey } = await createWorld(database);
  const { key } = await keys.create(alice, wish);
  const other = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
  await database.query('DELETE FROM api_key');
  await assert.rejects(authenticateKey(here, key), refusedWith(401, 'bad-key'));
  await database.query('DROP TABLE api_key');
  await assert.rejects(authenticateKey(here, other), refusedWith(401, 'bad-key'));
});

law('twenty keys made at once are never more than the plan has room for', async (database) => {
  const { keys, setPlan } = await createWorld(database);
  setPlan(alice, { apiKeys: 3 });
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => keys.create(alice, wish)));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.equal(refused.length, 17);
  for (const { reason } of refused) assert.ok(refusedWith(403, 'too-many-keys')(reason), String(reason));
  const [first] = await keys.list(alice);
  await keys.rotate({ userId: alice, id: first?.id ?? '' });
  await assert.rejects(keys.create(alice, wish), refusedWith(403, 'too-many-keys'));
  await keys.revoke({ userId: alice, id: (await keys.list(alice)).find((key) => key.replacedBy === null)?.id ?? '' });
  await keys.create(alice, wish);
});

law('a plan without keys has none that work, but those of administration', async (database) => {
  const { keys, authenticateKey, setPlan, setUser } = await createWorld(database);
  const { key } = await keys.create(alice, wish);
  setPlan(alice, { apiKeys: 0 });
  assert.deepEqual((await authenticateKey(here, key)).scopes, new Set());
  await assert.rejects(keys.create(alice, wish));
  await setUser(alice, 'role', 'admin');
  assert.deepEqual((await authenticateKey(here, key)).scopes, new Set());
});

law('a rotated key works until the overlap ends, and no more than two of a line work at a time', async (database) => {
  const { keys, authenticateKey, clock } = await createWorld(database);
  const first = await keys.create(alice, { ...wish, addresses: ['203.0.113.0/24'] });
  const second = await keys.rotate({ userId: alice, id: first.id }, 60);
  assert.deepEqual([second.name, second.scopes, second.addresses], [first.name, first.scopes, first.addresses]);
  await authenticateKey(here, first.key);
  await authenticateKey(here, second.key);
  await assert.rejects(keys.rotate({ userId: alice, id: first.id }), refusedWith(409, 'key-ended'));
  const third = await keys.rotate({ userId: alice, id: second.id }, 60);
  await assert.rejects(authenticateKey(here, first.key), refusedWith(401, 'bad-key'));
  await authenticateKey(here, second.key);
  clock.advance(60_000);
  await assert.rejects(authenticateKey(here, second.key), refusedWith(401, 'bad-key'));
  await authenticateKey(here, third.key);
});

law('twenty rotations of one key at once make one key', async (database) => {
  const { keys } = await createWorld(database);
  const { id } = await keys.create(alice, wish);
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => keys.rotate({ userId: alice, id })));
  assert.equal(results.filter((result) => result.status === 'fulfilled').length, 1);
  assert.equal((await keys.list(alice)).length, 2);
});

law('the owner of a revoked key is told once, however often it is revoked', async (database) => {
  const { keys, actions } = await createWorld(database);
  const { id } = await keys.create(alice, wish);
  await Promise.all([1, 2, 3].map(() => keys.revoke({ userId: alice, id })));
  assert.deepEqual(await actions(), ['key.created', 'key.revoked']);
  const notices = await database.query<{ topic: string }>('SELECT topic FROM notice WHERE user_id = $1', [alice]);
  assert.deepEqual(
    notices.map(({ topic }) => topic),
    ['key.revoked'],
  );
});

test('a key never does more than it was made for, than the plan gives and than the role lends', () => {
  const scope = fc.subarray<string>([...keyScopes]);
  const role = fc.constantFrom('user', 'support', 'admin', 'root');
  fc.assert(
    fc.property(scope, scope, role, fc.nat(2), (stored, scopes, owner, apiKeys) => {
      const effective = effectiveScopes(stored, { role: owner, entitlements: { scopes, apiKeys } });
      for (const one of effective) {
        assert.ok(stored.includes(one));
        if (one === 'admin:write') assert.equal(owner, 'admin');
        else if (one === 'admin:read') assert.ok(owner === 'admin' || owner === 'support');
        else assert.ok(scopes.includes(one) && apiKeys > 0);
      }
      const known = owner === 'admin' || owner === 'support' ? owner : 'user';
      const lent = roleOfKey(known, new Set(effective));
      if (lent === 'admin') assert.ok(effective.includes('admin:write'));
      if (lent === 'support') assert.ok(effective.includes('admin:read'));
    }),
  );
});
