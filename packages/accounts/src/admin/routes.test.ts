import assert from 'node:assert/strict';
import type { AuditReport } from '../audit/verify.ts';
import { onEachEngine } from '../test-engines.ts';
import type { Overview } from './overview.ts';
import { createWorld } from './test-world.ts';

const law = await onEachEngine();

law(
  'every route of the administration is closed to people, to keys without the scope, and its changes to support',
  async (database) => {
    const { routes, send, alice, help, root, entries } = await createWorld(database);
    assert.ok(routes.length >= 18);
    for (const { method, path } of routes) {
      const target = path.replace(':id', 'usr_alice');
      const request = { method, target, ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }) };
      const named = `${method} ${path}`;
      assert.equal((await send(request)).status, 401, named);
      assert.equal((await send({ ...request, caller: alice })).status, 403, named);
      const scopes = new Set(['names:write', 'payments:write', 'stats:read']);
      assert.equal((await send({ ...request, caller: { ...root, by: 'api-key', scopes } })).status, 403, named);
      const reading = { ...root, by: 'api-key', scopes: new Set(['admin:read']) } as const;
      const isLooking = method === 'GET';
      assert.equal((await send({ ...request, caller: reading })).status === 403, !isLooking, named);
      assert.equal((await send({ ...request, caller: help })).status === 403, !isLooking, named);
    }
    assert.deepEqual(await entries(), []);
  },
);

law('the overview counts what is there', async (database) => {
  const { get, payments, provider, parts, post } = await createWorld(database);
  const opened = await payments.open({ userId: 'usr_1', purchase: { kind: 'plan', plan: 'pro', period: 'month' } });
  const [ref = ''] = provider.refs;
  provider.set(ref, { state: 'paid', paidAmount: opened.amount + 5000, preimage: null });
  assert.equal((await post(`payments/${opened.id}/check`)).status, 200);
  const overview = (await get('overview')).json<Overview>();
  assert.equal(overview.asOf, new Date(parts.clock.now()).toISOString());
  assert.deepEqual([overview.users.total, overview.users.admins, overview.users.suspended], [5, 2, 0]);
  assert.deepEqual(overview.payments, { settled: 1 });
  assert.deepEqual(overview.subscriptions, { pro: 1 });
  assert.deepEqual(overview.income, [{ currency: 'msat', payments: 1, amount: opened.amount }]);
  assert.ok(overview.audit.entries > 0 && overview.audit.signedSeq === null);
  assert.deepEqual(overview.hooks, { active: 0, disabled: 0, waiting: 0 });
});

law('payments are listed and checked, and a refund is closed once', async (database) => {
  const { get, post, payments, provider, entries } = await createWorld(database);
  const opened = await payments.open({ userId: 'usr_1', purchase: { kind: 'plan', plan: 'pro', period: 'month' } });
  const [ref = ''] = provider.refs;
  provider.set(ref, { state: 'paid', paidAmount: opened.amount * 3, preimage: null });
  assert.equal((await post(`payments/${opened.id}/check`)).json().state, 'settled');
  assert.ok((await entries()).includes(`user:usr_root payment.checked payment:${opened.id}`));
  type Listed = { items: { id: string; userId: string; state: string }[] };
  for (const query of ['', '?state=settled', '?userId=usr_1']) {
    const { items } = (await get(`payments${query}`)).json<Listed>();
    assert.deepEqual(
      items.map(({ id, userId }) => [id, userId]),
      [[opened.id, 'usr_1']],
      query,
    );
  }
  assert.deepEqual((await get('payments?state=expired')).json<Listed>().items, []);
  const [refund] = (await get('refunds?state=open')).json<Listed>().items;
  const close = (note: string) => post(`refunds/${refund?.id}/close`, { note });
  assert.equal((await close(' ')).status, 400);
  assert.equal((await close('paid back to the wallet')).status, 200);
  assert.equal((await close('again')).status, 409);
  assert.ok((await entries()).includes(`user:usr_root refund.closed payment:${opened.id}`));
  assert.equal((await post('payments/pay_nothing/check')).status, 404);
  assert.equal((await post('refunds/ref_nothing/close', { note: 'n' })).status, 404);
});

law('a plan is granted, suspended and restored, in the name of the admin', async (database) => {
  const { post, patch, get, entries } = await createWorld(database);
  const granted = await post('users/usr_alice/grant', { plan: 'pro', until: null });
  assert.deepEqual([granted.status, granted.json().plan, granted.json().isLifetime], [200, 'pro', true]);
  assert.equal((await patch('users/usr_alice/subscription', { isSuspended: true })).json().phase, 'suspended');
  assert.equal((await patch('users/usr_alice/subscription', { isSuspended: true })).status, 409);
  assert.equal((await patch('users/usr_alice/subscription', { isSuspended: false })).json().phase, 'active');
  const plans = (await get('plans')).json<{ items: { id: string; people: number }[] }>().items;
  assert.deepEqual(
    plans.filter(({ people }) => people > 0).map(({ id, people }) => [id, people]),
    [['pro', 1]],
  );
  assert.equal((await post('users/usr_nobody/grant', { plan: 'pro', until: null })).status, 404);
  assert.equal((await post('users/usr_alice/grant', { plan: 'none', until: null })).status, 422);
  assert.equal((await post('users/usr_alice/grant', { plan: 'pro', until: '2020-01-01T00:00:00Z' })).status, 422);
  assert.deepEqual(
    (await entries()).map((entry) => entry.split(' ').slice(0, 2).join(' ')),
    [
      'user:usr_root subscription.granted',
      'user:usr_root subscription.suspended',
      'user:usr_root subscription.restored',
    ],
  );
});

law('rules for names are put, listed and removed, and a name is taken from its holder', async (database) => {
  const { send, get, post, root, entries, user } = await createWorld(database);
  const target = '/api/v1/admin/name-rules';
  const rule = { host: '*', local: 'gold', rule: 'premium', priceMsat: 5_000_000 };
  assert.equal((await send({ method: 'PUT', target, body: rule, caller: root })).status, 204);
  assert.equal((await send({ method: 'PUT', target, body: { ...rule, priceMsat: null }, caller: root })).status, 400);
  const [listed] = (await get('name-rules')).json<{ items: Record<string, unknown>[] }>().items;
  assert.deepEqual({ ...listed, createdAt: undefined }, { ...rule, createdAt: undefined });
  const gone = { method: 'DELETE', target: `${target}?host=*&local=gold`, caller: root };
  assert.equal((await send(gone)).status, 204);
  assert.equal((await send(gone)).status, 404);
  const holder = await user('holder');
  const heir = await user('heir');
  await database.query(
    `INSERT INTO name (id, host, local, user_id, pubkey, relays, coverage, created_ms, is_current, phase_told)
      VALUES ('nam_bob', 'example.com', 'bob', $1, $2, '[]', 'granted', 1, 1, 'active')`,
    [holder.userId, holder.pubkey],
  );
  const [found] = (await get('names?search=bob')).json<{ items: { id: string; userId: string }[] }>().items;
  assert.deepEqual([found?.id, found?.userId], ['nam_bob', holder.userId]);
  assert.equal((await post('names/nam_bob/release', { reason: '' })).status, 400);
  const released = await post('names/nam_bob/release', { reason: 'the key was stolen', pubkey: heir.pubkey });
  assert.deepEqual([released.status, released.json().userId], [200, heir.userId]);
  assert.equal((await post('names/nam_nothing/release', { reason: 'r' })).status, 404);
  const { items } = (await get('names/nam_bob/history')).json<{ items: { what: string }[] }>();
  assert.deepEqual(
    items.map(({ what }) => what),
    ['released'],
  );
  assert.deepEqual(
    (await entries()).map((entry) => entry.split(' ').slice(0, 2).join(' ')),
    ['user:usr_root name-rule.put', 'user:usr_root name-rule.deleted', 'user:usr_root name.released'],
  );
});

law('the log is listed and checked, and the check is in it', async (database) => {
  const { get, post, patch, help } = await createWorld(database);
  for (let index = 0; index < 51; index++) {
    await patch('users/usr_alice', { state: 'suspended' });
    await patch('users/usr_alice', { state: 'active' });
  }
  type Page = { items: { seq: number; action: string }[]; next: string | null };
  const first = (await get('audit?entity=user:usr_alice', help)).json<Page>();
  assert.deepEqual([first.items.length, first.items[0]?.seq, first.next], [100, 102, '3']);
  const second = (await get(`audit?entity=user:usr_alice&cursor=${first.next}`)).json<Page>();
  assert.deepEqual([second.items.map(({ seq }) => seq), second.next], [[2, 1], null]);
  const [one, two] = await Promise.all([post('audit/verify'), post('audit/verify')]);
  const report = one.json<AuditReport>();
  assert.deepEqual([report.ok, report.entries, two.json<AuditReport>().ok], [true, 102, true]);
  const checks = (await get('audit?action=audit.')).json<Page>();
  assert.equal(checks.items.length, 2);
  assert.equal((await get('audit?cursor=-1')).status, 400);
});
