import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openSqlite } from '@nostrata/database';
import { openStore, toSeq } from '@nostrata/store';
import { seededRandom, testSeed, waitUntil } from '@nostrata/testing';
import { createAllViews } from './all-views.ts';
import { countingView } from './test-counting.ts';
import { createHistory } from './test-history.ts';
import { readRows } from './test-world.ts';
import { createViews } from './views.ts';

const folder = mkdtempSync(join(tmpdir(), 'nostrata-views-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const program = fileURLToPath(new URL('./test-views-child.ts', import.meta.url));

interface Child {
  readonly process: ChildProcess;
  readonly text: () => string;
  readonly ended: Promise<number | null>;
}

function start(): Child {
  const child = spawn(process.execPath, [program, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return { process: child, text: () => text, ended: new Promise((resolve) => child.on('close', resolve)) };
}

test('several processes over one file, some of them killed, apply every change once', async () => {
  const random = seededRandom(`processes ${testSeed()}`);
  const events = createHistory(random, 1_500);
  const options = { now: () => 1_600_000_000_000 };
  {
    await using store = await openStore(`sqlite:${folder}`, options);
    for (let i = 0; i < events.length; i += 50) await store.put(events.slice(i, i + 50).map((event) => ({ event })));
  }
  const [first, second] = [start(), start()];
  const isReady = ({ text }: Child) => text().includes('ready');
  await waitUntil(() => isReady(first) || isReady(second), { timeoutMs: 30_000, what: 'a child' });
  const victim = isReady(first) ? first : second;
  victim.process.kill('SIGKILL');
  const third = start();
  await victim.ended;
  for (const child of [first, second, third].filter((one) => one !== victim)) {
    assert.equal(await child.ended, 0, child.text());
    assert.match(child.text(), /^ready\ncaught up\n$/);
  }

  await using store = await openStore(`sqlite:${folder}`, options);
  await using database = openSqlite(join(folder, 'views.db'));
  let changes = 0;
  for (let seq = toSeq(0); ; ) {
    const part = await store.changes(seq);
    changes += part.length;
    seq = part.at(-1)?.seq ?? seq;
    if (part.length === 0) break;
  }
  const [row] = await database.query('SELECT count(*) AS rows, max(times) AS most FROM view_counting');
  assert.deepEqual({ ...row }, { rows: changes, most: 1 });
  const views = createAllViews({ verify: () => true });
  await using fresh = openSqlite(':memory:');
  await using running = await createViews({ store, database: fresh, views: [...views, countingView] });
  await running.caughtUp();
  for (const view of [...views, countingView]) {
    assert.deepEqual(await readRows(database, view), await readRows(fresh, view), view.name);
  }
});
