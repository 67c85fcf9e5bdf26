import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventBuilder, fc } from '@nostrata/testing';
import { profileAboutCharactersMax } from './limits.ts';
import { parseProfile } from './nip24.ts';

const alice = createEventBuilder('alice');
const parse = (profile: Record<string, unknown>) => parseProfile(alice.profile(profile));

test('a profile is read with the fields of NIP-01 and NIP-24', () => {
  const profile = parse({
    name: 'alice',
    display_name: 'Alice',
    about: 'about',
    picture: 'https://a.example/p.png',
    banner: 'https://a.example/b.png',
    website: 'https://a.example',
    nip05: 'alice@a.example',
    lud06: 'lnurl1',
    lud16: 'alice@pay.example',
    bot: false,
    birthday: { year: 1990, month: 2, day: 3 },
    pronouns: 'she/her',
  });
  assert.deepEqual(profile, {
    name: 'alice',
    displayName: 'Alice',
    about: 'about',
    picture: 'https://a.example/p.png',
    banner: 'https://a.example/b.png',
    website: 'https://a.example',
    nip05: 'alice@a.example',
    lud06: 'lnurl1',
    lud16: 'alice@pay.example',
    bot: false,
    birthday: { year: 1990, month: 2, day: 3 },
  });
});

test('a field of the wrong type is left out, and the others stay', () => {
  const wrong = { name: 5, about: ['x'], picture: null, bot: 'true', birthday: { month: 13, day: 0 }, lud16: 'a@b.c' };
  assert.deepEqual(parse(wrong), { lud16: 'a@b.c' });
  assert.deepEqual(parse({ birthday: { day: 31, month: '1' } }), { birthday: { day: 31 } });
});

test('deprecated names count only where today’s names are missing', () => {
  assert.deepEqual(parse({ username: 'u', displayName: 'D' }), { name: 'u', displayName: 'D' });
  assert.deepEqual(parse({ username: 'u', name: 'n', displayName: 'D', display_name: 'd' }), {
    name: 'n',
    displayName: 'd',
  });
  assert.deepEqual(parse({ username: 'u', name: '  ' }), { name: 'u' });
});

test('long words are cut between characters, and long URLs are left out', () => {
  const { about, picture } = parse({
    about: `x${'😀'.repeat(profileAboutCharactersMax)}`,
    picture: `data:image/png;base64,${'A'.repeat(9_000)}`,
  });
  assert.equal(about?.length, profileAboutCharactersMax - 1);
  assert.ok(about?.isWellFormed());
  assert.equal(picture, undefined);
});

test('what PostgreSQL cannot store is taken out of texts', () => {
  assert.deepEqual(parse({ name: '\0a\0\ud800 ' }), { name: 'a\ufffd' });
});

test('any content gives a profile, and never an error', () => {
  for (const content of ['', 'no json', '[]', 'null', '"text"', '{"name":']) {
    assert.deepEqual(parseProfile(alice.event({ kind: 0, content })), {}, content);
  }
  const base = alice.event({ kind: 0 });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc
          .dictionary(fc.constantFrom('name', 'bot', 'birthday', '__proto__'), fc.jsonValue())
          .map((value) => JSON.stringify(value)),
      ),
      (content) => {
        for (const value of Object.values(parseProfile({ ...base, content }))) assert.notEqual(value, undefined);
      },
    ),
  );
});
