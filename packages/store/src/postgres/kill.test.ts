import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { seededRandom, testSeed, waitUntil } from '@nostrata/testing';
import { createTestDatabases } from '../conformance/postgres-databases.ts';
import type { Change } from '../contract.ts';
import { toSeq } from '../seq.ts';

const databases = await createTestDatabases();
// Compiled once, started a hundred times.
const compiled = mkdtempSync(join(tmpdir(), 'nostrata-compiled-'));
after(async () => {
  await databases.stop();
  rmSync(compiled, { recursive: true, force: true });
});

const now = (): number => 1_700_000_000_000;
const rounds = 34;
const writersAtOnce = 3;

/** Puts batch after batch: notes, versions of a profile, deletions; says each note's id once it is acknowledged. */
const writer = `
  const { openPostgresStore } = await import(${JSON.stringify(new URL('./store.ts', import.meta.url).href)});
  const { createAuthor } = await import(${JSON.stringify(new URL('../conformance/fixtures.ts', import.meta.url).href)});
  (await import('node:module')).flushCompileCache();
  const [url, name] = process.argv.slice(1);
  const store = await openPostgresStore(url, { now: () => 1_700_000_000_000 });
  const author = createAuthor(name);
  for (let n = 1; ; n += 1) {
    const notes = [1, 2, 3].map((i) => author.note(10 * n + i, { tags: [['t', 'x'], ['e', 'ab'.repeat(32)]] }));
    const doomed = author.note(10 * n, { content: 'doomed' });
    const batch = [...notes, doomed, author.event({ kind: 0, created_at: n }), author.deletion(n, [['e', doomed.id]])];
    const results = await store.put(batch.map((event) => ({ event, source: 'client' })));
    const ids = notes.filter((_, i) => results[i].outcome === 'stored').map(({ id }) => id);
    if (!process.stdout.write(ids.join(' ') + '\\n')) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }`;

test(`${rounds * writersAtOnce} killed writers lose nothing that they acknowledged`, {
  skip: databases.skip,
}, async () => {
  await using store = await databases.open({ now });
  const told: Change[] = [];
  store.follow((changes) => told.push(...changes));
  const seed = testSeed();
  const random = seededRandom(seed);
  const acknowledged: string[] = [];
  const url = `${databases.urlOf(store)}?poolSize=1`;
  for (let round = 0; round < rounds; round += 1) {
    const writers = Array.from({ length: writersAtOnce }, (_, i) => `writer ${round} ${i}`);
    await Promise.all(writers.map((name) => runUntilKilled([url, name], 1 + random.integer(6), acknowledged)));
  }
  let stored = 0;
  for await (const page of store.query([{ ids: acknowledged }])) stored += page.length;
  assert.ok(acknowledged.length >= rounds * writersAtOnce, `${acknowledged.length} acknowledged`);
  assert.equal(stored, new Set(acknowledged).size, `seed ${seed}`);
  assert.deepEqual((await store.check()).problems, []);
  const log = await store.changes(toSeq(0), 1_000_000);
  await waitUntil(() => told.at(-1)?.seq === log.at(-1)?.seq, { what: 'the follower' });
  const seqs = told.map(({ seq }) => seq);
  assert.deepEqual(
    seqs,
    [...new Set(seqs)].sort((a, b) => a - b),
    'each change once and in order',
  );
  const inLog = new Set(told.map(({ seq }) => seq));
  assert.ok(
    log.every(({ seq }) => inLog.has(seq)),
    'no change was stepped over',
  );
});

/** Starts a writer, kills it after so many lines, and keeps what it acknowledged until the end of its output. */
async function runUntilKilled(args: readonly string[], lines: number, acknowledged: string[]): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', writer, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  });
  assert.ok(child.stdout);
  const closed = once(child, 'close');
  let left = lines;
  for await (const line of createInterface({ input: child.stdout })) {
    // A line that was cut off by the end is no acknowledgement.
    acknowledged.push(...line.split(' ').filter((id) => id.length === 64));
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
  }
  const [code, signal] = await closed;
  assert.equal(signal, 'SIGKILL', `the writer ended by itself with ${code}`);
}
