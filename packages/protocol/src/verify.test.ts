import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  createKeys,
  createSigner,
  note,
  readJsonLines,
  readText,
  requireSharedData,
  seededRandom,
  skipWithout,
} from '@nostrata/testing';
import { verifyEvent as verifyElsewhere } from 'nostr-tools/pure';
import { InvalidError } from './errors.ts';
import { getEventId, type NostrEvent, parseEvent, serializeEvent, strictIdPreimage } from './event.ts';
import { hasValidId, hasValidSignature, verifyEvent } from './verify.ts';

const vectors = 'vectors/bip340-test-vectors.csv';
test('every BIP-340 vector of a 32-byte message is judged as it says', { skip: skipWithout(vectors) }, () => {
  let judged = 0;
  for (const line of readText(requireSharedData(vectors)).trim().split(/\r?\n/).slice(1)) {
    const [index, , pubkey = '', , message = '', sig = '', result] = line.toLowerCase().split(',');
    if (message.length !== 64) continue;
    const event = { ...note('x', ''), id: message, pubkey, sig };
    assert.equal(hasValidSignature(event), result === 'true', `vector ${index}`);
    judged++;
  }
  assert.ok(judged >= 15, `${judged} vectors`);
});

test('whatever is changed about an event, it is refused', () => {
  const event = note('alice', 'hello', { tags: [['t', 'x']] });
  assert.ok(verifyEvent(event));
  const changes: Partial<NostrEvent>[] = [
    { id: note('alice', 'other').id },
    { pubkey: createKeys('bob').pubkey },
    { created_at: event.created_at + 1 },
    { kind: 2 },
    { tags: [] },
    { content: 'hello ' },
    { sig: note('alice', 'other').sig },
    { sig: 'f'.repeat(128) },
    { pubkey: 'f'.repeat(64) },
  ];
  for (const change of changes) assert.equal(verifyEvent({ ...event, ...change }), null, JSON.stringify(change));
});

test('an id over the text in which control characters stand verbatim is valid too', () => {
  const { pubkey, secret } = createKeys('alice');
  const unsigned = { pubkey, created_at: 1, kind: 1, tags: [['t', '\u0001']], content: 'a\u0000b\\u0001\u001f\n' };
  const preimage = strictIdPreimage(unsigned);
  assert.ok(preimage?.includes('a\u0000b\\\\u0001\u001f\\n'));
  const digest = createHash('sha256')
    .update(preimage ?? '')
    .digest();
  const event = {
    ...unsigned,
    id: digest.toString('hex'),
    sig: Buffer.from(createSigner().sign(digest, secret)).toString('hex'),
  };
  assert.ok(verifyEvent(event));
  assert.notEqual(getEventId(event), event.id);
});

const real = 'events/permissive.jsonl.gz';
test('real events survive parsing and writing, and their ids and signatures hold', {
  skip: skipWithout(real),
}, () => {
  const random = seededRandom(1);
  const signer = createSigner();
  for (const value of readJsonLines(requireSharedData(real))) {
    const event = parseEvent(value);
    assert.deepEqual(JSON.parse(serializeEvent(event)), value);
    assert.ok(hasValidId(event), event.id);
    const [sig, id, pubkey] = [event.sig, event.id, event.pubkey].map((hex) => Buffer.from(hex, 'hex')) as [
      Buffer,
      Buffer,
      Buffer,
    ];
    assert.ok(signer.verify(sig, id, pubkey), event.id);
    // The pure back end would take eight seconds for all of them.
    if (random.next() < 0.08) assert.ok(verifyEvent(event), event.id);
  }
});

const invalid = 'events/invalid.jsonl.gz';
test('every invalid event that was really seen is refused for its reason', { skip: skipWithout(invalid) }, () => {
  for (const { reason, event } of readJsonLines<{ reason: string; event: NostrEvent }>(requireSharedData(invalid))) {
    if (reason.startsWith('shape:')) assert.throws(() => parseEvent(event), InvalidError, reason);
    else assert.equal(verifyEvent(parseEvent(event)), null, reason);
  }
});

test('nostr-tools agrees on what is valid', () => {
  const random = seededRandom(3);
  for (let run = 0; run < 20; run++) {
    const good = note('alice', `note ${run} 🤙 é \n "`, { tags: [['e', 'x', '\u2028']] });
    const event = random.next() < 0.5 ? good : { ...good, content: `${good.content}x` };
    assert.equal(verifyEvent(event) !== null, verifyElsewhere(JSON.parse(JSON.stringify(event))));
  }
});
