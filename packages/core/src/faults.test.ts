import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createEventBuilder, createTestNetwork, type TestNetwork, waitUntil } from '@nostrata/testing';
import { systemClock } from './clock.ts';
import type { Core } from './core.ts';
import { openCore } from './open.ts';
import type { FaultPlan } from './test-fault-child.ts';
import { contentsOf, createTestSigner } from './test-world.ts';

const child = new URL('./test-fault-child.ts', import.meta.url).pathname;

/** Runs a process that dies where it is told; the signal that ended it. */
async function die(plan: FaultPlan): Promise<string | null> {
  const process_ = spawn(process.execPath, [child, JSON.stringify(plan)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [, signal] = (await once(process_, 'exit')) as [number | null, string | null];
  return signal;
}

/** Lets a process die in the middle of something, and opens what it left. */
async function afterDeath(
  plan: Omit<FaultPlan, 'folder' | 'relays'>,
  check: (core: Core, network: TestNetwork) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-core-'));
  try {
    await using network = await createTestNetwork({ seed: 1, relays: 2 });
    network.relays[0]?.put(createEventBuilder('bob').profile({ name: 'Bob' }));
    assert.equal(await die({ ...plan, folder, relays: network.urls }), 'SIGKILL', `${plan.step} was not reached`);
    await using core = await openCore({
      store: `sqlite:${folder}`,
      relays: network.urls,
      signer: createTestSigner(createEventBuilder('alice')),
      allowLocalRelays: true,
      // Some time after: what the dead process had claimed for itself has run out.
      clock: { ...systemClock, now: () => Date.now() + 20_000 },
    });
    await check(core, network);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const steps = [
  ['after the record', 1],
  ['after the store', 1],
  ['before sending', 1],
  ['before sending', 2],
  ['after sending', 1],
  ['after sending', 2],
  ['after the answer', 1],
  ['after the answer', 2],
] as const;

for (const [step, occurrence] of steps) {
  test(`a process that dies ${step} (${occurrence}) has lost nothing and sends nothing twice`, async () => {
    await afterDeath({ action: 'publish', step, occurrence }, async (core, network) => {
      await waitUntil(() => core.pending().length === 0, { what: 'everything to be delivered' });
      assert.deepEqual(contentsOf(await core.list({ kinds: [1] })), ['promised']);
      for (const relay of network.relays) {
        assert.equal(relay.events({ kinds: [1] }).length, 1);
        assert.equal(relay.ledger.events.length, 1);
      }
      const [publication] = await core.publications();
      assert.equal(publication?.status, 'delivered');
    });
  });
}

const draftSteps = [
  'after the draft',
  'before asking',
  'after the signature',
  'after the signature is kept',
  'after the store',
  'before sending',
];

for (const step of draftSteps) {
  test(`a process that dies ${step} of what waits for a signature has lost nothing and sends it once`, async () => {
    await afterDeath({ action: 'draft', step, occurrence: 1 }, async (core, network) => {
      await waitUntil(() => core.pending().length === 0, { what: 'everything to be delivered' });
      const [publication] = await core.publications();
      assert.deepEqual([publication?.status, publication?.isSigned], ['delivered', true]);
      assert.deepEqual(contentsOf(await core.list({ kinds: [1] })), ['promised']);
      for (const relay of network.relays) {
        assert.deepEqual(
          relay.events({ kinds: [1] }).map(({ id }) => id),
          [publication?.id],
        );
        assert.equal(relay.ledger.events.length, 1);
      }
    });
  });
}

test('a process that dies before the draft has promised nothing, and nothing is left of it', async () => {
  await afterDeath({ action: 'draft', step: 'before the draft', occurrence: 1 }, async (core) => {
    assert.deepEqual([core.pending(), await core.publications()], [[], []]);
  });
});

test('a process that dies before the record has promised nothing, and nothing is left of it', async () => {
  await afterDeath({ action: 'publish', step: 'before the record', occurrence: 1 }, async (core) => {
    assert.deepEqual(core.pending(), []);
    assert.deepEqual(await core.list({ kinds: [1] }), []);
  });
});

for (const step of ['after the decision to cancel', 'after the withdrawal']) {
  test(`a process that dies ${step} has taken the event back`, async () => {
    await afterDeath({ action: 'cancel', step, occurrence: 1 }, async (core, network) => {
      assert.deepEqual(core.pending(), []);
      assert.deepEqual(await core.list({ kinds: [1] }), []);
      assert.equal((await core.publications())[0]?.status, 'cancelled');
      for (const relay of network.relays) assert.equal(relay.ledger.events.length, 0);
    });
  });
}

test('what was read is there after a crash, even where the check was not written', async () => {
  await afterDeath({ action: 'read', step: '', occurrence: 1 }, async (core) => {
    core.setOnline(false);
    const { value } = await core.profile(createEventBuilder('bob').pubkey);
    assert.equal(value?.name, 'Bob');
  });
});
