import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openSqlite } from '@nostrata/database';
import { createEventBuilder } from '@nostrata/testing';
import { version } from '../version.ts';
import { createFolder, runForJson, runHere, runProcess } from './program.ts';

const alice = createEventBuilder('alice');

test('the doctor names the verifier in use, the store and what is wrong', async () => {
  await using folder = await createFolder();
  const well = await runForJson(['doctor', '--data', folder.path]);
  assert.deepEqual(well.problems, []);
  assert.match(String(well.signatures), /^(libsecp256k1|wasm|pure), [\d,]+ a second on each of \d+ threads?$/);
  assert.match(String(well.store), /0 events/);
  // Whatever is slower than the fastest comes with what to do about it.
  assert.equal(String(well.signatures).startsWith('libsecp256k1'), (well.hints as string[]).length === 0);
  const store = 'postgres://nobody:geheim@127.0.0.1:1/none';
  const ill = await runProcess(['doctor', '--data', folder.path, '--store', store]);
  assert.equal(ill.code, 1);
  assert.match(ill.stdout, /^Problem: .*127\.0\.0\.1:1/m);
  assert.doesNotMatch(ill.stdout + ill.stderr, /geheim|\n\s+at /);
});

test('without libsecp256k1 signatures are checked by WebAssembly, and the doctor says what would be faster', async () => {
  await using folder = await createFolder();
  // Every process and thread of the program finds no library, as on a machine that has none.
  const door = createRequire(import.meta.resolve('@nostrata/ingest'));
  const koffi = pathToFileURL(join(dirname(door.resolve('koffi')), 'index.js')).href;
  const preload = `import koffi from ${JSON.stringify(koffi)};
    koffi.load = (name) => { throw new Error(name + ' is hidden'); };`;
  const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}` };
  const { signatures, hints, problems } = await runForJson(['doctor', '--data', folder.path], { environment });
  assert.match(String(signatures), /^wasm, /);
  assert.match((hints as string[]).join(' '), /libsecp256k1 was not found\. Install libsecp256k1 .*times faster/);
  assert.deepEqual(problems, []);
  const good = alice.note('good');
  const forged = { ...alice.note('forged'), sig: good.sig };
  const input = [good, forged].map((event) => JSON.stringify(event)).join('\n');
  const report = await runForJson(['import', '--data', folder.path, '-'], { input, environment });
  assert.deepEqual([report.stored, report.invalid], [1, 1]);
});

test('what is imported can be queried, counted, verified, rebuilt and given up', async () => {
  await using folder = await createFolder();
  const data = ['--data', folder.path];
  const notes = Array.from({ length: 30 }, (_, index) => alice.note(`note ${index}`));
  const profile = alice.profile({ name: 'alice' });
  const input = [...notes, profile].map((event) => JSON.stringify(event)).join('\n');
  await runForJson(['import', ...data, '-'], { input });
  const query = await runProcess(['query', ...data, '{"kinds":[1]}', '--limit', '2']);
  assert.deepEqual(
    query.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [notes[29], notes[28]],
  );
  assert.equal((await runProcess(['count', ...data, '--kind', '1', '--author', alice.pubkey])).stdout, '30\n');
  const oldest = await runProcess(['export', ...data, '--order', 'oldest', '--kind', '1']);
  assert.deepEqual(
    oldest.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
    notes,
  );
  assert.equal((await runForJson(['rebuild', ...data])).events, 31);
  const { events, bad, problems } = await runForJson(['verify', ...data]);
  assert.deepEqual({ events, bad, problems }, { events: 31, bad: 0, problems: [] });
  const retain = ['retain', ...data, '--retain-age', '1s'];
  assert.equal((await runForJson([...retain, '--dry-run'])).removed, 30);
  assert.deepEqual(await runForJson(['count', ...data]), { count: 31 });
  assert.equal((await runForJson(retain)).removed, 30);
  assert.deepEqual(await runForJson(['count', ...data]), { count: 1 });
});

test('views are built, compared with the events, and built again', async () => {
  await using folder = await createFolder();
  const data = ['--data', folder.path];
  const events = [alice.profile({ name: 'alice' }), alice.follows([alice.pubkey]), alice.note('hello')];
  await runForJson(['import', ...data, '-'], { input: events.map((event) => JSON.stringify(event)).join('\n') });
  const wrong = await runProcess(['rebuild', 'profiles', ...data]);
  assert.match(wrong.stderr, /there is no view "profiles": profile, /);
  assert.equal(wrong.code, 2);
  const built = await runForJson(['rebuild', 'profile', ...data]);
  assert.deepEqual([built.name, built.changes, built.rows], ['profile', 3, 1]);
  {
    await using database = openSqlite(join(folder.path, 'views.db'));
    await database.query("UPDATE view_profile SET name = 'mallory'");
  }
  const different = await runProcess(['rebuild', '--verify', ...data]);
  assert.equal(different.code, 1);
  assert.match(different.stdout, /view_profile\n {2}is .*mallory.*\n {2}should be .*alice/);
  assert.match(different.stdout, /View follows was compared \(3 changes, 2 rows, 0 s\): no differences/);
  const all = await runProcess(['rebuild', ...data]);
  assert.match(all.stdout, /^Every index of 3 events was built again/);
  assert.match(all.stdout, /View profile was built: 3 changes, 1 rows/);
  assert.equal((await runProcess(['rebuild', '--verify', ...data])).code, 0);
});

test('every command has a help that explains its exit codes, and the version is that of the package', async () => {
  for (const command of [
    'up',
    'import',
    'export',
    'query',
    'count',
    'doctor',
    'verify',
    'retain',
    'rebuild',
    'get',
    'publish',
    'sync',
  ]) {
    const { code, stdout, stderr } = await runHere([command, '--help']);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    for (const text of ['--store', '--json', '--data', 'Exit codes: 0', command])
      assert.ok(stdout.includes(text), text);
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 100),
      command,
    );
  }
  assert.equal((await runProcess(['--version'])).stdout, `${version}\n`);
});
