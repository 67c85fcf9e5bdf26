import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { connectClient, createEventBuilder, generateEvents, waitUntil } from '@nostrata/testing';
import { createFolder, runForJson } from './program.ts';

const run = promisify(execFile);
const program = join(import.meta.dirname, '../../bin/nostrata.ts');

/** A small file system of its own needs a namespace of its own, which not every system and user may have. */
const refusal = await run('unshare', ['--mount', 'true']).then(
  () => undefined,
  () => 'this user may not make a file system of its own (unshare --mount)',
);

/** More than a small disk holds; they are made once, as each is signed. */
const tooMany = refusal === undefined ? [...generateEvents({ seed: 5, events: 6000, authors: 200 })] : [];

test('a full disk is told in one line, loses nothing, and the import goes on when there is room', {
  skip: refusal ?? false,
}, async () => {
  await using folder = await createFolder();
  const [file, disk] = [join(folder.path, 'events.jsonl'), join(folder.path, 'disk')];
  const events = tooMany;
  await writeFile(file, events.map((event) => JSON.stringify(event)).join('\n'));
  await mkdir(disk);
  // $1 node, $2 the program, $3 the file, $4 the disk.
  const script = `
    mount --make-rprivate / && mount -t tmpfs -o size=3m tmpfs "$4" || exit 9
    "$1" "$2" import --data "$4/data" "$3" --json; echo "code $?"
    "$1" "$2" count --data "$4/data" || echo "code $?"
    mount -o remount,size=100m "$4"
    "$1" "$2" import --data "$4/data" "$3" --json 2>/dev/null; echo "code $?"
    "$1" "$2" verify --data "$4/data" --json`;
  const { stdout, stderr } = await run('unshare', [
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    process.execPath,
    program,
    file,
    disk,
  ]);
  assert.match(stderr, /^nostrata: [^\n]*(no room|disk is full)[^\n]*\n$/);
  const [failed = '', kept = '', report = '', done = '', verified = ''] = stdout.trimEnd().split('\n');
  assert.equal(failed, 'code 1');
  assert.ok(Number(kept) > 0 && Number(kept) < events.length, kept);
  assert.equal(done, 'code 0');
  assert.equal(JSON.parse(report).rejected + JSON.parse(report).invalid, 0);
  const clean = join(folder.path, 'clean');
  await runForJson(['import', '--data', clean, file]);
  const { count } = await runForJson(['count', '--data', clean]);
  const { events: found, bad, problems } = JSON.parse(verified);
  assert.deepEqual({ found, bad, problems }, { found: count, bad: 0, problems: [] });
});

test('a store that was closed is read on a disk that was filled since, or one line says what to free', {
  skip: refusal ?? false,
}, async () => {
  await using folder = await createFolder();
  const [file, disk] = [join(folder.path, 'events.jsonl'), join(folder.path, 'disk')];
  const events = [...generateEvents({ seed: 7, events: 1000, authors: 100 })];
  await writeFile(file, events.map((event) => JSON.stringify(event)).join('\n'));
  await mkdir(disk);
  // On the small disk the write-ahead log cannot be moved into the database at the end, so it stays beside it.
  const script = `
    mount --make-rprivate / || exit 9
    for size in 2700k 20m; do
      mount -t tmpfs -o size=$size tmpfs "$4" || exit 9
      "$1" "$2" import --data "$4/data" "$3" --json >/dev/null; echo "code $?"
      "$1" "$2" count --data "$4/data"
      dd if=/dev/zero of="$4/rest" bs=1k 2>/dev/null
      "$1" "$2" count --data "$4/data" 2>&1
      dd if=/dev/zero of="$4/rest" bs=1k count=1 2>/dev/null
      "$1" "$2" count --data "$4/data"
    done`;
  const words = ['--mount', 'sh', '-c', script, 'sh', process.execPath, program, file, disk];
  const { stdout, stderr } = await run('unshare', words);
  assert.equal(stderr, '');
  const lines = stdout.trimEnd().split('\n');
  const told =
    /^nostrata: there is no room left to open \S+events\.db: free 64 KiB, which reading needs, or more to write$/;
  assert.equal(lines.length, 8, stdout);
  for (const [imported, stored = '', full = '', freed] of [lines.slice(0, 4), lines.slice(4)]) {
    assert.equal(imported, 'code 0');
    assert.ok(Number(stored) > 0, stored);
    // Whether the log stayed beside the database, and has room for reading, depends on how the import was cut into commits.
    assert.ok(full === stored || told.test(full), full);
    assert.equal(freed, stored);
  }
});

test('a relay starts on a disk that is full, serves what it has, and refuses what it cannot keep', {
  skip: refusal ?? false,
}, async () => {
  await using folder = await createFolder();
  const [file, disk] = [join(folder.path, 'events.jsonl'), join(folder.path, 'disk')];
  await writeFile(file, tooMany.map((event) => JSON.stringify(event)).join('\n'));
  await mkdir(disk);
  const script = `
    mount --make-rprivate / && mount -t tmpfs -o size=3m tmpfs "$4" || exit 9
    "$1" "$2" import --data "$4/data" "$3" 2>/dev/null
    dd if=/dev/zero of="$4/rest" bs=1k 2>/dev/null
    exec "$1" "$2" up --data "$4/data" --port 0`;
  const words = ['--mount', 'sh', '-c', script, 'sh', process.execPath, program, file, disk];
  const child = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  try {
    const address = (): string | undefined => /ws:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
    await waitUntil(() => address() !== undefined || child.exitCode !== null, { timeoutMs: 60_000, what: 'the relay' });
    await using client = await connectClient(address() ?? assert.fail(output));
    const { events: found } = await client.request('some', [{ kinds: [1], limit: 20 }]);
    assert.equal(found.length, 20);
    // What the failed batch had taken of the log is free again, and holds a few events more.
    const author = createEventBuilder('late');
    let refused: string | undefined;
    for (let i = 0; i < 200 && refused === undefined; i += 1) {
      const { ok, message } = await client.publish(author.note(`${i} ${'x'.repeat(40_000)}`));
      if (!ok) refused = message;
    }
    assert.match(refused ?? '', /^error: /);
    const { events: again } = await client.request('again', [{ kinds: [1], limit: 20 }]);
    assert.equal(again.length, 20, 'reading goes on');
  } finally {
    child.kill('SIGTERM');
  }
  assert.equal(await ended, 0, output);
  const told = output.match(/.*(?:could not be stored|did not take a batch).*/g);
  assert.equal(told?.length, 1, 'one line for the one batch that failed');
});
