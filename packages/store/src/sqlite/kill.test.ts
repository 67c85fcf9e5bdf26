import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@nostrata/testing';
import { openSqliteStore } from './store.ts';

/** Kills in all, and processes that write side by side and die together. */
const kills = 102;
const writers = 3;

const folder = mkdtempSync(join(tmpdir(), 'nostrata-kill-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** What must be there and what must not, by what the writers said before they died. */
interface Promised {
  readonly stored: Set<string>;
  readonly deleted: Set<string>;
}

test(`${kills} kills under load lose nothing that was acknowledged`, { timeout: 180_000 }, async () => {
  const random = seededRandom('kills');
  const promised: Promised = { stored: new Set(), deleted: new Set() };
  for (let round = 0; round < kills / writers; round += 1) {
    const names = Array.from({ length: writers }, (_, writer) => `writer ${round}.${writer}`);
    await killAfter(names, random.integer(12) + 1, promised);
    await assertKept(promised, round);
    // What was seen to be kept is not asked for again, so that a round takes as long as the first.
    if (round % 10 !== 9) continue;
    promised.stored.clear();
    promised.deleted.clear();
  }
});

/** Starts the writers and kills them all at the moment when the first has acknowledged so often. */
async function killAfter(names: readonly string[], lines: number, promised: Promised): Promise<void> {
  const program = fileURLToPath(new URL('test-kill-child.ts', import.meta.url));
  const children = names.map((name) =>
    spawn(process.execPath, [program, folder, name], { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const killAll = (): void => {
    for (const child of children) child.kill('SIGKILL');
  };
  await Promise.all(children.map((child) => listen(child, { lines, killAll, promised })));
}

interface Listening {
  readonly lines: number;
  readonly killAll: () => void;
  readonly promised: Promised;
}

async function listen(child: ChildProcess, { lines, killAll, promised }: Listening): Promise<void> {
  assert(child.stdout);
  const closed = once(child, 'close');
  let heard = 0;
  for await (const line of createInterface(child.stdout)) {
    const [word, ...ids] = line.split(' ');
    for (const id of ids) note(word, id, promised);
    heard += 1;
    if (heard === lines) killAll();
  }
  const [code, signal] = await closed;
  assert.equal(signal, 'SIGKILL', `the writer ended by itself with code ${code}`);
}

function note(word: string | undefined, id: string, { stored, deleted }: Promised): void {
  // A line that was cut short names nothing whole.
  if (id.length !== 64) return;
  if (word === 'A') stored.add(id);
  if (word === 'I') stored.delete(id);
  if (word === 'D') deleted.add(id);
}

async function assertKept({ stored, deleted }: Promised, round: number): Promise<void> {
  await using store = await openSqliteStore(folder, { now: () => 1_700_000_000_000 });
  assert.equal((await store.count([{ ids: [...stored] }])).count, stored.size, `round ${round}`);
  assert.equal((await store.count([{ ids: [...deleted] }])).count, 0, `round ${round}`);
  assert.deepEqual((await store.check()).problems, []);
}
