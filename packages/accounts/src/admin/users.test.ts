import assert from 'node:assert/strict';
import { encodeNpub } from '@nostrata/protocol';
import { onEachEngine } from '../test-engines.ts';
import { usersPageMax } from './limits.ts';
import { createWorld } from './test-world.ts';
import type { AdminUserAnswer, AdminUserDetails } from './users.ts';

const law = await onEachEngine();

law(
  'people are found by id, key, the beginning of a key, npub, linking key and the address of a name',
  async (database) => {
    const { get, user } = await createWorld(database);
    const holder = await user('holder');
    await database.query(
      `INSERT INTO name (id, host, local, user_id, pubkey, relays, coverage, created_ms, is_current, phase_told)
      VALUES ('nam_1', 'example.com', 'bob', $1, $2, '[]', 'granted', 1, 1, 'active')`,
      [holder.userId, holder.pubkey],
    );
    await database.query(`INSERT INTO linking_key VALUES ($1, 'usr_alice', 1)`, [`02${'a'.repeat(64)}`]);
    const find = async (search: string) => {
      const { items } = (await get(`users?search=${encodeURIComponent(search)}`)).json<{ items: AdminUserAnswer[] }>();
      return items.map(({ id }) => id);
    };
    assert.deepEqual(await find('usr_alice'), ['usr_alice']);
    assert.deepEqual(await find('3'.repeat(64)), ['usr_alice']);
    assert.deepEqual(await find('33333'), ['usr_alice']);
    assert.deepEqual(await find(encodeNpub('3'.repeat(64))), ['usr_alice']);
    assert.deepEqual(await find(`02${'A'.repeat(64)}`), ['usr_alice']);
    assert.deepEqual(await find('Bob@example.com'), [holder.userId]);
    assert.deepEqual(await find('9999'), []);
    for (const bad of ['somebody', 'npub1xyz', '%', '@', 'a@b@c', `nsec1${'q'.repeat(58)}`]) {
      assert.equal((await get(`users?search=${encodeURIComponent(bad)}`)).status, 400, bad);
    }
  },
);

law('all people are listed once, page after page, also those who came at the same moment', async (database) => {
  const { get } = await createWorld(database);
  for (let index = 0; index < usersPageMax * 2; index++) {
    await database.query(`INSERT INTO account_user VALUES ($1, NULL, 'user', 'active', 77)`, [`usr_many${index}`]);
  }
  const seen: string[] = [];
  let cursor = '';
  for (let pages = 0; ; pages++) {
    const page = (await get(`users?${cursor}`)).json<{ items: AdminUserAnswer[]; next: string | null }>();
    seen.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    assert.ok(pages < 4);
    cursor = `cursor=${page.next}`;
  }
  const [count] = await database.query('SELECT COUNT(*) AS users FROM account_user');
  assert.deepEqual([seen.length, new Set(seen).size], [Number(count?.users), seen.length]);
  const { items } = (await get('users?role=support')).json<{ items: AdminUserAnswer[] }>();
  assert.deepEqual(
    items.map(({ id }) => id),
    ['usr_help'],
  );
  for (const bad of ['cursor=1', 'cursor=x.usr_1', 'role=root', 'state=gone', 'other=1']) {
    assert.equal((await get(`users?${bad}`)).status, 400, bad);
  }
});

law('somebody is shown with what they have and without what they must keep for themselves', async (database) => {
  const { get } = await createWorld(database);
  await database.query(`INSERT INTO api_key (id, user_id, name, hash, prefix, last4, scopes, addresses, created_ms)
    VALUES ('key_1', 'usr_alice', 'k', 'hash-of-a-key', 'nst_live_abcd', 'wxyz', '[]', '[]', 1)`);
  const reply = await get('users/usr_alice');
  const answer = reply.json<AdminUserDetails>();
  assert.deepEqual([answer.npub, answer.role, answer.plan], [encodeNpub('3'.repeat(64)), 'user', 'free']);
  assert.deepEqual(answer.has, { sessions: 0, apiKeys: 1, hooks: 0, names: 0, domains: 0, payments: 0 });
  assert.equal(answer.subscription.phase, 'none');
  assert.equal(/hash-of-a-key|nst_live/.test(reply.text), false);
  assert.equal((await get('users/usr_nobody')).status, 404);
});

law(
  'a role is given and taken, a person suspended and let in again, and each of it is in the log',
  async (database) => {
    const { patch, entries } = await createWorld(database);
    for (const body of [{ role: 'support' }, { role: 'user' }, { state: 'suspended' }, { state: 'active' }, {}]) {
      const reply = await patch('users/usr_alice', body);
      assert.equal(reply.status, 200);
      for (const [field, value] of Object.entries(body)) assert.equal(reply.json()[field], value);
    }
    assert.deepEqual(await entries(), [
      'user:usr_root user.role user:usr_alice',
      'user:usr_root user.role user:usr_alice',
      'user:usr_root user.state user:usr_alice',
      'user:usr_root user.state user:usr_alice',
    ]);
    for (const bad of [{ role: 'owner' }, { role: null }, { state: 'deleted' }, { pubkey: 'a' }, []]) {
      assert.equal((await patch('users/usr_alice', bad)).status, 400, JSON.stringify(bad));
    }
    assert.equal((await patch('users/usr_nobody', { role: 'user' })).status, 404);
  },
);

law(
  'somebody who administers is always left, also when all take the role from each other at once',
  async (database) => {
    const { patch, second, root } = await createWorld(database);
    const results = await Promise.all([
      patch('users/usr_second', { role: 'user' }, root),
      patch('users/usr_root', { state: 'suspended' }, second),
      patch('users/usr_root', { role: 'user' }, root),
      patch('users/usr_second', { role: 'support' }, second),
    ]);
    const admins = await database.query(`SELECT id FROM account_user WHERE role = 'admin' AND state = 'active'`);
    assert.equal(admins.length, 1);
    assert.deepEqual(
      results.map(({ status }) => status).filter((status) => ![200, 403, 409].includes(status)),
      [],
    );
    const last = admins[0]?.id === 'usr_root' ? root : second;
    for (const body of [{ role: 'user' }, { role: 'support' }, { state: 'suspended' }]) {
      const reply = await patch(`users/${last.userId}`, body, last);
      assert.deepEqual([reply.status, reply.json().error], [409, 'last-admin']);
    }
  },
);

law('a key of an admin gives no roles, and who lost the role gives none either', async (database) => {
  const { patch, root, second } = await createWorld(database);
  const key = { ...root, by: 'api-key', credential: 'key_1', scopes: new Set(['admin:write']) } as const;
  assert.equal((await patch('users/usr_alice', { role: 'admin' }, key)).status, 403);
  assert.equal((await patch('users/usr_alice', { state: 'suspended' }, key)).status, 200);
  assert.equal((await patch('users/usr_second', { role: 'user' }, root)).status, 200);
  assert.equal((await patch('users/usr_second', { role: 'admin' }, second)).status, 403);
});
