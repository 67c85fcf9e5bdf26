import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { findExamples } from './examples.ts';
import { loadRepository } from './tidy/repository.ts';

const root = new URL('..', import.meta.url).pathname;
const exampleTimeoutMs = 30_000;

async function runExample(code: string): Promise<void> {
  // Evaluated in the root of the project, so that the packages are found by their names.
  const words = ['--input-type=module-typescript', '--eval', code];
  await promisify(execFile)(process.execPath, words, { cwd: root, timeout: exampleTimeoutMs });
}

test('examples are the fences marked `ts run`, with the line they start at', () => {
  const text = 'A\n```ts\nf();\n```\n```ts run\ng();\nh();\n```\n';
  assert.deepEqual(findExamples(text), [{ code: 'g();\nh();\n', line: 6 }]);
});

test('an example that throws is a failure', async () => {
  await assert.rejects(runExample("import { parseEvent } from '@nostrata/protocol'; parseEvent({});"), /InvalidError/);
});

const documents = loadRepository(root).paths.filter((path) => /^(packages\/[^/]+\/)?README\.md$/.test(path));
for (const path of documents) {
  for (const { code, line } of findExamples(await readFile(`${root}${path}`, 'utf8'))) {
    test(`the example in ${path}:${line} runs`, () => runExample(code));
  }
}
