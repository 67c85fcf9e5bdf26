import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { readJsonLines, readText, requireSharedData, skipWithout } from '@nostrata/testing';
import { backendNames } from '#platform';
import type { Backend, BackendName } from './backend.ts';
import { openBackend } from './open-backend.ts';
import { type PackedCheck, viewChecks } from './packed.ts';
import { findSelfTestFault } from './self-test.ts';

const vectorsFile = 'vectors/bip340-test-vectors.csv';
const eventsFile = 'events/permissive.jsonl.gz';

/** Why a back end cannot be tested on this machine, or false. */
async function whyNot(name: BackendName): Promise<string | false> {
  try {
    await openBackend(name);
    return false;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function packed(message: string, pubkey: string, signature: string): PackedCheck {
  const [check] = viewChecks(new Uint8Array(Buffer.from(message + pubkey + signature, 'hex')));
  assert(check !== undefined);
  return check;
}

for (const name of backendNames) {
  const skip = await whyNot(name);

  test(`${name} passes the self-test`, { skip }, async () => {
    assert.equal(findSelfTestFault(await openBackend(name)), null);
  });

  test(`${name} agrees with every BIP-340 vector that has a message of 32 bytes`, {
    skip: skip || skipWithout(vectorsFile),
  }, async () => {
    const backend = await openBackend(name);
    let compared = 0;
    for (const line of readText(requireSharedData(vectorsFile)).trim().split(/\r?\n/).slice(1)) {
      const [index, , pubkey = '', , message = '', signature = '', verdict] = line.split(',');
      if (message.length !== 64) continue;
      assert.equal(backend.verify(packed(message, pubkey, signature)), verdict === 'TRUE', `vector ${index}`);
      compared++;
    }
    assert.equal(compared, 15);
  });

  test(`${name} finds real events good, and bad once one bit is turned`, {
    skip: skip || skipWithout(eventsFile),
  }, async () => {
    const events = readJsonLines<NostrEvent>(requireSharedData(eventsFile));
    // All events for the fast back end; what takes the others as long must be enough for them.
    const step = { libsecp256k1: 1, wasm: 8, noble: 50 }[name];
    judge(
      await openBackend(name),
      events.filter((_, place) => place % step === 0),
    );
  });
}

function judge(backend: Backend, events: readonly NostrEvent[]): void {
  assert.ok(events.length > 100);
  for (const [place, { id, pubkey, sig }] of events.entries()) {
    const check = packed(id, pubkey, sig);
    assert.equal(backend.verify(check), true, id);
    if (place % 7 !== 0) continue;
    const turned = [check.message, check.pubkey, check.signature][place % 3];
    assert(turned !== undefined);
    const at = (place * 13) % turned.length;
    turned[at] = (turned[at] ?? 0) ^ (1 << (place % 8));
    assert.equal(backend.verify(check), false, `${id} with a bit turned`);
  }
}

test('a back end that answers wrongly is found out by the self-test', () => {
  const gullible: Backend = { name: 'noble', verify: () => true };
  const stubborn: Backend = { name: 'wasm', verify: () => false };
  assert.match(findSelfTestFault(gullible) ?? '', /noble failed its self-test at BIP-340 vector 5/);
  assert.match(findSelfTestFault(stubborn) ?? '', /wasm failed its self-test at BIP-340 vector 0/);
});
