import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isEphemeralKind, type NostrEvent } from '@nostrata/protocol';
import {
  createTestNetwork,
  readJsonLines,
  requireSharedData,
  skipWithout,
  spreadEvents,
  waitUntil,
} from '@nostrata/testing';
import { collectFrom, openPlace, readTotals, settle, sumOf } from './test-collection.ts';

const dump = 'events/permissive.jsonl.gz';
const relays = 40;

test('real events over forty relays, forged, re-sent and collected with a restart, are counted by relay as they lie there', {
  skip: skipWithout(dump),
}, async () => {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const events = readJsonLines<NostrEvent>(requireSharedData(dump)).filter(
    ({ kind, created_at }) => !isEphemeralKind(kind) && created_at < nowSeconds,
  );
  await using network = await createTestNetwork({ seed: 'real events', relays });
  spreadEvents(events, network.relays);
  for (const [index, relay] of network.relays.entries()) {
    if (index % 10 === 3) relay.set({ forge: { share: 0.3, part: 'body' } });
    if (index % 10 === 7) relay.set({ limitMax: 50 });
  }
  await using place = await openPlace();
  const options = {
    network,
    kinds: 'all',
    limits: { startsPerSecond: relays, overlapSeconds: 1e9, exactGapSeconds: 1e10 },
  } as const;
  {
    await using first = collectFrom(place, options);
    await first.start();
    await waitUntil(() => first.figures().flushes > 3, { timeoutMs: 20_000 });
  }
  await using collector = collectFrom(place, options);
  await collector.start();
  await settle(collector, relays);
  const totals = await readTotals(place);
  const genuine = new Set<string>();
  for (const [index, relay] of network.relays.entries()) {
    const there = relay.events();
    const counts = totals.get(index + 1);
    const isForger = index % 10 === 3;
    if (!isForger) for (const { id } of there) genuine.add(id);
    if (isForger) assert.ok((counts?.invalid ?? 0) > 0 && (counts?.events ?? 0) <= there.length);
    else assert.equal((counts?.events ?? 0) + (counts?.refused ?? 0), there.length, `relay ${index}`);
  }
  assert.ok(sumOf(totals, 'novel') >= genuine.size && sumOf(totals, 'novel') <= events.length);
  const [sample] = await place.database.query(
    'SELECT COUNT(*) AS rows, COUNT(DISTINCT id) AS ids FROM collector_sighting',
  );
  assert.ok(Number(sample?.ids) > 5 && Number(sample?.rows) > Number(sample?.ids));
});
