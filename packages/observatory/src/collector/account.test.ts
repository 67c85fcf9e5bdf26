import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelayStatus } from '@nostrata/network';
import { createAccount } from './account.ts';
import { createLedger } from './ledger.ts';
import type { Session } from './session.ts';

test('bytes are counted each time and once, also of a connection that counts from zero again; connected time now and then', () => {
  let nowMs = 7_200_000;
  let bytesIn = 0;
  let isKnown = true;
  let writes = 0;
  const ledger = createLedger();
  const url = 'wss://relay.example/';
  const account = createAccount({
    pool: { statuses: () => [{ relay: url, bytesIn } as RelayStatus] },
    coverage: { write: () => void writes++ },
    ledger,
    find: () => (isKnown ? ({ source: { relay: 3 } } as Session) : undefined),
    clock: { now: () => nowMs, after: () => () => {} },
    everyMs: 60_000,
  });
  const count = (bytes: number, laterMs: number, isForced = false): number => {
    nowMs += laterMs;
    bytesIn = bytes;
    account(isForced);
    return ledger.cut().hours.reduce((sum, row) => sum + row.bytes, 0);
  };
  assert.deepEqual([count(100, 10_000), count(100, 10_000), count(250, 10_000)], [100, 0, 150]);
  assert.equal(writes, 0);
  assert.equal(count(40, 30_000), 40, 'a new connection');
  assert.equal(writes, 1);
  assert.equal(count(50, 1, true), 10);
  assert.equal(writes, 2, 'at the end at once');
  isKnown = false;
  assert.equal(count(90, 10_000), 0, 'of what is not collected from nothing counts');
});
