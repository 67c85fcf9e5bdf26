import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openImportState } from './import-state.ts';

const lines = Array.from({ length: 5_000 }, (_, index) => `{"line":${index},"text":"${'x'.repeat(50)}"}\n`);
const position = { offset: 200_000, lines: 2_900 };
const lastSeq = () => 2_800;
const start = { offset: 0, lines: 0 };

/** Imports a part of the file, lets it be changed, and says where the next import goes on. */
async function resumeAfter(change: (file: string) => Promise<void>, later: { lastSeq?: () => number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'nostrata-import-'));
  try {
    const file = join(folder, 'events.jsonl');
    await writeFile(file, lines.join(''));
    const options = { folder: join(folder, 'state'), file, storeUrl: 'sqlite:here', lastSeq };
    await (await openImportState(options)).save(position);
    await change(file);
    return await (await openImportState({ ...options, ...later })).load();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('an import goes on where it was in a file that is as it was, or has more at its end', async () => {
  assert.deepEqual(await resumeAfter(async () => undefined), position);
  assert.deepEqual(await resumeAfter((file) => appendFile(file, lines.join(''))), position);
});

test('an import starts over in a file that begins alike but is another one', async () => {
  const without = lines.filter((_, index) => index !== 2_000);
  const rewrite = (text: readonly string[]) => async (file: string) => {
    await writeFile(file, text.join(''));
    await utimes(file, 1_000, 1_000);
  };
  const inserted = lines.toSpliced(2_000, 0, '{"new":true}\n');
  const swapped = lines.with(2_000, lines[2_001] ?? '').with(2_001, lines[2_000] ?? '');
  for (const text of [without, [...without, ...lines], inserted, swapped, lines.slice(0, 10), []]) {
    assert.deepEqual(await resumeAfter(rewrite(text)), start);
  }
});

test('an import starts over in a store that has less than it had', async () => {
  const nothing = async () => undefined;
  assert.deepEqual(await resumeAfter(nothing, { lastSeq: () => 2_900 }), position);
  assert.deepEqual(await resumeAfter(nothing, { lastSeq: () => 0 }), start);
});
