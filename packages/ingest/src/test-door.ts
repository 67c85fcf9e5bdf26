import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schnorr } from '@noble/curves/secp256k1.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { idPreimage, type NostrEvent } from '@nostrata/protocol';
import { createMemoryStore } from '@nostrata/store';
import { byteLength, sha256Hex } from '#platform';
import type { Source } from './contract.ts';
import { createIngest } from './ingest.ts';
import type { VerifierSettings } from './verifier/pool.ts';

const source: Source = { via: 'relay', url: 'wss://relay.example.com/' };
const now = (): number => 1_700_000_000_000;

type WorkerConstructor = new (url: string, options: { readonly type: 'module' }) => unknown;
const { Worker: PageWorker } = globalThis as unknown as { readonly Worker: WorkerConstructor };
const workerOf = (path: string) => (): unknown => new PageWorker(path, { type: 'module' });

async function openDoor(verifier: VerifierSettings) {
  const store = createMemoryStore({ now });
  const door = await createIngest({ store, policies: [], now, verifier });
  return { store, door };
}

/** A note of that number, signed with the secret key that is the hash of the author's name. */
function signNote(author: string, number: number): NostrEvent {
  const secret = hexToBytes(sha256Hex(author));
  const pubkey = bytesToHex(schnorr.getPublicKey(secret));
  const unsigned = { pubkey, kind: 1, created_at: 1_600_000_000 + number, tags: [], content: `\u{1F600} ö ${number}` };
  const id = sha256Hex(idPreimage(unsigned));
  return { ...unsigned, id, sig: bytesToHex(schnorr.sign(hexToBytes(id), secret)) };
}

const ways: Readonly<Record<string, { settings: VerifierSettings; backend: string }>> = {
  'in a worker': { settings: { worker: workerOf('/verifier.js') }, backend: 'noble' },
  'in a worker with WebAssembly': {
    settings: { worker: workerOf('/verifier.js'), wasmUrl: '/secp256k1.wasm' },
    backend: 'wasm',
  },
  'on the own thread, where the worker does not load': {
    settings: { worker: workerOf('/missing.js') },
    backend: 'noble',
  },
  'with plain JavaScript, where WebAssembly does not load': {
    settings: { worker: workerOf('/verifier.js'), wasmUrl: '/missing.wasm' },
    backend: 'noble',
  },
};

for (const [way, { settings, backend }] of Object.entries(ways)) {
  test(`good events pass the door and forged ones do not, ${way}`, async () => {
    const { store, door } = await openDoor(settings);
    assert.equal(door.verifier.backend, backend);
    assert.ok(door.verifier.verifiesPerSecond > 0);
    const events = Array.from({ length: 40 }, (_, i) => signNote('alice', i));
    const forged = events.map((event) => ({
      ...event,
      sig: event.sig.replace(/^../, (hex) => (hex === '00' ? '01' : '00')),
    }));
    const renamed = { ...signNote('alice', 100), content: 'another text' };
    const answers = await Promise.all([...forged, renamed, ...events].map((event) => door.submit(event, source)));
    assert.deepEqual(
      answers.map(({ outcome }) => outcome),
      [...Array(41).fill('rejected'), ...Array(40).fill('stored')],
    );
    assert.equal((await store.count([{}])).count, 40);
    await door.stop();
    await store.stop();
  });
}

test('a page that checks on its own thread does other things meanwhile', async () => {
  const { store, door } = await openDoor({ worker: workerOf('/missing.js') });
  const events = Array.from({ length: 150 }, (_, i) => signNote('bob', i));
  let turns = 0;
  let isChecking = true;
  const live = (): void => {
    turns += 1;
    if (isChecking) setTimeout(live, 0);
  };
  live();
  const answers = await Promise.all(events.map((event) => door.submit(event, source)));
  isChecking = false;
  assert.ok(answers.every(({ accepted }) => accepted));
  // The checks take 100 ms at least, and a slice of them 8 ms.
  assert.ok(turns >= 6, `${turns} turns were left to others`);
  await door.stop();
  await store.stop();
});

test('bytes of a text are counted as UTF-8 has them', async () => {
  const encoder = new TextEncoder();
  for (const text of [
    '',
    'a',
    'ö',
    '\u0800',
    '\u2028',
    '\u{1F600}',
    '\ud800',
    'a\udc00\ud800b',
    '\ud800\u{1F600}\udc00',
  ]) {
    assert.equal(byteLength(text), encoder.encode(text).length, JSON.stringify(text));
  }
});
