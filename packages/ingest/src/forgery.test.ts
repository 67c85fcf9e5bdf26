import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { openStore } from '@nostrata/store';
import { createEventBuilder, fc } from '@nostrata/testing';
import type { SubmitResult } from './contract.ts';
import { createIngest } from './ingest.ts';

const now = () => 1_700_000_500_000;
const author = createEventBuilder('forgery');

/** The genuine event, or one of the ways to forge it. */
const forms = {
  genuine: (event: NostrEvent) => event,
  wrongSignature: (event: NostrEvent) => ({ ...event, sig: event.sig.split('').reverse().join('') }),
  otherContent: (event: NostrEvent) => ({ ...event, content: `${event.content} forged` }),
  otherAuthor: (event: NostrEvent) => ({ ...event, pubkey: event.pubkey.split('').reverse().join('') }),
  otherId: (event: NostrEvent) => ({ ...event, id: event.id.split('').reverse().join('') }),
} as const;

const step = fc.record({
  subject: fc.nat({ max: 2 }),
  form: fc.constantFrom(...(Object.keys(forms) as (keyof typeof forms)[])),
  /** Whether everything so far is answered before the next one comes. */
  waits: fc.boolean(),
});

test('in any order and at any time, forgeries never get in and never keep the genuine event out', async () => {
  await using store = await openStore('memory:', { now });
  await using door = await createIngest({ store, policies: [], now, verifier: { workers: 1 } });
  let run = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
    run++;
    const subjects = [0, 1, 2].map((place) =>
      author.note(`subject ${place} of run ${run}`, { kind: place === 2 ? 20_001 : 1 }),
    );
    const answers: { subject: number; form: string; answer: Promise<SubmitResult> }[] = [];
    for (const { subject, form, waits } of steps) {
      const answer = door.submit(forms[form](subjects[subject] as NostrEvent), { via: 'client' });
      answers.push({ subject, form, answer });
      if (waits) await answer;
    }
    const accepted = [0, 0, 0];
    for (const { subject, form, answer } of answers) {
      const { outcome } = await answer;
      const isFirst = outcome === 'stored' || outcome === 'ephemeral';
      if (form === 'genuine') {
        assert.ok(isFirst || outcome === 'duplicate', `genuine: ${outcome}`);
        if (isFirst) accepted[subject] = (accepted[subject] ?? 0) + 1;
      } else if (form === 'otherContent' || form === 'otherAuthor') {
        // Same id and same signature: that is what known means, so that hashing can be spared.
        assert.ok(outcome === 'rejected' || outcome === 'duplicate', `${form}: ${outcome}`);
      } else {
        assert.equal(outcome, 'rejected', form);
      }
    }
    for (const subject of [0, 1, 2]) {
      const isGiven = steps.some((given) => given.subject === subject && given.form === 'genuine');
      assert.equal(accepted[subject], isGiven ? 1 : 0);
    }
  });
  await fc.assert(property, { numRuns: 60 });
});
