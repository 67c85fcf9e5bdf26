import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc, testSeed } from '@nostrata/testing';
import { parseHost, parseLocal, parseNameAddress, skeletonOf } from './grammar.ts';

const valid = (text: string): string | undefined => {
  const parsed = parseLocal(text);
  return parsed.isValid ? parsed.local : undefined;
};

test('a name has 2 to 32 letters, digits and single separators between them, in lower case', () => {
  for (const text of ['al', 'alice', 'a.b-c_d', 'x1', '007', 'a'.repeat(32), '_']) assert.equal(valid(text), text);
  assert.equal(valid('Alice'), 'alice');
  const wrong = [
    '',
    'a',
    'a'.repeat(33),
    '-al',
    'al-',
    '.al',
    'al.',
    '_al',
    'al_',
    'a--b',
    'a..b',
    'a.-b',
    'a__b',
    '__',
  ];
  for (const text of [...wrong, 'a b', 'a@b', 'a/b', 'a%62', 'a\u0000b', 'a\nb', ' alice', 'alice ']) {
    assert.equal(valid(text), undefined, JSON.stringify(text));
  }
});

test('letters that only look like a name are refused, also where lower case would make them one', () => {
  // Kelvin sign, Cyrillic a, full width, long s, dotless i, combining accent, zero width, bidi mark.
  for (const text of [
    '\u212Aarl',
    '\u0430lice',
    '\uFF41lice',
    'bo\u017F\u017F',
    'l\u0131sa',
    'jose\u0301',
    'al\u200Bice',
    'al\u202Eice',
  ]) {
    assert.equal(valid(text), undefined, JSON.stringify(text));
  }
});

test('whatever is taken for a name is one that NIP-05 allows and is its own spelling', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const local = valid(text);
      if (local === undefined) return;
      assert.match(local, /^[a-z0-9._-]{1,32}$/);
      assert.equal(valid(local), local);
    }),
    { seed: testSeed() },
  );
  fc.assert(
    fc.property(fc.stringMatching(/^[a-zA-Z0-9._-]{0,34}$/), (text) => {
      const local = valid(text);
      assert.ok(local === undefined || local === text.toLowerCase());
    }),
    { seed: testSeed() },
  );
});

test('words that look alike have one skeleton', () => {
  for (const text of ['supp0rt', 's.u.p.p.o.r.t', 'SUPPORT'.toLowerCase()])
    assert.equal(skeletonOf(text), skeletonOf('support'));
  assert.equal(skeletonOf('adm1n'), skeletonOf('admin'));
  assert.equal(skeletonOf('adrnin'), skeletonOf('admin'));
  assert.notEqual(skeletonOf('alice'), skeletonOf('admin'));
});

test('a host is a name with a point in it: no address in any spelling, no port, no user', () => {
  for (const [text, host] of [
    ['example.com', 'example.com'],
    ['Example.COM.', 'example.com'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ] as const) {
    assert.equal(parseHost(text), host);
  }
  const wrong = [
    '',
    'localhost',
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '127.1',
    '0177.0.0.1',
    '[::1]',
    '::1',
    'a.b:443',
  ];
  for (const text of [
    ...wrong,
    'a@b.example',
    'a.example/x',
    'a.example?x',
    'a.example#x',
    'a..example',
    '-a.example',
  ]) {
    assert.equal(parseHost(text), undefined, text);
  }
  for (const text of [
    'a b.example',
    'a%2eexample',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(130)}example`,
    '1.2.3.4.5',
  ]) {
    assert.equal(parseHost(text), undefined, text);
  }
});

test('a bare host is the address of its root name', () => {
  assert.deepEqual(parseNameAddress('Bob@Example.com'), { local: 'bob', host: 'example.com' });
  assert.deepEqual(parseNameAddress('example.com'), { local: '_', host: 'example.com' });
  assert.deepEqual(parseNameAddress('__proto__@example.com'), { local: '__proto__', host: 'example.com' });
  for (const text of [
    '',
    '@example.com',
    'a@',
    'a@b@c.example',
    'a b@example.com',
    '\u212A@example.com',
    'bob@127.0.0.1',
  ]) {
    assert.equal(parseNameAddress(text), undefined, text);
  }
});
