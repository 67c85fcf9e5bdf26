import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectClient, createTestNetwork, waitUntil } from '@nostrata/testing';
import { createFolder, startRelay } from './program.ts';

test('a monitor publishes what it probed, here and to the relays it was told, and reads back what it wrote', async () => {
  await using network = await createTestNetwork({ seed: 'monitor', relays: 3 });
  const [probed, other, told] = network.relays;
  assert.ok(probed && other && told);
  await using folder = await createFolder();
  const settings = {
    NOSTRATA_ROLES: 'relay,api,collector,jobs',
    NOSTRATA_COLLECT_RELAYS: [probed.url, other.url].join(','),
    NOSTRATA_RELAYS: told.url,
    NOSTRATA_PROBE_EVERY: '2',
    NOSTRATA_PROBE_WRITES: 'yes',
    NOSTRATA_PUBLISH_PROBES: 'yes',
    NOSTRATA_ALLOW_LOCAL_RELAYS: 'yes',
  };
  await using relay = await startRelay(['--data', folder.path], { environment: settings });
  const ask = { kinds: [30_166] };
  await waitUntil(() => told.events(ask).length >= 2, { timeoutMs: 30_000, what: 'what the monitor says' });
  const [event] = told.events(ask);
  assert.ok(event);
  const answer = await fetch(relay.httpUrl, { headers: { Accept: 'application/nostr+json' } });
  const { self } = (await answer.json()) as { readonly self: string };
  assert.equal(event.pubkey, self);
  const tag = (name: string): string | undefined => event.tags.find(([first]) => first === name)?.[1];
  assert.ok(
    [probed.url, other.url].some((url) => tag('d')?.startsWith(url)),
    JSON.stringify(event.tags),
  );
  assert.ok(Number(tag('rtt-open')) >= 0 && Number(tag('rtt-read')) >= 0, JSON.stringify(event.tags));
  assert.ok(Number(tag('rtt-write')) >= 0, 'what was written was read back');
  await using client = await connectClient(relay.url);
  const { events } = await client.request('own', [{ kinds: [30_166], authors: [self] }]);
  assert.ok(events.length >= 2, 'it is kept here too');
});
