import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonLines, requireSharedData, skipWithout } from '@nostrata/testing';
import { InvalidError } from './errors.ts';
import { parseRelayInformation } from './nip11.ts';

const documents = 'relays/nip11.jsonl.gz';
test('every real document is read, and nothing well-formed in it is lost', { skip: skipWithout(documents) }, () => {
  let names = 0;
  for (const { doc } of readJsonLines<{ doc: Record<string, unknown> }>(requireSharedData(documents))) {
    const information = parseRelayInformation(doc);
    if (typeof doc.name === 'string') assert.equal(information.name, doc.name);
    const limitation = (doc.limitation ?? {}) as Record<string, unknown>;
    if (typeof limitation.max_limit === 'number') assert.equal(information.limitation?.max_limit, limitation.max_limit);
    for (const nip of information.supported_nips ?? []) assert.ok(Number.isSafeInteger(nip));
    names += information.name === undefined ? 0 : 1;
  }
  assert.ok(names > 30, String(names));
});

test('fields of a wrong type are left out one by one', () => {
  const information = parseRelayInformation({
    name: 7,
    description: 'd',
    supported_nips: [1, '42', 'x', null, 1, 9.5],
    limitation: { max_limit: '500', max_subscriptions: 20, auth_required: 1, payment_required: false },
    fees: {
      admission: [{ amount: 1, unit: 'msats', period: 5, kinds: [4, 'x'] }, { amount: '1' }, null],
      subscription: 1,
    },
    unknown: 1,
  });
  assert.deepEqual(information, {
    description: 'd',
    supported_nips: [1, 42],
    limitation: { max_subscriptions: 20, payment_required: false },
    fees: { admission: [{ amount: 1, unit: 'msats', period: 5, kinds: [4] }] },
  });
  for (const value of [null, [], 'x', 1]) assert.throws(() => parseRelayInformation(value), InvalidError);
});
