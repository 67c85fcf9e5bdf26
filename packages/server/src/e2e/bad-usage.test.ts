import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createEventBuilder } from '@nostrata/testing';
import { createFolder, type Ended, runForJson, runHere, runProcess, startRelay } from './program.ts';

/** One line on standard error, nothing on standard output, and that exit code. */
function assertOneLine(ended: Ended, code: number, text: RegExp): void {
  assert.equal(ended.code, code, ended.stderr);
  assert.match(ended.stderr, /^nostrata: [^\n]+\n$/);
  assert.match(ended.stderr, text);
  assert.doesNotMatch(ended.stderr, /\n\s+at |node:|unhandled|Warning/i);
  assert.equal(ended.stdout, '');
}

test('a port in use is told with the way out', async () => {
  await using folder = await createFolder();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(address && typeof address === 'object');
  const ended = await runProcess(['up', '--data', folder.path, '--port', String(address.port)]);
  server.close();
  assertOneLine(ended, 2, /port \d+ of 127\.0\.0\.1 is in use: .*--port/);
});

test('a data folder that cannot be one is told by every command', async () => {
  await using folder = await createFolder();
  const file = join(folder.path, 'file');
  await writeFile(file, 'not a folder');
  const check = async (words: readonly string[], data: string) => {
    const ended = await runHere([...words, '--data', data]);
    assertOneLine(ended, 2, /folder/);
    assert.ok(ended.stderr.includes(data), ended.stderr);
  };
  const commands = [['up', '--port', '0'], ['import', file], ['query'], ['export'], ['verify'], ['count']];
  const folders = [file, join(file, 'below')];
  await Promise.all(commands.flatMap((words) => folders.map((data) => check(words, data))));
});

test('a wrong store URL, setting, flag or command is told', async () => {
  await using folder = await createFolder();
  const data = ['--data', folder.path];
  const port = ['--port', '0'];
  const { pubkey } = createEventBuilder('alice');
  const cases: readonly (readonly [words: readonly string[], code: number, text: RegExp])[] = [
    [['up', ...data, ...port, '--store', 'mysql://localhost/x'], 2, /mysql:.*sqlite/],
    [['count', ...data, '--store', 'nonsense'], 2, /sqlite:FOLDER/],
    [
      ['count', ...data, '--store', 'postgres://nobody:geheim@127.0.0.1:1/none'],
      1,
      /127\.0\.0\.1:1|ECONNREFUSED|reach/i,
    ],
    [['up', ...data, '--port', '70000'], 2, /--port "70000"/],
    [['up', ...data, ...port, '--nonsense'], 2, /--nonsense/],
    [['up', ...data, ...port, '--trusted-proxies', 'somewhere'], 2, /somewhere/],
    [['up', ...data, ...port, '--host', '203.0.113.1'], 2, /203\.0\.113\.1/],
    [['import', ...data, join(folder.path, 'missing.jsonl')], 1, /missing\.jsonl: no such file/],
    [['import', ...data, folder.path], 1, /folder/],
    [['export', ...data, join(folder.path, 'missing', 'out.jsonl')], 1, /no such file or folder/],
    [['query', ...data, '{"kinds":"1"}'], 2, /kinds/],
    [['query', ...data, '{'], 2, /not JSON/],
    [['count', ...data, '--author', 'npub1wrong'], 2, /npub1wrong/],
    [['retain', ...data], 2, /--retain-age/],
    [['get', 'name', 'npub1wrong', ...data], 2, /get "name": expected one of profile, follows/],
    [['get', 'profile', 'npub1wrong', ...data], 2, /"npub1wrong" is no pubkey/],
    [['get', 'event', 'npub1wrong', ...data], 2, /"npub1wrong" is no event id/],
    [['get', 'address', '1:2:3', ...data], 2, /"1:2:3" is no address/],
    [['get', 'profile', pubkey, ...data, '--policy', 'always'], 2, /--policy.*cache-only/],
    [['get', 'profile', pubkey, ...data, '--deadline', 'soon'], 2, /--deadline "soon": expected seconds/],
    [['get', 'profile', pubkey, ...data, '--relay', 'https://x'], 2, /"https:\/\/x" is not the URL of a relay/],
    [['get', 'profile', pubkey, ...data, '--relay', 'ws://10.1.2.3'], 2, /private or local.*--allow-local-relays/],
    [['get', 'profile', pubkey, ...data, '--relays', 'ws://localhost'], 2, /private or local.*--allow-local-relays/],
    [['publish', ...data], 2, /nothing to publish/],
    [['publish', ...data, '-', '--kind', '1'], 2, /either a file, or --kind/],
    [['publish', ...data, '--kind', '1', '--content', 'x'], 2, /no key to sign with: set NOSTRATA_SECRET_KEY/],
    [['publish', ...data, '--kind', 'note'], 2, /--kind "note": expected a whole number/],
    [['publish', ...data, '--kind', '1', '--tag', '[1]'], 2, /--tag "\[1\]": expected a list of texts/],
    [['publish', ...data, '--content', 'x'], 2, /--kind is missing/],
    [['publish', ...data, '-', '--difficulty', '8'], 2, /--difficulty: what is signed already/],
    [['publish', ...data, join(folder.path, 'missing.jsonl')], 1, /missing\.jsonl: no such file/],
    [['publish', ...data, '--kind', '1', '--secret-key', 'x'], 2, /--secret-key/],
    [['sync', ...data], 2, /no relay is known: name/],
    [['sync', 'wss://10.0.0.1', ...data], 2, /private or local.*--allow-local-relays/],
    [['sync', 'wss://relay.example', ...data, '--limit', '5'], 2, /--limit: a sync compares everything/],
    [['sync', 'wss://relay.example', ...data, '--direction', 'left'], 2, /--direction.*up, down, both/],
    [['nonsense'], 2, /nonsense/],
  ];
  await Promise.all(
    cases.map(async ([words, code, text], place) => {
      // That nothing else writes beside the program is seen where it is a process.
      const ended = await (place % 6 === 0 ? runProcess(words) : runHere(words));
      assertOneLine(ended, code, text);
      assert.doesNotMatch(ended.stderr, /geheim/);
    }),
  );
  assertOneLine(await runHere(['count', ...data], { environment: { NOSTRATA_PROT: '1' } }), 2, /NOSTRATA_PROT/);
  const key = { NOSTRATA_SECRET_KEY: 'nsec1geheim' };
  const keyed = await runHere(['get', 'profile', pubkey, ...data], { environment: key });
  assertOneLine(keyed, 2, /secretKey: expected nsec1/);
  assert.doesNotMatch(keyed.stderr, /geheim/);
  const config = join(folder.path, 'config.json');
  await writeFile(config, '{"prot":1}');
  assertOneLine(await runHere(['count', ...data, '--config', config]), 2, /no setting "prot"/);
});

test('a database of a newer version is left as it is', async () => {
  await using folder = await createFolder();
  const data = ['--data', folder.path];
  await runForJson(['import', ...data, '-'], { input: JSON.stringify(createEventBuilder('alice').note('kept')) });
  const change = (statement: string) => {
    const database = new DatabaseSync(join(folder.path, 'events.db'));
    database.exec(statement);
    database.close();
  };
  change("INSERT INTO migration (room, version, name, checksum) VALUES ('store', 99, 'later', '')");
  for (const words of [['up', '--port', '0'], ['count'], ['rebuild']]) {
    assertOneLine(await runProcess([...words, ...data]), 1, /has version 99 .*newer version/);
  }
  change('DELETE FROM migration WHERE version = 99');
  assert.deepEqual(await runForJson(['count', ...data]), { count: 1 });
});

test('of a gzip that is cut off everything before the cut is taken, and the cut is told', async () => {
  await using folder = await createFolder();
  const alice = createEventBuilder('alice');
  const lines = Array.from({ length: 2000 }, (_, index) => JSON.stringify(alice.note(`note ${index}`))).join('\n');
  const packed = gzipSync(lines);
  const file = join(folder.path, 'cut.jsonl.gz');
  await writeFile(file, packed.subarray(0, packed.length - 1000));
  const ended = await runProcess(['import', '--data', folder.path, file]);
  assertOneLine(ended, 1, /cut\.jsonl\.gz: .*cut off/);
  const { count } = await runForJson(['count', '--data', folder.path]);
  assert.ok(Number(count) > 1000 && Number(count) < 2000, `${count} events`);
  await writeFile(file, 'this only has the name of gzip\n');
  const report = await runForJson(['import', '--data', folder.path, file]);
  assert.equal(report.invalid, 1);
});

test('a relay that stays up answers bad messages and goes on', async () => {
  await using folder = await createFolder();
  await using relay = await startRelay(['--data', folder.path]);
  const socket = new WebSocket(relay.url);
  const frames: string[] = [];
  const answered = Promise.withResolvers<void>();
  socket.addEventListener('message', ({ data }) => {
    frames.push(String(data));
    if (String(data).startsWith('["EOSE"')) answered.resolve();
  });
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  for (const text of ['{', '[]', '["NONSENSE"]', '["REQ"]', '["REQ","a",{"kinds":"x"}]', '["EVENT",{}]'])
    socket.send(text);
  socket.send(new Uint8Array([1, 2, 3]));
  socket.send('["REQ","end",{"limit":1}]');
  await answered.promise;
  socket.close();
  assert.ok(frames.length >= 7, frames.join('\n'));
  const ended = await relay.stop();
  assert.equal(ended.code, 0);
  assert.doesNotMatch(ended.stderr, /\n\s+at /);
});
