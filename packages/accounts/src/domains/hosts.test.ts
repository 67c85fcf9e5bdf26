import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@nostrata/http';
import { fc } from '@nostrata/testing';
import { checkClaimable, parseHost, toUnicode } from './hosts.ts';

const own = { origin: 'https://app.example.org:8443', managedHosts: ['names.example.net', 'Example.NET'] };

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'fine';
  } catch (error) {
    assert(error instanceof Problem);
    return error.code;
  }
};

test('a host is read as DNS has it: A-labels, lower case, no last dot', () => {
  const hosts: readonly (readonly [string, string])[] = [
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['Bücher.example.com', 'xn--bcher-kva.example.com'],
    ['BU\u0308CHER.de', 'xn--bcher-kva.de'],
    ['xn--bcher-kva.de', 'xn--bcher-kva.de'],
    ['例え。jp', 'xn--r8jz45g.jp'],
    ['пример.рф', 'xn--e1afmkfd.xn--p1ai'],
    ['faß.de', 'xn--fa-hia.de'],
    ['a-b--c.co.uk', 'a-b--c.co.uk'],
  ];
  for (const [text, host] of hosts) assert.equal(parseHost(text), host, text);
  assert.equal(toUnicode('xn--bcher-kva.de'), 'bücher.de');
});

test('addresses, ports, paths, underscores and what is not well formed are no hosts', () => {
  const texts = [
    '',
    '.',
    '..',
    'example',
    'localhost',
    '127.0.0.1',
    '0x7f.1',
    '1.2.3',
    '2130706433.',
    '[::1]',
    '::1',
    '10.0.0.1.',
    'example.com:443',
    'https://example.com',
    'example.com/path',
    'user@example.com',
    'a..example.com',
    '.example.com',
    'example.com..',
    '-a.example.com',
    'a-.example.com',
    '_nostrata.example.com',
    'exa mple.com',
    'example.com\0',
    'a\0b.com',
    'example%2ecom',
    'example\\.com',
    'exam\u00adple.com',
    'exam\u200dple.com',
    'i❤.ws',
    'xn--abc-.com',
    'xn--a.com',
    'xn--bücher.de',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(121)}example.com`,
    '*.example.com',
    '#.com',
  ];
  for (const text of texts)
    assert.equal(
      codeOf(() => parseHost(text)),
      'bad-host',
      JSON.stringify(text),
    );
  assert.equal(parseHost(`${'a'.repeat(63)}.com`).length, 67);
});

test('labels that can pass for others are refused, the languages of the world are not', () => {
  const refused = [
    'аррӏе.com',
    'pаypal.com',
    'gοοgle.com',
    'xn--80ak6aa92e.com',
    'ехаmple.com',
    'ᚠᚢ.com',
    'раураӏ.org',
  ];
  for (const text of refused)
    assert.equal(
      codeOf(() => parseHost(text)),
      'bad-host',
      text,
    );
  const fine = [
    'москва.com',
    'ελλάδα.com',
    'מים.com',
    'ไทย.com',
    '東京タワーcafe.jp',
    '한국abc.kr',
    'हिन्दी.com',
    'ñandú.cl',
    'сор.рф',
  ];
  for (const text of fine) assert.match(parseHost(text), /^xn--/, text);
});

test('public suffixes cannot be claimed, those of the private section neither; what is below them can', () => {
  for (const host of ['co.uk', 'github.io', 'blogspot.com', 'user.kobe.jp', 'a.ck']) {
    assert.equal(
      codeOf(() => checkClaimable(host, own)),
      'host-public-suffix',
      host,
    );
  }
  for (const host of ['example.co.uk', 'user.github.io', 'deep.user.github.io', 'www.ck', 'xn--bcher-kva.de']) {
    assert.equal(
      codeOf(() => checkClaimable(host, own)),
      'fine',
      host,
    );
  }
  for (const host of ['nas.local', 'x.internal', 'a.test', 'abc.onion', '1.in-addr.arpa', 'foo.localhost']) {
    assert.equal(
      codeOf(() => checkClaimable(host, own)),
      'host-not-public',
      host,
    );
    assert.equal(
      codeOf(() => checkClaimable(host, { ...own, allowsLocal: true })),
      'fine',
      host,
    );
  }
});

test("what is the installation's own cannot be claimed, nor its parents; names beside and below can", () => {
  for (const host of ['app.example.org', 'example.org', 'names.example.net', 'example.net']) {
    assert.equal(
      codeOf(() => checkClaimable(host, own)),
      'host-own',
      host,
    );
  }
  for (const host of ['other.example.org', 'team.names.example.net', 'notexample.net']) {
    assert.equal(
      codeOf(() => checkClaimable(host, own)),
      'fine',
      host,
    );
  }
});

test('whatever is typed gives a host that reads the same again, or a problem', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.ipV4(), fc.webUrl());
  const law = fc.property(texts, (text) => {
    if (codeOf(() => parseHost(text)) !== 'fine') return;
    const host = parseHost(text);
    assert.match(host, /^[a-z0-9.-]+$/);
    assert.equal(parseHost(host), host);
    assert.equal(parseHost(toUnicode(host)), host);
  });
  fc.assert(law, { numRuns: 2000 });
});
