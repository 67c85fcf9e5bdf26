import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Answer, Overview } from '@nostrata/observatory';
import { waitUntil } from '@nostrata/testing';
import { createFolder } from './program.ts';

const demo = join(import.meta.dirname, '../../../../demo/main.ts');

test('the demonstration shows figures of a made-up network soon, says that it is one, and leaves nothing behind', async (context) => {
  await using folder = await createFolder();
  const startedMs = performance.now();
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  // A group of its own: Ctrl-C of a terminal reaches all of it.
  const child = spawn(process.execPath, [demo, '--port', '0', '--relays', '40', '--people', '120'], {
    env: { ...environment, TMPDIR: folder.path },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const tell = (signal: NodeJS.Signals) => process.kill(-(child.pid ?? assert.fail('it did not start')), signal);
  try {
    const url = (): string | undefined => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
    await waitUntil(() => url() ?? child.exitCode !== null, { timeoutMs: 60_000, what: 'its address' });
    const at = url() ?? assert.fail(output);
    const { data, coverage } = await waitUntil(() => loadOverview(at), { timeoutMs: 60_000, what: 'figures' });
    context.diagnostic(`figures after ${Math.round(performance.now() - startedMs)} ms`);
    assert.ok(data.eventsTotal > 100 && data.relays.known >= 40);
    assert.equal(coverage?.synthetic, true);
    assert.match(await (await fetch(at, { headers: { Accept: 'text/html' } })).text(), /<html [^>]*data-synthetic/);
    assert.equal((await listRests(folder.path)).length, 1);
    const total = data.eventsTotal;
    await waitUntil(async () => ((await loadOverview(at))?.data.eventsTotal ?? 0) > total, {
      timeoutMs: 60_000,
      what: 'somebody to write something',
    });
    tell('SIGINT');
    assert.equal(await ended, 0, output);
    assert.doesNotMatch(output, /\n\s+at |Error:/);
    assert.deepEqual(await listRests(folder.path), []);
  } finally {
    if (child.exitCode === null) tell('SIGKILL');
  }
});

/** Without what Node keeps there to start faster. */
async function listRests(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith('nostrata'));
}

async function loadOverview(url: string): Promise<Answer<Overview> | undefined> {
  const response = await fetch(`${url}/api/v1/stats/overview`);
  if (!response.ok) return undefined;
  const answer = (await response.json()) as Answer<Overview>;
  return answer.data.eventsTotal > 100 ? answer : undefined;
}
