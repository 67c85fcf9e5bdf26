import assert from 'node:assert/strict';
import type { Tag } from '@nostrata/protocol';
import { createKeys, fc, signEvent } from '@nostrata/testing';
import { onEachEngine } from '../test-engines.ts';
import { origin, startWithWallets } from './test-sign-in.ts';

const law = await onEachEngine();

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\0', 'login', '__proto__', 'a'.repeat(70_000)));
const value = fc.oneof(fc.jsonValue(), text);
const encoded = value.map((content) => Buffer.from(JSON.stringify(content) ?? '').toString('base64'));
const tags = fc.array(
  fc.array(
    text.map((part) => part.slice(0, 99).toWellFormed()),
    { maxLength: 3 },
  ),
  { maxLength: 4 },
);

const paths = ['challenge', 'verify', 'verify-nip98', 'lnurl', 'lnurl-poll', 'link', 'logout', 'refresh'];

function bodies(nowSeconds: number) {
  const { pubkey, secret } = createKeys('fuzz');
  const sign = (given: readonly Tag[]) =>
    signEvent({ pubkey, kind: 22_242, created_at: nowSeconds, tags: given, content: '' }, secret);
  return fc.oneof(
    value,
    fc.record({ event: value, cookie: value }, { requiredKeys: [] }),
    fc.record({ pollSecret: value, cookie: fc.boolean() }, { requiredKeys: [] }),
    fc.record({ action: value }),
    // Signed as it should be, and about nothing that was asked.
    tags.map((given) => ({ event: sign(given) })),
  );
}

const authorization = fc.oneof(
  text,
  encoded.map((content) => `Nostr ${content}`),
  fc.tuple(fc.constantFrom('Bearer', 'Nostr', 'bearer'), text).map((parts) => parts.join(' ')),
  fc.tuple(encoded, encoded, encoded).map((parts) => `Bearer ${parts.join('.')}`),
  fc.tuple(encoded, text).map(([content, end]) => `Bearer eyJhbGciOiJIUzI1NiJ9.${content}.${end}`),
);

const credentials: fc.Arbitrary<Record<string, string>> = fc.oneof(
  fc.constant({}),
  authorization.map((header) => ({ authorization: header })),
  text.map((cookie) => ({ cookie: `__Host-nostrata-session=${cookie}` })),
  fc.tuple(authorization, text).map(([header, cookie]) => ({ authorization: header, cookie })),
);

law('whatever body and credentials are sent, nobody is signed in by them and nothing breaks', async (database) => {
  const test = startWithWallets(database);
  const body = bodies(test.clock.seconds());
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), body, credentials, async (path, sent, headers) => {
      const reply = await test.send(path, { method: 'POST', body: sent ?? null, headers: { ...headers, origin } });
      assert.ok(reply.status < 500, reply.text);
      assert.equal((await database.query('SELECT id FROM session')).length, 0);
    }),
    { numRuns: 250 },
  );
  assert.equal((await database.query('SELECT id FROM account_user')).length, 0);
});

law('whatever a wallet calls with, it hears what was wrong and no code is verified', async (database) => {
  const test = startWithWallets(database);
  const code = await test.ask();
  const names = fc.constantFrom('tag', 'k1', 'action', 'sig', 'key', 'x');
  const known = fc.constantFrom(
    'login',
    code.k1,
    '30',
    '3006020101020101',
    `02${'a'.repeat(64)}`,
    `03${'1'.repeat(64)}`,
  );
  const anything = fc.array(fc.tuple(names, fc.oneof(text, known)));
  // Right up to the signature, which is anything.
  const nearly = fc.tuple(fc.oneof(fc.constant('3006020101020101'), encoded, text), known).map(([sig, key]) => [
    ['tag', 'login'],
    ['k1', code.k1],
    ['action', 'login'],
    ['sig', sig],
    ['key', key],
  ]);
  await fc.assert(
    fc.asyncProperty(fc.oneof(anything, nearly), async (pairs) => {
      const search = new URLSearchParams(
        pairs.map(([name = '', given = '']): [string, string] => [name, given.slice(0, 200)]),
      );
      const reply = await test.send(`lnurl-callback?${search}`);
      assert.deepEqual([reply.status, reply.json<{ status: string }>().status], [200, 'ERROR']);
    }),
    { numRuns: 250 },
  );
  assert.deepEqual((await test.poll(code)).json(), { state: 'pending' });
});
