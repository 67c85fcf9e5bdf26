import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendNames } from '#platform';
import { probeVerifiers } from './probe.ts';

test('the probe tries every back end and names the fastest that works', async () => {
  const probe = await probeVerifiers();
  assert.deepEqual(
    probe.backends.map(({ backend }) => backend),
    backendNames,
  );
  const first = probe.backends.find(({ fault }) => fault === undefined);
  assert.equal(probe.backend, first?.backend);
  assert.equal(probe.verifiesPerSecond, first?.verifiesPerSecond);
  for (const { fault, verifiesPerSecond } of probe.backends) assert.equal(verifiesPerSecond > 0, fault === undefined);
  // Where libsecp256k1 is there, nothing would be faster; elsewhere the way to it is named.
  assert.equal(probe.hints.length === 0, probe.backend === 'libsecp256k1');
});
