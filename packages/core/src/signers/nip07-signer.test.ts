import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '@nostrata/network';
import { createKeys } from '@nostrata/testing';
import { SignerError } from '../errors.ts';
import { createKeySigner } from './key-signer.ts';
import { createNip07Signer, type Nip07 } from './nip07-signer.ts';

const alice = createKeys('alice');
const bob = createKeys('bob');
const template = { kind: 1, created_at: 1_700_000_000, tags: [['t', 'x']], content: 'hello' };
const fails = (fault: string) => (error: unknown) => error instanceof SignerError && error.fault === fault;

/** An extension that does what it should, but for what the test replaces. */
function extension(parts: Partial<Nip07> = {}): Nip07 {
  const signer = createKeySigner(alice.secret);
  const { nip44Encrypt: encrypt, nip44Decrypt: decrypt } = signer;
  return { getPublicKey: signer.getPublicKey, signEvent: signer.signEvent, nip44: { encrypt, decrypt }, ...parts };
}

/** A clock whose timers ring when the test says so. */
function createTimers(): Clock & { ring(): void } {
  const callbacks = new Set<() => void>();
  return {
    now: () => 1_700_000_000_000,
    after(_, callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    ring() {
      for (const callback of callbacks) callback();
    },
  };
}

test('an extension signs and encrypts', async () => {
  const signer = createNip07Signer(extension());
  assert.equal(await signer.getPublicKey(), alice.pubkey);
  assert.equal((await signer.signEvent(template)).content, 'hello');
  const payload = await signer.nip44Encrypt(bob.pubkey, 'secret');
  assert.equal(await createKeySigner(bob.secret).nip44Decrypt(alice.pubkey, payload), 'secret');
  assert.equal(await signer.nip44Decrypt(bob.pubkey, payload), 'secret');
});

test('an extension that comes later than the page is found when it is needed', async () => {
  let nostr: Nip07 | undefined;
  const signer = createNip07Signer(() => nostr);
  await assert.rejects(signer.getPublicKey(), fails('unreachable'));
  nostr = extension();
  assert.equal(await signer.getPublicKey(), alice.pubkey);
});

test('the pubkey is asked for once, and again only after a failure', async () => {
  let asked = 0;
  const getPublicKey = async () => {
    if (++asked === 1) throw new Error('locked');
    return alice.pubkey;
  };
  const signer = createNip07Signer(extension({ getPublicKey }));
  await assert.rejects(signer.getPublicKey(), fails('refused'));
  await Promise.all([signer.getPublicKey(), signer.signEvent(template), signer.getPublicKey()]);
  assert.equal(asked, 2);
});

test('a refusal keeps the words of the extension', async () => {
  for (const thrown of [new Error('user said no'), 'user said no']) {
    const signer = createNip07Signer(extension({ signEvent: () => Promise.reject(thrown) }));
    await assert.rejects(signer.signEvent(template), /user said no/);
    await assert.rejects(signer.signEvent(template), fails('refused'));
  }
  const throws = () => {
    throw { code: 4001 };
  };
  await assert.rejects(createNip07Signer(extension({ signEvent: throws })).signEvent(template), fails('refused'));
});

test('an extension that never answers costs its deadline', async () => {
  const clock = createTimers();
  const signer = createNip07Signer(extension({ signEvent: () => new Promise(() => {}) }), { clock });
  const signing = signer.signEvent(template);
  const outcome = assert.rejects(signing, fails('timeout'));
  await signer.getPublicKey();
  await new Promise(setImmediate);
  clock.ring();
  await outcome;
});

test('an extension that cannot encrypt says so', async () => {
  const signer = createNip07Signer({ ...extension(), nip44: undefined });
  await assert.rejects(signer.nip44Encrypt(bob.pubkey, 'x'), fails('unsupported'));
  await assert.rejects(signer.nip04Decrypt(bob.pubkey, 'x'), fails('unsupported'));
  const old = createNip07Signer(extension({ nip04: { decrypt: async () => 'old' } }));
  assert.equal(await old.nip04Decrypt(bob.pubkey, 'x'), 'old');
});

test('whatever an extension makes up is refused', async () => {
  const good = await createKeySigner(alice.secret).signEvent(template);
  const other = await createKeySigner(bob.secret).signEvent(template);
  const changed = await createKeySigner(alice.secret).signEvent({ ...template, content: 'changed' });
  const answers = [undefined, {}, { ...good, sig: '0'.repeat(128) }, { ...good, id: other.id }, other, changed];
  for (const answer of answers) {
    const signer = createNip07Signer(extension({ signEvent: async () => answer }));
    await assert.rejects(signer.signEvent(template), fails('invalid'));
  }
  const nobody = createNip07Signer(extension({ getPublicKey: async () => 'alice' }));
  await assert.rejects(nobody.getPublicKey(), fails('invalid'));
  const mute = createNip07Signer(extension({ nip44: { encrypt: async () => 5, decrypt: async () => null } }));
  await assert.rejects(mute.nip44Encrypt(bob.pubkey, 'x'), fails('invalid'));
});

test('an extension that writes into what it is given changes nothing of ours', async () => {
  const real = createKeySigner(alice.secret);
  const signEvent: Nip07['signEvent'] = (event) => {
    const signed = real.signEvent({ ...event, tags: event.tags.map((tag) => [...tag]) });
    Object.assign(event, { id: 'x', tags: [] });
    return signed;
  };
  const event = await createNip07Signer(extension({ signEvent })).signEvent(template);
  assert.deepEqual(event.tags, template.tags);
});

test('a stopped signer refuses', async () => {
  const signer = createNip07Signer(extension());
  await signer.stop();
  await assert.rejects(signer.signEvent(template), fails('unreachable'));
});
