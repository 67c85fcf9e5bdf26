import { setTimeout as wait } from 'node:timers/promises';
import { createEventBuilder } from '@nostrata/testing';
import { openCoreWithSteps } from './open.ts';
import { createTestSigner } from './test-world.ts';

/** What the process is to do, and where it is to die: at the nth time that the step is reached. */
export interface FaultPlan {
  readonly folder: string;
  readonly relays: readonly string[];
  readonly action: 'publish' | 'draft' | 'cancel' | 'read';
  readonly step: string;
  readonly occurrence: number;
}

const plan = JSON.parse(process.argv[2] ?? '{}') as FaultPlan;
let seen = 0;
const core = await openCoreWithSteps(
  {
    store: `sqlite:${plan.folder}`,
    relays: plan.relays,
    signer: createTestSigner(createEventBuilder('alice')),
    allowLocalRelays: true,
  },
  (name) => {
    if (name !== plan.step) return;
    seen += 1;
    if (seen === plan.occurrence) process.kill(process.pid, 'SIGKILL');
  },
);
if (plan.action === 'read') {
  await core.profile(createEventBuilder('bob').pubkey);
  process.kill(process.pid, 'SIGKILL');
}
const undoMs = plan.action === 'cancel' ? 60_000 : 0;
const awaitSignature = plan.action === 'draft' ? {} : undefined;
const template = { kind: 1, content: 'promised', tags: [], created_at: 1_700_000_000 };
const note = await core.publish(template, { undoMs, ...(awaitSignature && { awaitSignature }) });
if (plan.action === 'cancel') await note.cancel();
else await note.settled;
// The step was not reached: the parent counts this as a failure of the test.
await wait(10);
process.exit(0);
