import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { runCheck } from './gate/checks.ts';

const root = new URL('..', import.meta.url).pathname;

/** Runs the gate over test files with these texts; answers with its output and exit code. */
async function runGate(
  texts: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ lines: string[]; code: number | null }> {
  const folder = await mkdtemp(join(root, 'tools/gate/tmp-'));
  try {
    for (const [index, text] of texts.entries()) await writeFile(join(folder, `${index}.test.ts`), text);
    // Without this variable the runner takes itself for a part of this test.
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    const env = { ...inherited, ...environment };
    const child = spawn(process.execPath, ['tools/test.ts', relative(root, folder)], { cwd: root, env });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { lines: output.trimEnd().split('\n'), code };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the gate counts single tests, gives reasons for skips, and closes with the three numbers', async () => {
  const { lines, code } = await runGate([
    `import { describe, test } from 'node:test';
     describe('group', () => { test('one', () => {}); test('two', () => {}); });
     test('three', { skip: 'no server here' }, () => {});
     test('four', (t) => t.skip('nor here'));
     describe('five', { skip: 'whole group' }, () => { test('never', () => {}); });`,
  ]);
  assert.equal(lines.at(-1), '2 passed, 0 failed, 3 skipped');
  assert.equal(code, 0);
  assert.match(lines.join('\n'), /SKIPPED .* three: no server here/);
  assert.match(lines.join('\n'), /SKIPPED .* four: nor here/);
  assert.match(lines.join('\n'), /SKIPPED .* five: whole group/);
});

test('the gate fails on a failed test and says which and why', async () => {
  const { lines, code } = await runGate([
    `import { describe, test } from 'node:test';
     test('good', () => {});
     describe('group', () => { test('bad', () => { throw new Error('the reason'); }); });`,
  ]);
  assert.equal(lines.at(-1), '1 passed, 1 failed, 0 skipped');
  assert.equal(code, 1);
  assert.match(lines.join('\n'), /FAILED .* › bad\n[\s\S]*the reason/);
});

test('a file that cannot be loaded, holds no test, or dies after its tests counts as a failure', async () => {
  const { lines, code } = await runGate([
    `import './not-there.ts';`,
    `export {};`,
    `import { test } from 'node:test'; test('fine', () => {}); setTimeout(() => process.exit(7), 20);`,
  ]);
  assert.equal(lines.at(-1), '1 passed, 3 failed, 0 skipped');
  assert.equal(code, 1);
  assert.match(lines.join('\n'), /Cannot find module/);
  assert.match(lines.join('\n'), /holds no test/);
  assert.match(lines.join('\n'), /exit code 7/);
});

test('random tests take the same path in every run, and another one for another seed', async () => {
  const drawing = `import assert from 'node:assert/strict';
    import { fc, testSeed } from '@nostrata/testing';
    import { test } from 'node:test';
    test('drawn', () => assert.fail('drawn ' + testSeed() + ' ' + fc.sample(fc.nat(), 3)));`;
  const drawn = async (seed: string): Promise<string[]> => {
    const { lines } = await runGate([drawing, drawing], { NOSTRATA_SEED: seed });
    assert.equal(lines.filter((line) => /^seed \d+$/.test(line)).length, 1);
    const both = lines.flatMap((line) => /drawn \d.*/.exec(line) ?? []);
    assert.equal(both.length, 2);
    assert.equal(both[0], both[1]);
    return both;
  };
  const usual = await drawn('');
  assert.deepEqual(await drawn(''), usual);
  assert.notDeepEqual(await drawn('7'), usual);
  assert.match((await drawn('7')).join(), /drawn 7 /);
  assert.notDeepEqual(await drawn('random'), usual);
});

test('a gate that finds no suite fails', async () => {
  const { lines, code } = await runGate([]);
  assert.equal(lines.at(-1), '0 passed, 1 failed, 0 skipped');
  assert.equal(code, 1);
});

test('a check that fails or cannot be run is a failure with its output', async () => {
  const good = await runCheck({ name: 'types', command: 'tsc', arguments: ['--version'] }, root);
  assert.equal(good.ok, true);
  const bad = await runCheck({ name: 'types', command: 'tsc', arguments: ['--no-such-option'] }, root);
  assert.equal(bad.ok, false);
  assert.match(bad.output, /no-such-option/);
  const missing = await runCheck({ name: 'types', command: 'no-such-tool', arguments: [] }, root);
  assert.equal(missing.ok, false);
  assert.match(missing.output, /npm ci/);
});
