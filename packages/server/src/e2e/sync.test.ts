import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectClient, createEventBuilder, createTestNetwork, waitUntil } from '@nostrata/testing';
import { createFolder, runForJson, runProcess, startProgram, startRelay } from './program.ts';

const alice = createEventBuilder('alice');
const bob = createEventBuilder('bob');

/** Puts events into the store of a folder. */
async function fill(data: string, events: readonly object[]): Promise<void> {
  await runForJson(['import', '--data', data, '-'], { input: events.map((event) => JSON.stringify(event)).join('\n') });
}

test('each side gets what it lacks, whether the relay speaks negentropy or not; a second sync moves nothing', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1, relays: 2 });
  const ours = Array.from({ length: 40 }, (_, index) => alice.note(`ours ${index}`));
  const theirs = Array.from({ length: 700 }, (_, index) => bob.note(`theirs ${index}`));
  network.relay(0).put(...theirs, ...ours.slice(0, 10));
  network.relay(1).set({ negentropy: 'off' });
  await fill(folder.path, [...ours, alice.profile({ name: 'Alice' })]);
  const words = ['sync', ...network.urls, '--data', folder.path, '--allow-local-relays', '--kind', '1'];
  const { code, stdout, stderr } = await runProcess([...words, '--json']);
  assert.deepEqual([code, stderr], [0, '']);
  const [first, second] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    [first.relay, first.phase, first.method, first.fetched, first.sent],
    [network.urls[0], 'done', 'negentropy', 700, 30],
  );
  assert.deepEqual([second.phase, second.method, second.sent, second.refused], ['done', 'paging', 740, 0]);
  for (const relay of network.relays) assert.equal(relay.events({}).length, 740);
  assert.deepEqual(await runForJson(['count', '--data', folder.path]), { count: 741 });
  const again = await runProcess(words);
  assert.match(again.stdout, /done by negentropy in \d+ s: fetched 0 of 0, sent 0 of 0\n/);
  assert.equal(again.stderr, '');
});

test('a direction moves only that way, and a filter only what it matches', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1 });
  const [url = ''] = network.urls;
  network.relay(0).put(bob.note('theirs'), bob.profile({ name: 'Bob' }));
  await fill(folder.path, [alice.note('ours')]);
  const words = ['sync', '--relays', url, '--data', folder.path, '--allow-local-relays'];
  assert.equal((await runForJson([...words, '--direction', 'up'])).sent, 1);
  assert.deepEqual(await runForJson(['count', '--data', folder.path]), { count: 1 });
  const down = [...words, '--direction', 'down', '--filter', JSON.stringify({ kinds: [0] })];
  assert.equal((await runForJson(down)).fetched, 1);
  assert.deepEqual(await runForJson(['count', '--data', folder.path]), { count: 2 });
  assert.equal(network.relay(0).events({}).length, 3);
});

test('a relay that is not there fails alone, and the command says so', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1, relays: 2 });
  const [dead = '', url = ''] = network.urls;
  network.relay(1).put(bob.note('theirs'));
  await network.relay(0).stop();
  const { code, stdout } = await runProcess(['sync', dead, url, '--data', folder.path, '--allow-local-relays']);
  assert.equal(code, 1);
  const [first = '', second = ''] = stdout.trimEnd().split('\n');
  assert.ok(first.startsWith(`${dead}  failed by `), first);
  assert.ok(second.startsWith(`${url}  done by negentropy`), second);
});

test('a sync that is interrupted goes on where it ended, and both sides are equal in the end', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1, relays: 2 });
  const theirs = Array.from({ length: 300 }, (_, index) => bob.note(`theirs ${index}`));
  network.relay(0).put(...theirs);
  network.relay(1).put(...theirs.slice(0, 1), bob.note('late'));
  network.relay(1).set({ silent: true });
  const words = ['sync', ...network.urls, '--data', folder.path, '--allow-local-relays'];
  await using running = startProgram([...words, '--json']);
  const hasState = async () => (await readdir(join(folder.path, 'sync')).catch(() => [])).length > 0;
  await waitUntil(hasState, { timeoutMs: 20_000, what: 'the first relay to be done' });
  running.process.kill('SIGINT');
  const { code, stderr, stdout } = await running.ended;
  assert.equal(code, 130, stdout);
  assert.match(stderr, /the same command goes on from here\n$/);
  network.relay(1).heal();
  network.relay(0).resetLedger();
  const rest = await runProcess(words);
  assert.equal(rest.code, 0, rest.stderr);
  assert.match(rest.stderr, /^Going on where it was interrupted/);
  assert.deepEqual(await runForJson(['count', '--data', folder.path]), { count: 301 });
  for (const relay of network.relays) assert.ok(relay.events({}).length >= 300);
  assert.equal(await hasState(), false);
});

test('a sync goes on while a relay is up on the same store, and its clients find what came', async () => {
  await using folder = await createFolder();
  await using relay = await startRelay(['--data', folder.path]);
  await using network = await createTestNetwork({ seed: 1 });
  network.relay(0).put(bob.note('theirs'));
  const client = await connectClient(relay.url);
  await client.publish(alice.note('ours'));
  await runForJson(['sync', ...network.urls, '--data', folder.path, '--allow-local-relays']);
  assert.equal(network.relay(0).events({}).length, 2);
  assert.equal((await client.request('all', [{ kinds: [1] }])).events.length, 2);
  await client.close();
});
