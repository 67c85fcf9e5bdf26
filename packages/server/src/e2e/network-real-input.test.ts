import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { NostrEvent } from '@nostrata/protocol';
import { createTestNetwork, readJsonLines, requireSharedData, skipWithout, startPostgres } from '@nostrata/testing';
import { createFolder, runForJson, runProcess } from './program.ts';

const eventsPath = 'events/permissive.jsonl.gz';

/** Names on one command line. */
const namesMax = 150;

function authorsOf(events: readonly NostrEvent[], kind: number): readonly string[] {
  return [...new Set(events.filter((event) => event.kind === kind).map(({ pubkey }) => pubkey))].slice(0, namesMax);
}

describe('the real events are synced from a relay and read by name', { skip: skipWithout(eventsPath) }, () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  before(async () => {
    postgres = await startPostgres();
  });
  after(async () => {
    if (postgres.isAvailable) await postgres.stop();
  });

  for (const engine of ['sqlite', 'postgres']) {
    test(engine, async (context) => {
      if (engine === 'postgres' && !postgres.isAvailable) return context.skip(postgres.reason);
      await using folder = await createFolder();
      await using network = await createTestNetwork({ seed: 1 });
      const events = readJsonLines<NostrEvent>(requireSharedData(eventsPath));
      network.relay(0).put(...events);
      const store = engine === 'postgres' && postgres.isAvailable ? await postgres.createDatabase() : '';
      const words = ['--data', folder.path, '--allow-local-relays', ...(store === '' ? [] : ['--store', store])];
      const down = ['sync', ...network.urls, ...words, '--direction', 'down'];
      const first = await runForJson(down);
      assert.ok(Number(first.fetched) > 5_000, JSON.stringify(first));
      const cached = [...words, '--policy', 'cache-only'];
      const profiles = authorsOf(network.relay(0).events({ kinds: [0] }), 0);
      const { stdout, stderr } = await runProcess(['get', 'profile', ...profiles, ...cached, '--json']);
      const answers = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.equal(answers.length, profiles.length, stderr);
      for (const { name, value } of answers) {
        const [newest] = network.relay(0).events({ kinds: [0], authors: [name] });
        assert.equal(value?.eventId, newest?.id);
      }
      const people = { profile: 0, follows: 3, 'relay-list': 10002, mutes: 10000, lists: 10003, 'inbox-relays': 10050 };
      for (const [what, kind] of Object.entries(people)) {
        const names = authorsOf(events, kind);
        if (names.length === 0) continue;
        await assertReadable(['get', what, ...names, ...cached], names.length);
      }
      const notes = events.filter(({ kind }) => kind === 1).slice(0, namesMax);
      for (const what of ['event', 'engagement', 'thread'])
        await assertReadable(['get', what, ...notes.map(({ id }) => id), ...cached], notes.length);
    });
  }
});

/** An answer for each name, without a failure, and without anything that commands a terminal. */
async function assertReadable(words: readonly string[], count: number): Promise<void> {
  const { code, stdout, stderr } = await runProcess(words);
  assert.ok(code === 0 || code === 1, stderr);
  assert.doesNotMatch(stderr, /\n\s+at |is not a function|undefined/);
  const heads = stdout.split('\n').filter((line) => line.startsWith(`${words[1]} `));
  assert.equal(heads.length, count, stderr);
  assert.doesNotMatch(stdout, /[\p{Cc}--[\n\t]]|[\u202a-\u202e\u2066-\u2069]/v);
}
