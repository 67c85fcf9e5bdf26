import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { connectClient, createEventBuilder, startPostgres, waitUntil } from '@nostrata/testing';
import { createFolder, runForJson, startRelay } from './program.ts';

const alice = createEventBuilder('alice');

test('the relay says where it is within 2 s of the start of the process, also over a store that is used', async () => {
  await using folder = await createFolder();
  for (const _ of ['empty', 'used']) {
    // Twice at most: what else the machine does may hold up one start.
    let best = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 3 && best >= 2000; attempt += 1) {
      await using relay = await startRelay(['--data', folder.path]);
      best = Math.min(best, relay.startMs);
      assert.equal((await relay.stop()).code, 0);
    }
    assert.ok(best < 2000, `${best} ms`);
    await runForJson(['import', '--data', folder.path, '-'], { input: JSON.stringify(alice.note('used')) });
  }
});

test('after SIGTERM in the middle of writing everything acknowledged is there, and the exit code is 0', async () => {
  await using folder = await createFolder();
  const acknowledged: string[] = [];
  {
    await using relay = await startRelay([
      '--data',
      folder.path,
      '--rate-per-ip',
      '0',
      '--max-messages-per-second',
      '0',
    ]);
    await using client = await connectClient(relay.url);
    const events = Array.from({ length: 1500 }, (_, index) => alice.note(`while stopping ${index}`));
    for (const event of events) client.send('EVENT', event);
    const answers = Promise.all(
      events.map(async ({ id }) => {
        try {
          const [, , ok] = await client.waitFor((frame) => frame[0] === 'OK' && frame[1] === id);
          if (ok === true) acknowledged.push(id);
        } catch {
          return; // Not acknowledged: the connection had ended.
        }
      }),
    );
    await waitUntil(() => acknowledged.length > 20, { what: 'the first answers' });
    const ended = await relay.stop();
    assert.equal(ended.code, 0, ended.stderr);
    await answers;
  }
  assert.ok(acknowledged.length > 20);
  await using relay = await startRelay(['--data', folder.path]);
  await using client = await connectClient(relay.url);
  const found = new Set<string>();
  for (let at = 0; at < acknowledged.length; at += 100) {
    const { events } = await client.request('all', [{ ids: acknowledged.slice(at, at + 100) }]);
    for (const { id } of events) found.add(id);
  }
  assert.deepEqual(
    acknowledged.filter((id) => !found.has(id)),
    [],
  );
  await client.close();
  assert.equal((await relay.stop()).code, 0);
});

test('SIGINT ends as SIGTERM does, and clients are told', async () => {
  await using folder = await createFolder();
  await using relay = await startRelay(['--data', folder.path]);
  await using client = await connectClient(relay.url);
  relay.process.kill('SIGINT');
  assert.equal((await relay.ended).code, 0);
  assert.equal((await client.closed).code, 1001);
});

test('the second signal ends the process at once', async (context) => {
  await using folder = await createFolder();
  await using postgres = await startTestPostgres();
  if (postgres.url === undefined) return context.skip(postgres.reason);
  // Frozen, the database never says good-bye, and the orderly end waits for it.
  await using proxy = await startProxy(new URL(postgres.url));
  await using relay = await startRelay(['--data', folder.path, '--store', proxy.url]);
  proxy.freeze();
  relay.process.kill('SIGTERM');
  const startedMs = performance.now();
  relay.process.kill('SIGINT');
  const { code } = await relay.ended;
  assert.equal(code, 130);
  assert.ok(performance.now() - startedMs < 4000);
});

for (const engine of ['sqlite', 'postgres'] as const) {
  test(`an import of another process reaches a live subscriber within one second, ${engine}`, async (context) => {
    await using folder = await createFolder();
    await using postgres = engine === 'postgres' ? await startTestPostgres() : undefined;
    if (postgres?.reason !== undefined) return context.skip(postgres.reason);
    const store = postgres?.url === undefined ? [] : ['--store', postgres.url];
    await using relay = await startRelay(['--data', folder.path, ...store]);
    await using client = await connectClient(relay.url);
    const event = alice.note(`from another process, ${engine}`);
    const { eose } = await client.request('live', [{ authors: [event.pubkey] }], { keepOpen: true });
    assert.ok(eose);
    // The import ends after its commit: from then on the second counts.
    const received = client.nextEvent('live').then((live) => ({ live, atMs: performance.now() }));
    const report = await runForJson(['import', '--data', folder.path, ...store, '-'], { input: JSON.stringify(event) });
    const committedMs = performance.now();
    assert.equal(report.stored, 1);
    const { live, atMs } = await received;
    assert.deepEqual(live, event);
    assert.ok(atMs - committedMs < 1000, `${atMs - committedMs} ms after the import had ended`);
    assert.equal((await relay.stop()).code, 0);
  });
}

async function startTestPostgres(): Promise<AsyncDisposable & { readonly url?: string; readonly reason?: string }> {
  const server = await startPostgres();
  if (!server.isAvailable) return { reason: server.reason, [Symbol.asyncDispose]: async () => undefined };
  return { url: await server.createDatabase(), [Symbol.asyncDispose]: server.stop };
}

/** Passes bytes on until it is frozen. */
async function startProxy(target: URL): Promise<AsyncDisposable & { readonly url: string; freeze(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((inner) => {
    const outer = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(target), { port: String(port) }).href,
    freeze() {
      for (const socket of sockets) socket.removeAllListeners('data').removeAllListeners('end').pause();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('a relay that authenticates clients and does not know its address says so in one line', async () => {
  await using folder = await createFolder();
  for (const [words, lines] of [
    [['--auth-required', 'yes'], 1],
    [['--auth-required', 'yes', '--public-url', 'wss://relay.example.com'], 0],
    [[], 0],
  ] as const) {
    await using relay = await startRelay(['--data', folder.path, ...words]);
    const { stdout, stderr } = await relay.stop();
    assert.equal((stdout + stderr).match(/publicUrl is empty: [^\n]+/g)?.length ?? 0, lines, stdout + stderr);
  }
});
