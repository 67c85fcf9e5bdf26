import assert from 'node:assert/strict';
import type { Database } from '@nostrata/database';
import type { HttpRoute } from '@nostrata/http';
import { fc } from '@nostrata/testing';
import { createWorld as createKeyWorld } from '../keys/test-world.ts';
import { createHooks } from '../notices/hooks.ts';
import { createHookRoutes } from '../notices/routes.ts';
import { createSecrets } from '../secrets.ts';
import { onEachEngine } from '../test-engines.ts';
import { createTestHttp } from '../test-http.ts';
import { createWorld } from './test-world.ts';

const law = await onEachEngine();

const words = [
  'usr_alice',
  'usr_root',
  'nam_1',
  'pro',
  'admin',
  'active',
  'names:read',
  'payment.settled',
  '*',
  'gold',
];
const texts = fc.oneof(
  fc.constantFrom(...words, '', '\0', '\ud800', 'a\0b', '__proto__', "' OR 1=1 --", '%', '💥', '9'.repeat(400)),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 80 }),
);
const values = fc.oneof(
  texts,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(-1, 0, 1e308, 2 ** 53, null, [], {}),
  fc.array(texts, { maxLength: 4 }),
);
const fields = [
  'name',
  'scopes',
  'addresses',
  'expiresAt',
  'url',
  'topics',
  'state',
  'role',
  'plan',
  'until',
  'reason',
];
const others = ['pubkey', 'host', 'local', 'rule', 'priceMsat', 'note', 'isSuspended', 'overlapSeconds', '__proto__'];
const bodies = fc.oneof(values, fc.dictionary(fc.constantFrom(...fields, ...others), values, { maxKeys: 5 }));
const parameters = [
  'search',
  'cursor',
  'role',
  'state',
  'entity',
  'action',
  'actor',
  'userId',
  'since',
  'until',
  'host',
];
const queries = fc.dictionary(fc.constantFrom(...parameters, 'local'), texts, { maxKeys: 2 });

async function createRoutes(database: Database) {
  const world = await createWorld(database);
  await database.query(`DELETE FROM account_user WHERE id = 'usr_alice'`);
  const { routes: keyRoutes } = await createKeyWorld(database);
  const entitlements = world.subscriptions;
  const secrets = createSecrets(new Uint8Array(32));
  const hooks = createHooks({ ...world.parts, secrets, entitlements });
  return { routes: [...world.routes, ...keyRoutes, ...createHookRoutes({ hooks })], caller: world.root };
}

law(
  'whatever is sent to keys, webhooks and the administration is answered, and is never a fault of ours',
  async (database) => {
    const { routes, caller } = await createRoutes(database);
    const send = createTestHttp(routes);
    const oneOf = fc.constantFrom<HttpRoute>(...routes);
    await fc.assert(
      fc.asyncProperty(oneOf, texts, queries, bodies, async ({ method, path }, id, query, body) => {
        const place = path.replace(':id', encodeURIComponent(id.toWellFormed()) || 'x');
        const wanted = new URLSearchParams(Object.entries(query)).toString();
        const hasBody = method !== 'GET' && method !== 'DELETE';
        const json = JSON.stringify(body) ?? '';
        const headers = { 'content-type': 'application/json' };
        const request = { method, target: `${place}?${wanted}`, headers, caller, ...(hasBody ? { body: json } : {}) };
        const { status, text } = await send(request);
        assert.ok(status < 500, `${method} ${place}?${wanted} ${json}: ${text}`);
      }),
      { numRuns: 600 },
    );
  },
);

law('whatever is sent as a key is refused with 401', async (database) => {
  const { authenticateKey } = await createKeyWorld(database);
  const letters = fc.string({ unit: fc.constantFrom(...'09AZaz'), minLength: 36, maxLength: 36 });
  const keys = fc.oneof(
    texts,
    letters.map((rest) => `nst_live_${rest}`),
  );
  await fc.assert(
    fc.asyncProperty(keys, async (key) => {
      await assert.rejects(authenticateKey({ address: '192.0.2.1' }, key), { status: 401, code: 'bad-key' });
    }),
    { numRuns: 200 },
  );
});
