import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { createFileOutput } from './output.ts';

const folder = await mkdtemp(join(tmpdir(), 'nostrata-output-'));
after(() => rm(folder, { recursive: true, force: true }));
const line = `${'x'.repeat(1000)}\n`;

test('a file has its name only when it is whole', async () => {
  for (const name of ['a.jsonl', 'a.jsonl.gz']) {
    const path = join(folder, name);
    const output = await createFileOutput(path, 'test');
    for (let count = 0; count < 500; count += 1) assert.equal(await output.write(line), true);
    assert.ok(!(await readdir(folder)).includes(name));
    await output.finish();
    const bytes = await readFile(path);
    assert.equal((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString(), line.repeat(500));
    await rm(path);
  }
});

test('what is abandoned leaves nothing behind', async () => {
  for (const name of ['b.jsonl', 'b.jsonl.gz']) {
    const output = await createFileOutput(join(folder, name), 'test');
    await output.write(line);
    await output.abandon();
  }
  assert.deepEqual(await readdir(folder), []);
});

test('a folder that is not there is told at once', async () => {
  await assert.rejects(createFileOutput(join(folder, 'missing', 'c.jsonl'), 'test'), { code: 'ENOENT' });
});
