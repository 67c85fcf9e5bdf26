import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeNsec, type NostrEvent } from '@nostrata/protocol';
import { createEventBuilder, createTestNetwork, waitUntil } from '@nostrata/testing';
import { createFolder, type Ended, runForJson, runProcess, startProgram } from './program.ts';

const alice = createEventBuilder('alice');
const environment = { NOSTRATA_SECRET_KEY: encodeNsec(Buffer.from(alice.keys.secret)) };

interface Outcome {
  readonly id: string;
  readonly status: string;
  readonly relays: readonly { readonly relay: string; readonly state: string; readonly reason?: string }[];
}

/** What `publish --json` printed: an object for each event, and the sums. */
function readOutcomes({ stdout, stderr }: Ended): { outcomes: Outcome[]; sums: Record<string, number> } {
  const objects = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(objects.length > 0, stderr);
  return { outcomes: objects.slice(0, -1), sums: objects.at(-1) };
}

test('signed events of a file are stored, reach every relay, and bad lines are told one by one', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1, relays: 2 });
  const events = Array.from({ length: 20 }, (_, index) => alice.note(`note ${index}`));
  const forged = { ...alice.note('forged'), content: 'changed' };
  const lines = [...events.slice(0, 10), '', 'no JSON', forged, { kind: 1 }, ...events.slice(10)];
  const file = join(folder.path, 'events.jsonl');
  await writeFile(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  const relays = network.urls.flatMap((url) => ['--relay', url]);
  const words = ['publish', '--data', folder.path, '--allow-local-relays', '--json', '--wait', ...relays];
  const ended = await runProcess([...words, file]);
  const { outcomes, sums } = readOutcomes(ended);
  assert.deepEqual(sums, { events: 20, taken: 20, failed: 0, waiting: 0, unsent: 0, bad: 3 });
  assert.equal(ended.code, 1);
  assert.match(ended.stderr, /^nostrata: line 12: not JSON\nnostrata: line 13: [^\n]+\nnostrata: line 14: [^\n]+\n$/);
  assert.deepEqual(new Set(outcomes.map(({ id }) => id)), new Set(events.map(({ id }) => id)));
  assert.ok(outcomes.every(({ status }) => status === 'delivered'));
  for (const relay of network.relays) assert.equal(relay.events({ kinds: [1] }).length, 20);
  assert.deepEqual(await runForJson(['count', '--data', folder.path]), { count: 20 });
});

test('an event is signed with the key of the environment, mined, and told relay by relay', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1, relays: 2 });
  network.relay(1).set({ okFalse: 'blocked: not on the list' });
  const relays = network.urls.flatMap((url) => ['--relay', url]);
  const words = ['publish', '--data', folder.path, '--allow-local-relays', '--wait', ...relays];
  const parts = ['--kind', '1', '--content', 'hello, world', '--tag', 't,nostr', '--tag', '["x","a,b"]'];
  const { code, stdout, stderr } = await runProcess([...words, ...parts, '--difficulty', '8'], { environment });
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^note1\w+ \(kind 1\): partial\n {2}ws:\S+ +taken\n {2}ws:\S+ +refused: blocked: not on the list\n$/,
  );
  const [event] = network.relay(0).events({ kinds: [1] }) as [NostrEvent];
  assert.deepEqual([event.pubkey, event.content], [alice.pubkey, 'hello, world']);
  assert.deepEqual(event.tags.slice(0, 2), [
    ['t', 'nostr'],
    ['x', 'a,b'],
  ]);
  assert.match(event.id, /^00/);
  network.relay(0).set({ okFalse: 'blocked: nor you' });
  const refused = await runProcess([...words, '--json', '--kind', '1', '--content', 'again'], { environment });
  assert.equal(refused.code, 1);
  assert.equal(readOutcomes(refused).sums.failed, 1);
});

test('what relays have not taken stays, other commands leave it alone, and --resume goes on with it', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1, relays: 2 });
  const [url = '', dead = ''] = network.urls;
  await network.relay(1).stop();
  const base = ['--data', folder.path, '--allow-local-relays'];
  const note = alice.note('kept');
  const queue = await runProcess(['publish', ...base, '--relay', url, '--relay', dead, '--json', '-'], {
    input: JSON.stringify(note),
  });
  assert.equal(queue.code, 0, queue.stderr);
  const { outcomes, sums } = readOutcomes(queue);
  assert.deepEqual(sums, { events: 1, taken: 1, failed: 0, waiting: 0, unsent: 1, bad: 0 });
  assert.deepEqual(
    outcomes[0]?.relays.map(({ relay, state }) => [relay, state]).sort(),
    [
      [dead, 'retry'],
      [url, 'delivered'],
    ].sort(),
  );
  await network.relay(1).start();
  await runProcess(['get', 'event', note.id, ...base, '--relay', url]);
  assert.equal(network.relay(1).has(note.id), false);
  const resumed = await runProcess(['publish', '--resume', ...base]);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stdout, /\(kind 1\): delivered\n/);
  assert.ok(network.relay(1).has(note.id));
  assert.equal(network.relay(0).ledger.events.length, 1);
  const nothing = await runProcess(['publish', '--resume', ...base]);
  assert.deepEqual([nothing.code, nothing.stderr], [0, 'Nothing waits to be sent.\n']);
});

test('waiting ends at the deadline and with the user; nothing is lost by either', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1 });
  const [url = ''] = network.urls;
  await network.relay(0).stop();
  const words = ['publish', '--data', folder.path, '--allow-local-relays', '--relay', url, '--wait'];
  const late = await runProcess([...words, '--deadline', '0.5', '-'], { input: JSON.stringify(alice.note('late')) });
  assert.equal(late.code, 1, late.stdout);
  assert.match(late.stdout, /queued\n {2}ws:\S+ +not yet, next try in \d+ s: /);
  assert.match(late.stderr, /publish --resume goes on with it/);
  await using running = startProgram([...words, '--json', '-'], { input: JSON.stringify(alice.note('interrupted')) });
  await waitUntil(async () => (await runForJson(['count', '--data', folder.path])).count === 2, { timeoutMs: 20_000 });
  running.process.kill('SIGINT');
  assert.equal((await running.ended).code, 130);
  await network.relay(0).start();
  const { events, taken } = await runForJson(['publish', '--resume', '--data', folder.path, '--allow-local-relays']);
  assert.deepEqual([events, taken], [2, 2]);
});

test('an event that nobody is known for is kept and told, and a list is not replaced unseen', async () => {
  await using folder = await createFolder();
  const words = ['publish', '--data', folder.path, '--allow-local-relays'];
  const lonely = await runProcess([...words, '--kind', '1', '--content', 'x'], { environment });
  assert.equal(lonely.code, 1);
  assert.match(lonely.stdout, /no relay is known for it: [^\n]*--relay/);
  const list = await runProcess([...words, '--kind', '3', '--tag', `p,${alice.pubkey}`], { environment });
  assert.equal(list.code, 1);
  assert.match(list.stderr, /^nostrata: kind 3 would replace [^\n]+--replace[^\n]+\n$/);
  assert.deepEqual(await runForJson(['count', '--data', folder.path]), { count: 1 });
});

test('a program that is killed while it sends loses nothing, and no relay gets twice what it took', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1, relays: 2 });
  network.relay(1).set({ silent: true });
  const relays = network.urls.flatMap((url) => ['--relay', url]);
  const base = ['--data', folder.path, '--allow-local-relays'];
  const notes = Array.from({ length: 5 }, (_, index) => alice.note(`note ${index}`));
  const input = notes.map((note) => JSON.stringify(note)).join('\n');
  await using running = startProgram(['publish', ...base, ...relays, '--wait', '-'], { input });
  const isTaken = () => notes.every(({ id }) => network.relay(0).has(id));
  await waitUntil(isTaken, { timeoutMs: 20_000, what: 'the first relay to take all' });
  await network.settle();
  running.process.kill('SIGKILL');
  await running.ended;
  network.relay(1).heal();
  const resumed = await runProcess(['publish', '--resume', ...base, '--json']);
  assert.equal(resumed.code, 0, resumed.stderr);
  const { taken, unsent } = readOutcomes(resumed).sums;
  assert.deepEqual([taken, unsent], [5, 0]);
  assert.ok(notes.every(({ id }) => network.relay(1).has(id)));
  assert.equal(network.relay(0).ledger.events.length, 5);
});
