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
  fc.constantFrom(
    ...words,
    '',
    '\0',
    'a\0b',
    'usr_\0',
    '\ud800',
    '__proto__',
    "' OR 1=1 --",
    '%',
    '💥',
    '9'.repeat(400),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 80 }),
);
const values = fc.oneof(
  texts,
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(-1, 0, 1e308, 2 ** 53, true, null, [], {}),
  fc.array(texts, { maxLength: 4 }),
);

/** Requests of a route: mostly with the names that it knows, so that they come through to what is behind it. */
function requestsOf(route: HttpRoute) {
  const known = (route.operation?.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
  const schema = (route.operation?.requestBody?.content as Content | undefined)?.['application/json'].schema;
  const fields = Object.entries(schema?.properties ?? {}).map(([name, field]): [string, fc.Arbitrary<unknown>] => {
    const good = field.enum ?? (field.type === 'array' ? [[], ['names:read'], ['payment.settled']] : [true, null, 1]);
    return [name, fc.oneof(texts, fc.constantFrom(...good), values)];
  });
  const body = fc.record(Object.fromEntries(fields), { requiredKeys: [] });
  return fc.record({
    route: fc.constant(route),
    id: texts,
    query: fc.dictionary(fc.constantFrom(...known, ...(known.length === 0 ? ['other'] : [])), texts, { maxKeys: 2 }),
    body: fc.oneof({ weight: 5, arbitrary: body }, { weight: 1, arbitrary: values }),
  });
}

interface Content {
  readonly 'application/json': {
    readonly schema: {
      readonly properties?: Readonly<Record<string, { readonly type?: string; readonly enum?: readonly string[] }>>;
    };
  };
}

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
    const requests = fc.oneof(...routes.map(requestsOf));
    await fc.assert(
      fc.asyncProperty(requests, async ({ route: { method, path }, id, query, body }) => {
        const place = path.replace(':id', encodeURIComponent(id.toWellFormed()) || 'x');
        const wanted = new URLSearchParams(Object.entries(query)).toString();
        const hasBody = method !== 'GET' && method !== 'DELETE';
        const json = JSON.stringify(body) ?? '';
        const headers = { 'content-type': 'application/json' };
        const request = { method, target: `${place}?${wanted}`, headers, caller, ...(hasBody ? { body: json } : {}) };
        const { status, text } = await send(request);
        assert.ok(status < 500, `${method} ${place}?${wanted} ${json}: ${text}`);
      }),
      { numRuns: 800 },
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
