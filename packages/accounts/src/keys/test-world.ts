import type { Database } from '@nostrata/database';
import type { Authenticate } from '@nostrata/http';
import { createFakeClock, seededRandom } from '@nostrata/testing';
import { createAuditLog } from '../audit/append.ts';
import type { Entitlements } from '../contract.ts';
import { createNoticeBoard } from '../notices/board.ts';
import { strictly } from '../test-engines.ts';
import { createTestHttp } from '../test-http.ts';
import { createKeyAuthentication } from './authentication.ts';
import { createKeys } from './keys.ts';
import { createKeyRoutes } from './routes.ts';
import { createKeyUsage } from './usage.ts';

/** What everybody of these tests may do unless a test takes it away. */
const pro: Entitlements = {
  plan: 'pro',
  names: 1,
  domains: 1,
  apiKeys: 5,
  hooks: 1,
  scopes: ['stats:read', 'names:read', 'names:write', 'admin:write'],
  rate: { name: 'pro', requestsMax: 100, windowMs: 1000 },
};

/** Keys with all they need, and two people. */
export async function createWorld(database: Database) {
  const clock = createFakeClock(Date.parse('2026-03-01T10:30:00Z'));
  const { bytes: random } = seededRandom('keys');
  const plans = new Map<string, Entitlements>();
  const entitlements = { entitlementsOf: async (userId: string) => plans.get(userId) ?? pro };
  const audit = createAuditLog(database, clock);
  const notices = createNoticeBoard(clock, random);
  const failed: string[] = [];
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const metrics = { failed: (where: string) => failed.push(where) };
  const usage = createKeyUsage({ database, clock, logger: silent, metrics });
  const keys = createKeys({ database: strictly(database), clock, random, audit, notices, entitlements });
  const authenticateKey = createKeyAuthentication({ database, clock, entitlements, usage });
  const authenticate: Authenticate = async (credentials) => {
    const bearer = /^Bearer (.+)$/.exec(credentials.header('authorization') ?? '')?.[1];
    return bearer === undefined ? undefined : await authenticateKey(credentials, bearer);
  };
  for (const id of ['usr_alice', 'usr_bob']) {
    await database.query(`INSERT INTO account_user (id, role, state, created_ms) VALUES ($1, 'user', 'active', 1)`, [
      id,
    ]);
  }
  const routes = createKeyRoutes({ keys, usage, clock });
  return {
    clock,
    keys,
    usage,
    failed,
    authenticateKey,
    authenticate,
    routes,
    send: createTestHttp(routes, authenticate),
    setPlan: (userId: string, change: Partial<Entitlements>) => plans.set(userId, { ...pro, ...change }),
    setUser: async (userId: string, column: 'role' | 'state', value: string) => {
      await database.query(`UPDATE account_user SET ${column} = $1 WHERE id = $2`, [value, userId]);
    },
    actions: async () =>
      (await database.query<{ action: string }>('SELECT action FROM audit_log ORDER BY seq')).map((row) => row.action),
  };
}
