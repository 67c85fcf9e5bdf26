import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { jsonLaws, timeLaws, writingLaws } from './acceptance.ts';
import { authenticationLaws } from './authentication.ts';
import { informationLaws } from './information.ts';
import { createWorld } from './law.ts';
import { readingLaws } from './reading.ts';
import { deletionLaws, replacementLaws } from './replacement.ts';
import { subscriptionLaws } from './subscription.ts';
import { createTestRelay, type TestRelay } from './test-relay.ts';

const laws = [
  ...informationLaws,
  ...authenticationLaws,
  ...subscriptionLaws,
  ...writingLaws,
  ...jsonLaws,
  ...timeLaws,
  ...readingLaws,
  ...replacementLaws,
  ...deletionLaws,
];

test('there are 107 laws, each with a name of its own', () => {
  assert.equal(new Set(laws.map(({ name }) => name)).size, 107);
});

describe('over a socket', () => {
  let relay: TestRelay;
  before(async () => {
    relay = await createTestRelay();
  });
  after(async () => {
    await relay[Symbol.asyncDispose]();
  });
  for (const law of laws) {
    test(law.name, async () => {
      await using client = await relay.connect();
      await law.check(createWorld(law.name, relay, client));
    });
  }
});
