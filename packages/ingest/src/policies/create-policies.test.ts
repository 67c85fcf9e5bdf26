import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPolicies, type PolicySettings } from './create-policies.ts';

const now = () => 1_700_000_000_000;

const everything: PolicySettings = {
  eventBytesMax: 100_000,
  tagsMax: 2_000,
  contentCharactersMax: 50_000,
  futureSecondsMax: 900,
  pastSecondsMax: 86_400,
  kindsAllowed: [0, 1],
  kindsDenied: [4],
  pubkeysAllowed: ['a'.repeat(64)],
  pubkeysDenied: ['b'.repeat(64)],
  powBits: 8,
  powBitsByKind: { 0: 20 },
  pubkeyRate: { eventsPerSecond: 1, burstEvents: 10 },
  ipRate: { eventsPerSecond: 1, burstEvents: 10 },
  authRequired: true,
};

test('without settings only the rules that always hold are there', () => {
  const off: PolicySettings = {
    eventBytesMax: 0,
    futureSecondsMax: 0,
    kindsAllowed: [],
    powBits: 0,
    authRequired: false,
  };
  const names = createPolicies({}, { now }).map((policy) => policy.name);
  assert.deepEqual(names, ['unpublishable kinds', 'gift wrap recipients', 'protected events']);
  assert.deepEqual(
    createPolicies(off, { now }).map((policy) => policy.name),
    names,
  );
});

test('every setting adds its policy, what is counted comes last', () => {
  const names = createPolicies(everything, { now }).map((policy) => policy.name);
  assert.deepEqual(names, [
    'unpublishable kinds',
    'event size',
    'tag count',
    'content length',
    'created_at window',
    'kinds',
    'gift wrap recipients',
    'auth required',
    'protected events',
    'pubkeys',
    'proof of work',
    'ip rate',
    'pubkey rate',
  ]);
});

test('the policies together say what NIP-11 has words for', () => {
  const limitation: Record<string, unknown> = {};
  for (const { information } of createPolicies(everything, { now })) Object.assign(limitation, information?.limitation);
  assert.deepEqual(limitation, {
    max_content_length: 50_000,
    max_event_tags: 2_000,
    created_at_lower_limit: 86_400,
    created_at_upper_limit: 900,
    restricted_writes: true,
    min_pow_difficulty: 20,
  });
});
