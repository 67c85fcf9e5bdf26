import type { Database } from '@nostrata/database';
import type { Caller, CallerRole } from '@nostrata/http';
import { defaultPlans } from '../billing/plans.ts';
import { createTown } from '../names/test-town.ts';
import { createPaymentTest } from '../payments/test-payments.ts';
import { createTestHttp, type TestReply } from '../test-http.ts';
import { createAdminRoutes } from './routes.ts';

/** The administration of real names, payments and subscriptions, and people to administer. */
export async function createWorld(database: Database) {
  const town = await createTown(database);
  const money = await createPaymentTest(database);
  const { parts, payments, subscriptions, clock } = money;
  const audit = parts.audit;
  const witness = { signer: undefined, loadPublished: async () => [] };
  const routes = createAdminRoutes({
    database,
    clock,
    audit,
    witness,
    subscriptions,
    names: town.names.admin,
    payments: payments.admin,
    plans: defaultPlans(),
  });
  const send = createTestHttp(routes);
  const people = { usr_root: 'admin', usr_second: 'admin', usr_help: 'support', usr_alice: 'user' } as const;
  for (const [index, [id, role]] of Object.entries(people).entries()) {
    await database.query(
      `INSERT INTO account_user (id, pubkey, role, state, created_ms) VALUES ($1, $2, $3, 'active', $4)`,
      [id, String(index).repeat(64), role, clock.now() - 1000 + index],
    );
  }
  const callerOf = (userId: string, role: CallerRole): Caller => ({
    userId,
    pubkey: undefined,
    role,
    by: 'session',
    credential: 'ses_1',
    scopes: undefined,
    rate: { name: 'free', requestsMax: 0, windowMs: 1 },
  });
  const root = callerOf('usr_root', 'admin');
  return {
    ...town,
    ...money,
    routes,
    send,
    root,
    second: callerOf('usr_second', 'admin'),
    help: callerOf('usr_help', 'support'),
    alice: callerOf('usr_alice', 'user'),
    get: (target: string, caller = root): Promise<TestReply> => send({ target: `/api/v1/admin/${target}`, caller }),
    post: (target: string, body: unknown = {}, caller = root): Promise<TestReply> =>
      send({ target: `/api/v1/admin/${target}`, body, caller }),
    patch: (target: string, body: unknown, caller = root): Promise<TestReply> =>
      send({ method: 'PATCH', target: `/api/v1/admin/${target}`, body, caller }),
    entries: async () => {
      const rows = await database.query<{ actor: string; action: string; entity: string; details: string }>(
        'SELECT actor, action, entity, details FROM audit_log ORDER BY seq',
      );
      return rows.map(({ actor, action, entity }) => `${actor} ${action} ${entity}`);
    },
  };
}
