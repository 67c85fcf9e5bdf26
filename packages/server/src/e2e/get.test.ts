import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { encodeNevent, encodeNote, encodeNprofile, encodeNpub } from '@nostrata/protocol';
import { connectClient, createEventBuilder, createTestNetwork } from '@nostrata/testing';
import { createFolder, type Program, runForJson, runHere, runProcess, startProgram, startRelay } from './program.ts';

const alice = createEventBuilder('alice');
const bob = createEventBuilder('bob');
const npub = encodeNpub(alice.pubkey);

/** Objects that a program prints, one a line, as they come. */
function readObjects({ process: child, ended }: Program) {
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (): Promise<Record<string, never>> => {
    const { done, value } = await lines.next();
    if (done === true) assert.fail(`the program ended: ${(await ended).stderr}`);
    return JSON.parse(value) as Record<string, never>;
  };
}

test('an answer of a relay is kept: the next one comes from the store, also without the relay', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1 });
  const [url = ''] = network.urls;
  network.relay(0).put(alice.profile({ name: 'Alice', about: 'first\nsecond \u001b[2J' }));
  const words = ['get', 'profile', '--data', folder.path, '--relay', url, '--allow-local-relays'];
  const first = await runForJson([...words, npub]);
  assert.equal((first.value as { name: string }).name, 'Alice');
  assert.deepEqual([first.state, first.source, first.relays, first.name], ['fresh', 'relay', [url], npub]);
  await network.relay(0).stop();
  const second = await runForJson([...words, npub]);
  assert.deepEqual([second.state, second.source, second.value], ['fresh', 'store', first.value]);
  assert.equal(second.checkedAtMs, first.checkedAtMs);
  const text = await runProcess([...words, npub]);
  assert.match(text.stdout, /name +Alice\n/);
  assert.match(text.stdout, /about +first\n +second/);
  assert.match(text.stdout, /\(fresh, from the store, checked .* at ws:\/\/127/);
  assert.ok(!text.stdout.includes('\u001b'));
});

test('every sort of answer is printed for people and for programs', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1 });
  const [url = ''] = network.urls;
  const note = alice.note('what do you think?');
  const reply = bob.note('a lot', { tags: [['e', note.id, '', 'root']] });
  network
    .relay(0)
    .put(
      ...[note, reply, bob.reaction(note), alice.follows([bob.pubkey]), alice.profile({ name: 'Alice' })],
      alice.event({ kind: 10002, tags: [['r', url, 'write']] }),
      alice.event({ kind: 10000, tags: [['word', 'spam']] }),
      alice.event({ kind: 10003, tags: [['e', reply.id]] }),
      alice.event({ kind: 10050, tags: [['relay', url]] }),
      alice.addressable(30023, 'article', { content: 'long' }),
    );
  const cases = [
    ['profile', npub, /name +Alice/],
    ['follows', npub, new RegExp(`1 people\n +${encodeNpub(bob.pubkey)}`)],
    ['relay-list', encodeNprofile(alice.pubkey), /ws:\/\/127\.0\.0\.1:\d+ {2}write/],
    ['mutes', alice.pubkey, /1 words\n +spam/],
    ['lists', `nostr:${npub}`, new RegExp(`1 entries\n +${encodeNote(reply.id)}`)],
    ['inbox-relays', npub, /1 relays\n +ws:/],
    ['event', encodeNote(note.id), /kind +1\n[\s\S]*what do you think\?/],
    ['address', `30023:${alice.pubkey}:article`, /kind +30023/],
    ['engagement', encodeNevent({ id: note.id, relays: [] }), /replies +1\n[\s\S]*likes +1/],
    ['thread', note.id, /1 replies\n[\s\S]*▸ [\s\S]*what do you think\?\n +· .* a lot/],
  ] as const;
  const options = ['--data', folder.path, '--relays', network.urls.join(','), '--allow-local-relays'];
  // The first goes alone: the others find the folder made.
  for (const [what, name, text] of cases) {
    const { code, stdout, stderr } = await runHere(['get', what, name, ...options]);
    assert.equal(code, 0, `${what}: ${stderr}`);
    assert.match(stdout, text);
  }
  const { value } = await runForJson(['get', 'thread', note.id, ...options, '--policy', 'cache-only']);
  assert.equal((value as { replyCount: number }).replyCount, 1);
});

test('what is not found ends with 1 and says why: nobody has it, nobody answers, or nobody is known', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1, relays: 2 });
  const [url = '', dead = ''] = network.urls;
  network.relay(0).put(alice.profile({ name: 'Alice' }));
  await network.relay(1).stop();
  const words = ['get', 'profile', '--data', folder.path, '--allow-local-relays'];
  const unknown = await runProcess([...words, npub]);
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /^nostrata: no relay is known to ask: [^\n]*--relay[^\n]*\n$/);
  const silent = await runProcess([...words, npub, '--relay', dead]);
  assert.equal(silent.code, 1);
  assert.match(silent.stderr, /^nostrata: ws:\/\/[^\n]* gave no answer: [^\n]+\n$/);
  network.relay(0).set({ silent: true });
  const late = await runProcess([...words, npub, '--relay', url, '--deadline', '0.5']);
  assert.equal(late.code, 1);
  assert.match(late.stderr, /^nostrata: ws:\/\/[^\n]* gave no answer in time\n$/);
  network.relay(0).heal();
  const half = await runProcess([...words, npub, bob.pubkey, '--relay', url, '--json', '--policy', 'network-first']);
  assert.equal(half.code, 1, half.stderr);
  const answers = half.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    answers.map(({ name, state }) => [name, state]),
    [
      [npub, 'fresh'],
      [bob.pubkey, 'missing'],
    ],
  );
  assert.equal(answers[1]?.value, null);
});

test('a watch prints the answer and each change that relays bring, and ends with the user', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1 });
  const [url = ''] = network.urls;
  network.relay(0).put(alice.profile({ name: 'one' }));
  const words = ['get', 'profile', npub, '--data', folder.path, '--relay', url, '--allow-local-relays'];
  await using running = startProgram([...words, '--watch', '--json']);
  const next = readObjects(running);
  const nameOf = async () => ((await next()).value as unknown as { name: string }).name;
  assert.equal(await nameOf(), 'one');
  network.relay(0).announce(alice.profile({ name: 'two' }));
  assert.equal(await nameOf(), 'two');
  network.relay(0).announce(alice.profile({ name: 'three' }));
  assert.equal(await nameOf(), 'three');
  running.process.kill('SIGINT');
  const { code, stderr } = await running.ended;
  assert.deepEqual([code, stderr], [0, '']);
});

test('a watched thread grows with its answers', async () => {
  await using folder = await createFolder();
  await using network = await createTestNetwork({ seed: 1 });
  const [url = ''] = network.urls;
  const note = alice.note('what do you think?');
  network.relay(0).put(note);
  const words = ['get', 'thread', note.id, '--data', folder.path, '--relay', url, '--allow-local-relays'];
  await using running = startProgram([...words, '--watch', '--json']);
  const next = readObjects(running);
  const countOf = async () => ((await next()).value as unknown as { replyCount: number }).replyCount;
  assert.equal(await countOf(), 0);
  const tags = [['e', note.id, '', 'root']];
  network.relay(0).announce(bob.note('a lot', { tags }));
  assert.equal(await countOf(), 1);
  network.relay(0).announce(bob.note('more', { tags }));
  assert.equal(await countOf(), 2);
});

test('a relay that is up and the commands use one folder at the same time', async () => {
  await using folder = await createFolder();
  await using relay = await startRelay(['--data', folder.path]);
  const client = await connectClient(relay.url);
  await client.publish(alice.profile({ name: 'Alice' }));
  const words = ['--data', folder.path, '--policy', 'cache-only'];
  assert.equal(((await runForJson(['get', 'profile', npub, ...words])).value as { name: string }).name, 'Alice');
  await using network = await createTestNetwork({ seed: 1 });
  network.relay(0).put(bob.profile({ name: 'Bob' }));
  await using watching = startProgram(['get', 'profile', npub, ...words, '--watch', '--json']);
  const next = readObjects(watching);
  assert.equal((await next()).state, 'stale');
  await client.publish(alice.profile({ name: 'changed' }));
  assert.equal(((await next()).value as unknown as { name: string }).name, 'changed');
  const asked = ['get', 'profile', bob.pubkey, '--data', folder.path, '--allow-local-relays'];
  await runForJson([...asked, '--relay', network.relay(0).url]);
  const { events } = await client.request('bob', [{ kinds: [0], authors: [bob.pubkey] }]);
  assert.equal(events.length, 1);
  await client.close();
});
