import type { Database } from '@nostrata/database';
import type { Outgoing } from '@nostrata/http';
import { createFakeClock, seededRandom } from '@nostrata/testing';
import { createAuditLog } from '../audit/append.ts';
import type { Entitlements, Notice, Topic } from '../contract.ts';
import { createSecrets } from '../secrets.ts';
import { strictly } from '../test-engines.ts';
import { createTestHttp } from '../test-http.ts';
import { createNoticeBoard } from './board.ts';
import { createNoticeDispatch } from './dispatch.ts';
import { createHooks } from './hooks.ts';
import { createHookRoutes } from './routes.ts';

const pro: Entitlements = {
  plan: 'pro',
  names: 1,
  domains: 1,
  apiKeys: 1,
  hooks: 3,
  scopes: [],
  rate: { name: 'pro', requestsMax: 100, windowMs: 1000 },
};

/** Whose hooks the tests are about. */
export const owner = { userId: 'usr_alice', actor: 'user:usr_alice' };

/** Hooks with all they need, and two people. */
export async function createWorld(database: Database, outgoing: Outgoing, { allowLocalHosts = false } = {}) {
  const clock = createFakeClock(Date.parse('2026-03-01T10:00:00Z'));
  const { bytes: random } = seededRandom('notices');
  const plan = { hooks: 3 };
  const entitlements = { entitlementsOf: async () => ({ ...pro, ...plan }) };
  const audit = createAuditLog(database, clock);
  const secrets = createSecrets(new Uint8Array(32));
  const notices = createNoticeBoard(clock, random);
  const deliveries: string[] = [];
  const failed: string[] = [];
  const metrics = {
    delivery: (of: string, outcome: string) => deliveries.push(`${of} ${outcome}`),
    failed: (where: string) => failed.push(where),
  };
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const hooks = createHooks({
    database: strictly(database),
    clock,
    random,
    audit,
    secrets,
    entitlements,
    allowLocalHosts,
  });
  const createDispatch = (on = database, out = outgoing) =>
    createNoticeDispatch({
      database: strictly(on),
      outgoing: out,
      clock,
      random,
      audit,
      secrets,
      entitlements,
      notices,
      logger,
      metrics,
    });
  for (const id of ['usr_alice', 'usr_bob']) {
    await database.query(`INSERT INTO account_user (id, role, state, created_ms) VALUES ($1, 'user', 'active', 1)`, [
      id,
    ]);
  }
  return {
    clock,
    plan,
    hooks,
    deliveries,
    failed,
    createDispatch,
    dispatch: () => createDispatch().dispatch(),
    send: createTestHttp(createHookRoutes({ hooks })),
    notify: async (
      topic: Topic = 'payment.settled',
      payload: Notice['payload'] = { amount: 5 },
      userId = owner.userId,
    ) => {
      await database.transaction((transaction) => notices.add(transaction, { userId, topic, payload }));
    },
    /** State and attempts of each delivery, the oldest first. */
    states: async () => {
      const rows = await database.query(
        `SELECT d.state, d.attempts FROM hook_delivery d JOIN notice n ON n.id = d.notice_id ORDER BY n.at_ms, d.id`,
      );
      return rows.map(({ state, attempts }) => `${state} ${attempts}`);
    },
  };
}
