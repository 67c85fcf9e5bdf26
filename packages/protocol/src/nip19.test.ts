import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeys, fc, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import * as oracle from 'nostr-tools/nip19';
import { decodeBech32, encodeBech32 } from './bech32.ts';
import { InvalidError } from './errors.ts';
import { decodeNip19, encodeNaddr, encodeNevent, encodeNote, encodeNprofile, encodeNpub } from './nip19.ts';

const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const relays = fc.array(
  fc.webUrl().map((url) => url.replace(/^https?/, 'wss').slice(0, 200)),
  { maxLength: 3 },
);
const kind = fc.nat(65_535);

test('what is written is what nostr-tools writes, and it is read back', () => {
  fc.assert(
    fc.property(
      hex,
      hex,
      relays,
      kind,
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      (id, pubkey, urls, anyKind, identifier) => {
        assert.equal(encodeNpub(pubkey), oracle.npubEncode(pubkey));
        assert.equal(encodeNote(id), oracle.noteEncode(id));
        assert.deepEqual(decodeNip19(encodeNpub(pubkey)), { type: 'npub', pubkey });
        assert.deepEqual(decodeNip19(encodeNote(id)), { type: 'note', id });
        assert.deepEqual(oracle.decode(encodeNprofile(pubkey, urls) as `nprofile1${string}`).data, {
          pubkey,
          relays: urls,
        });
        assert.deepEqual(decodeNip19(oracle.nprofileEncode({ pubkey, relays: urls })), {
          type: 'nprofile',
          pubkey,
          relays: urls,
        });
        const pointer = { id, relays: urls, author: pubkey, kind: anyKind };
        assert.deepEqual(oracle.decode(encodeNevent(pointer) as `nevent1${string}`).data, pointer);
        assert.deepEqual(decodeNip19(oracle.neventEncode(pointer)), { type: 'nevent', ...pointer });
        assert.deepEqual(decodeNip19(encodeNevent({ id, relays: [] })), { type: 'nevent', id, relays: [] });
        const address = { kind: anyKind, pubkey, identifier };
        assert.deepEqual(oracle.decode(encodeNaddr(address, urls) as `naddr1${string}`).data, {
          ...address,
          relays: urls,
        });
        assert.deepEqual(decodeNip19(oracle.naddrEncode({ ...address, relays: urls })), {
          type: 'naddr',
          ...address,
          relays: urls,
        });
      },
    ),
    { numRuns: 60 },
  );
});

const vectors = 'vectors/nips-and-luds.json';
test('the examples of the NIP hold', { skip: skipWithout(vectors) }, () => {
  interface Vector {
    readonly bech32: string;
    readonly type: string;
    readonly data: string | { pubkey: string; relays: string[] };
  }
  const { nip19 } = JSON.parse(readText(requireSharedData(vectors))) as { nip19: Vector[] };
  for (const { bech32, type, data } of nip19) {
    const decoded = decodeNip19(bech32);
    assert.equal(decoded.type, type);
    if (decoded.type === 'nsec') assert.equal(Buffer.from(decoded.secret).toString('hex'), data);
    else if (decoded.type === 'npub') assert.equal(decoded.pubkey, data);
    else if (decoded.type === 'note') assert.equal(decoded.id, data);
    else if (decoded.type === 'nprofile') assert.deepEqual({ pubkey: decoded.pubkey, relays: decoded.relays }, data);
  }
  assert.ok(nip19.length >= 4);
});

test('fields that are not known are left out, and missing or broken ones are refused', () => {
  const { pubkey } = createKeys('alice');
  const key = Buffer.from(pubkey, 'hex');
  const special = [0, 32, ...key];
  const at = (prefix: string, ...bytes: number[]) => encodeBech32(prefix, Uint8Array.from(bytes));
  assert.deepEqual(decodeNip19(at('nprofile', 9, 2, 1, 1, ...special, 200, 0)), {
    type: 'nprofile',
    pubkey,
    relays: [],
  });
  const bad = [
    at('nprofile'),
    at('nprofile', 0, 32, 1),
    at('nprofile', 0, 1, 1),
    at('nprofile', ...special, 1, 1, 255),
    at('nprofile', ...special, 7),
    at('nevent', ...special, 3, 2, 0, 1),
    at('nevent', ...special, 3, 4, 1, 0, 0, 0),
    at('naddr', 0, 1, 120),
    at('npub', 1, 2, 3),
    at('nsec', 1),
    at('nrelay', 0, 1, 120),
    '',
    'npub1',
    '1qqqqqq',
    encodeNpub(pubkey).replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')),
    encodeNpub(pubkey).replace('npub', 'nPub'),
    `npub1${'q'.repeat(6_000)}`,
  ];
  for (const text of bad) assert.throws(() => decodeNip19(text), InvalidError, text.slice(0, 80));
  assert.deepEqual(decodeNip19(encodeNpub(pubkey).toUpperCase()), { type: 'npub', pubkey });
  assert.throws(() => encodeNpub('x'), InvalidError);
});

test('no text whatever fails otherwise', () => {
  const attempt = (text: string): void => {
    try {
      decodeNip19(text);
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
    }
  };
  const body = fc.tuple(
    fc.constantFrom('npub', 'nsec', 'note', 'nprofile', 'nevent', 'naddr', 'x'),
    fc.uint8Array({ maxLength: 80 }),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        body.map(([prefix, bytes]) => encodeBech32(prefix, bytes)),
      ),
      attempt,
    ),
  );
  fc.assert(
    fc.property(body, ([prefix, bytes]) =>
      assert.deepEqual(decodeBech32(encodeBech32(prefix, bytes)), { prefix, bytes }),
    ),
  );
});
