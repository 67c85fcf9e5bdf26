import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createEventBuilder, generateEvents, readJsonLines, waitUntil } from '@nostrata/testing';
import { composeStore } from '../compose-door.ts';
import { loadSettings } from '../config/load.ts';
import { importLineBytesMax } from '../limits.ts';
import { createFolder, runForJson, runProcess, startProgram } from './program.ts';

const alice = createEventBuilder('alice');

test('an import that is interrupted goes on where it ended, and the store is the same in the end', async () => {
  await using folder = await createFolder();
  const [file, whole, halves] = ['events.jsonl', 'whole', 'halves'].map((name) => join(folder.path, name));
  assert.ok(file && whole && halves);
  const events = [...generateEvents({ seed: 7, events: 8_000, authors: 300 })];
  await writeFile(file, events.map((event) => JSON.stringify(event)).join('\n'));
  const { settings } = loadSettings({ flags: { data: halves } });
  const reads: number[] = [];
  {
    await using running = startProgram(['import', '--data', halves, file, '--json']);
    await using store = await composeStore({ settings, now: Date.now });
    await waitUntil(async () => (await store.count([{}])).count > 0, { timeoutMs: 20_000, what: 'the first events' });
    running.process.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    reads.push(Number(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').read));
    assert.match(stderr, /the same command goes on from here/);
  }
  assert.ok(Number(reads[0]) < events.length, 'the import was interrupted');
  const second = await runProcess(['import', '--data', halves, file, '--json']);
  assert.equal(second.code, 0);
  assert.match(second.stderr, /going on after line [\d,]+/);
  reads.push(Number(JSON.parse(second.stdout.trimEnd().split('\n').at(-1) ?? '').read));
  assert.equal(
    reads.reduce((sum, read) => sum + read, 0),
    events.length,
    `${reads}`,
  );
  assert.deepEqual(await readdir(join(halves, 'import')), []);

  await runForJson(['import', '--data', whole, file]);
  const texts: string[] = [];
  for (const data of [whole, halves]) {
    const output = join(folder.path, 'export.jsonl');
    await runForJson(['export', '--data', data, output]);
    texts.push(await readFile(output, 'utf8'));
  }
  assert.ok(texts[0] === texts[1]);
});

test('an import that waits for more input ends at the first signal', async () => {
  await using folder = await createFolder();
  const input = `${JSON.stringify(alice.note('before the wait'))}\n`;
  await using running = startProgram(['import', '--data', folder.path, '-', '--json'], { input, isInputOpen: true });
  const { settings } = loadSettings({ flags: { data: folder.path } });
  await using store = await composeStore({ settings, now: Date.now });
  await waitUntil(async () => (await store.count([{}])).count === 1, { timeoutMs: 20_000, what: 'what was sent' });
  running.process.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 130, stderr);
  assert.equal(JSON.parse(stdout).stored, 1);
});

test('bad lines of every sort are counted by reason and written down, and the good ones between them are taken', async () => {
  await using folder = await createFolder();
  const file = join(folder.path, 'mixed.jsonl');
  const rejects = join(folder.path, 'rejects.jsonl');
  const text = (content: string) => JSON.stringify(alice.note(content));
  const forged = JSON.stringify({ ...alice.note('honest'), content: 'forged' });
  const good = [
    `\uFEFF${text('after a byte order mark')}\r`,
    `${text('with a carriage return')}\r`,
    `  ${text('with blanks around')}\t`,
    `["EVENT",${text('as a client writes it')}]`,
    `["EVENT","sub",${text('as a relay writes it')}]`,
    text('line\u2028separators\u2029 and \0 stay'),
  ];
  const bad: readonly (readonly [line: string, reason: RegExp])[] = [
    ['not json', /not JSON/],
    ['{"id":', /not JSON/],
    ['[]', /object/],
    ['["EOSE","sub"]', /object/],
    ['17', /object/],
    ['null', /object/],
    ['{}', /id/],
    [forged, /hash/],
    [JSON.stringify({ ...alice.note('unsigned'), sig: '0'.repeat(128) }), /signature/],
    [`"${'x'.repeat(importLineBytesMax)}"`, /too long/],
  ];
  const duplicate = text('twice');
  const lines = [...good, '', '   ', '\r', ...bad.map(([line]) => line), duplicate, duplicate];
  await writeFile(file, lines.join('\n'));
  const { code, stdout, stderr } = await runProcess([
    'import',
    '--data',
    folder.path,
    file,
    '--rejects',
    rejects,
    '--json',
  ]);
  assert.equal(code, 0, stderr);
  const [reasons, report] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(report.stored, good.length + 1);
  assert.equal(report.duplicate, 1);
  assert.equal(report.invalid + report.rejected, bad.length);
  assert.equal(report.read, good.length + bad.length + 2);
  assert.equal(
    Object.values<number>(reasons.reasons).reduce((sum, count) => sum + count, 0),
    bad.length,
  );
  const rows = readJsonLines<{ file: string; line: number; reason: string; text: string }>(rejects);
  for (const [index, [line, reason]] of bad.entries()) {
    const row = rows.find((candidate) => candidate.line === good.length + 3 + index + 1);
    assert.match(row?.reason ?? '', reason, line.slice(0, 50));
    assert.equal(row?.text, /too long/.test(row?.reason ?? '') ? '' : line);
  }
  assert.equal(rows.length, bad.length);
});

test('what a policy refuses is rejected, not invalid', async () => {
  await using folder = await createFolder();
  const input = [alice.note('kind 1'), alice.profile({ name: 'alice' })]
    .map((event) => JSON.stringify(event))
    .join('\n');
  const report = await runForJson(['import', '--data', folder.path, '--kinds-allow', '0', '-'], { input });
  assert.equal(report.stored, 1);
  assert.equal(report.rejected, 1);
  assert.equal(report.invalid, 0);
});
