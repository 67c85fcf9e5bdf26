import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { PassThrough, type Readable } from 'node:stream';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { migrateAccounts } from '@nostrata/accounts';
import { openSqlite } from '@nostrata/database';
import { signEvent } from '@nostrata/protocol';
import { startBtcpay, startLnbits, startStripe, waitUntil } from '@nostrata/testing';
import { runProgram } from '../cli/program.ts';
import { createHost } from '../config/host.ts';
import { createFolder, type Ended, runProcess, startRelay } from './program.ts';
import { createPerson, createVisitor, startFront } from './test-house.ts';

const program = join(import.meta.dirname, '../../bin/nostrata.ts');

/** A small file system of its own needs a namespace of its own, which not every system and user may have. */
const refusal = await promisify(execFile)('unshare', ['--mount', 'true']).then(
  () => undefined,
  () => 'this user may not make a file system of its own (unshare --mount)',
);

/** One line on standard error, nothing on standard output, and that exit code. */
function assertOneLine({ code, stderr, stdout }: Ended, wanted: number, text: RegExp): void {
  assert.equal(code, wanted, stderr);
  assert.match(stderr, /^nostrata: [^\n]+\n$/);
  assert.match(stderr, text);
  assert.doesNotMatch(stderr, /geheim|\n\s+at |node:|unhandled|Warning/i);
  assert.equal(stdout, '');
}

const publicUrl = { NOSTRATA_PUBLIC_URL: 'wss://example.com' };
const secret = 'geheim'.repeat(6);

test('settings of accounts that do not fit end the start with one line that names them', async () => {
  await using folder = await createFolder();
  const plans = join(folder.path, 'plans.json');
  await writeFile(plans, '[{"id":"free","name":"Free","entitlements":{}}]');
  const broken = join(folder.path, 'broken.json');
  await writeFile(broken, '[{');
  const cases: readonly (readonly [environment: Readonly<Record<string, string>>, text: RegExp])[] = [
    [{ NOSTRATA_HOST: '0.0.0.0' }, /set publicUrl, such as wss:\/\/example\.com/],
    [{}, /set publicUrl/],
    [{ NOSTRATA_PUBLIC_URL: 'ws://example.com' }, /publicUrl ws:\/\/example\.com: .*wss:\/\/example\.com/],
    [{ NOSTRATA_PUBLIC_URL: 'http://shop.example.com' }, /publicUrl http:.*wss:\/\/shop\.example\.com/],
    [{ NOSTRATA_PUBLIC_URL: 'example.com' }, /publicUrl "example\.com": expected an address/],
    [{ ...publicUrl, NOSTRATA_ACCOUNTS_SECRET: secret }, /accountsSecret: expected 64 hex digits/],
    [{ ...publicUrl, NOSTRATA_PLANS: plans }, /plans\.json: .*free/],
    [{ ...publicUrl, NOSTRATA_PLANS: broken }, /broken\.json: it is not JSON/],
    [{ ...publicUrl, NOSTRATA_PLANS: join(folder.path, 'none.json') }, /none\.json cannot be read \(ENOENT\)/],
    [{ ...publicUrl, NOSTRATA_ADMINS: 'npub1wrong' }, /NOSTRATA_ADMINS.*npub1wrong/],
    [{ ...publicUrl, NOSTRATA_NAME_PRICES: '5=cheap' }, /NOSTRATA_NAME_PRICES "5=cheap"/],
    [{ ...publicUrl, NOSTRATA_NAME_HOSTS: 'not a host' }, /not a host/],
    [{ ...publicUrl, NOSTRATA_DNS_SERVERS: 'somewhere' }, /somewhere/],
    [{ ...publicUrl, NOSTRATA_TAX_PERCENT: 'much' }, /NOSTRATA_TAX_PERCENT "much"/],
    [{ ...publicUrl, NOSTRATA_LNBITS_URL: 'https://lnbits.example.com' }, /lnbitsKey/],
    [{ ...publicUrl, NOSTRATA_LNBITS_KEY: secret }, /lnbitsUrl/],
    [{ ...publicUrl, NOSTRATA_LNBITS_URL: 'nowhere', NOSTRATA_LNBITS_KEY: secret }, /lnbitsUrl/],
    [{ ...publicUrl, NOSTRATA_BTCPAY_URL: 'https://pay.example.com', NOSTRATA_BTCPAY_KEY: secret }, /btcpayStore/],
    [{ ...publicUrl, NOSTRATA_BTCPAY_WEBHOOK_SECRET: secret }, /btcpayUrl/],
    [{ ...publicUrl, NOSTRATA_STRIPE_KEY: secret }, /stripeKey: .*sk_/],
    [{ ...publicUrl, NOSTRATA_STRIPE_WEBHOOK_SECRET: secret }, /stripeKey/],
    [{ ...publicUrl, NOSTRATA_NWC_URI: `nostr+walletconnect://${secret}` }, /nwcUri/],
  ];
  const failures: string[] = [];
  for (const [place, [given, text]] of cases.entries()) {
    const environment = { NOSTRATA_ACCOUNTS: 'yes', NOSTRATA_DATA: join(folder.path, `data${place}`), ...given };
    const { code, stderr } = await runWithin(['up', '--port', '0'], environment);
    const isTold = code === 2 && text.test(stderr) && /^nostrata: [^\n]+\n$/.test(stderr) && !/geheim/.test(stderr);
    if (!isTold) failures.push(`${JSON.stringify(given)}: code ${code} ${stderr}`);
  }
  assert.deepEqual(failures, []);
});

test('a start that fails for its settings is one line and code 2', async () => {
  await using folder = await createFolder();
  const words = ['up', '--port', '0', '--accounts', 'yes', '--data', folder.path];
  assertOneLine(await runProcess(words), 2, /set publicUrl/);
});

test('a file that is no database, or may not be read, is told in one line by every command', async () => {
  await using folder = await createFolder();
  const path = join(folder.path, 'accounts.db');
  await writeFile(path, 'this is no database at all, and never was one'.repeat(200));
  const environment = { NOSTRATA_ACCOUNTS: 'yes', ...publicUrl };
  const commands = [
    ['up', '--port', '0'],
    ['accounts', 'check'],
    ['audit', 'verify'],
  ];
  for (const words of commands) {
    const { code, stderr } = await runWithin([...words, '--data', folder.path], environment);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^nostrata: [^\n]*accounts\.db[^\n]*\n$/);
  }
});

test('tables that are damaged in the middle are told in one line', async () => {
  await using folder = await createFolder();
  const data = ['--data', folder.path];
  const environment = { NOSTRATA_ACCOUNTS: 'yes', ...publicUrl };
  {
    await using relay = await startRelay(data, { environment });
    assert.equal((await relay.stop()).code, 0);
  }
  const path = join(folder.path, 'accounts.db');
  const whole = await readFile(path);
  const damaged = Buffer.from(whole);
  damaged.fill(0xa5, 4096);
  await writeFile(path, damaged);
  assertOneLine(await runProcess(['up', '--port', '0', ...data], { environment }), 1, /accounts\.db|malformed/);
  const checked = await runWithin(['accounts', 'check', ...data], environment);
  assert.equal(checked.code, 1);
  assert.match(checked.stderr, /^nostrata: [^\n]*(accounts\.db|malformed)[^\n]*\n$/);
  await writeFile(path, whole);
  assert.equal((await runWithin(['accounts', 'check', ...data], environment)).code, 0);
});

test('a process with another key than the one that signs the audit log says so', async () => {
  await using folder = await createFolder();
  const environment = { NOSTRATA_ACCOUNTS: 'yes', ...publicUrl };
  const startOnce = async (): Promise<string> => {
    await using relay = await startRelay(['--data', folder.path], { environment });
    return (await relay.stop()).stderr;
  };
  const key = createPerson(6).secret;
  await writeFile(join(folder.path, 'relay-key'), Buffer.from(key).toString('hex'));
  const path = join(folder.path, 'accounts.db');
  {
    await using tables = openSqlite(path);
    await migrateAccounts(tables);
  }
  const database = new DatabaseSync(path);
  const addHead = (day: number, secret: Uint8Array): void => {
    const head = signEvent({ kind: 78, tags: [], content: '', created_at: day * 86_400 }, secret);
    database.prepare('INSERT INTO audit_head VALUES (?, 0, ?, ?)').run(day, 'x', JSON.stringify(head));
  };
  addHead(1, key);
  assert.equal(await startOnce(), '');
  addHead(2, createPerson(7).secret);
  database.close();
  assert.match(await startOnce(), /^\{[^\n]+another key: give all processes the relay-key[^\n]+\}\n$/);
});

test('on a disk that is full nothing is sold and one line or answer says so; with room all goes on', {
  skip: refusal ?? false,
}, async () => {
  await using folder = await createFolder();
  await using front = await startFront();
  await using lnbits = await startLnbits();
  const disk = join(folder.path, 'disk');
  const [fill, free] = [join(folder.path, 'fill'), join(folder.path, 'free')];
  await mkdir(disk);
  const environment = {
    ...process.env,
    NOSTRATA_ACCOUNTS: 'yes',
    NOSTRATA_PUBLIC_URL: front.url.replace('http', 'ws'),
    NOSTRATA_NAME_HOSTS: 'example.com',
    NOSTRATA_LNBITS_URL: lnbits.url,
    NOSTRATA_LNBITS_KEY: lnbits.invoiceKey,
  };
  const child = startOnDisk({ disk, fill, free }, environment);
  const ended = once(child, 'close');
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  try {
    const port = await waitUntil(() => Number(/"port":(\d+)/.exec(output)?.[1] ?? 0), {
      timeoutMs: 40_000,
      what: 'the start',
    });
    front.lead(port);
    const visitor = createVisitor(front.url);
    const token = await visitor.signIn(createPerson(1));
    const buy = (name: string) => visitor.send<{ payment: { id: string } }>('/api/v1/names', { token, body: { name } });
    const sold = await buy('before');
    assert.equal(sold.status, 201);
    const isSaid = async (path: string) => (await readFile(path, 'utf8').catch(() => '')).trim() !== '';
    await writeFile(fill, '');
    await waitUntil(() => isSaid(fill), { timeoutMs: 20_000, what: 'the disk to be full' });
    let refused: Awaited<ReturnType<typeof buy>> | undefined;
    // What the file had free takes a few more.
    for (let place = 0; place < 40 && refused === undefined; place += 1) {
      const challenge = await visitor.send<never>('/api/v1/auth/challenge', { body: {} });
      if (challenge.status !== 200) refused = challenge;
    }
    assert.equal(refused?.status, 503, JSON.stringify(refused?.body));
    assert.doesNotMatch(JSON.stringify(refused?.body), /ENOSPC|SQLITE|at \//i);
    const read = await visitor.send<{ items: unknown[] }>('/api/v1/names', { token });
    assert.deepEqual([read.status, read.body.items?.length], [200, 1], 'what is there is shown');
    await writeFile(free, '');
    await waitUntil(() => isSaid(free), { timeoutMs: 20_000, what: 'the disk to have room' });
    const again = await waitUntil(async () => [await buy('after')].find(({ status }) => status === 201), {
      timeoutMs: 20_000,
    });
    const { paymentHash } = lnbits.payments.at(-1) ?? assert.fail();
    await lnbits.pay(paymentHash);
    const load = () => visitor.send<{ state: string }>(`/api/v1/payments/${again.body.payment.id}`, { token });
    await waitUntil(async () => (await load()).body.state === 'settled', { timeoutMs: 20_000, what: 'the payment' });
  } finally {
    child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
  assert.equal(child.exitCode, 0, output);
});

test('doctor says whether accounts are well, and what is wrong with each provider', async () => {
  await using folder = await createFolder();
  await using front = await startFront();
  await using lnbits = await startLnbits();
  await using btcpay = await startBtcpay();
  await using stripe = await startStripe();
  const good = {
    NOSTRATA_ACCOUNTS: 'yes',
    NOSTRATA_PUBLIC_URL: front.url.replace('http', 'ws'),
    NOSTRATA_NAME_HOSTS: 'example.com',
    NOSTRATA_LNBITS_URL: lnbits.url,
    NOSTRATA_LNBITS_KEY: lnbits.invoiceKey,
    NOSTRATA_BTCPAY_URL: btcpay.url,
    NOSTRATA_BTCPAY_STORE: btcpay.storeId,
    NOSTRATA_BTCPAY_KEY: btcpay.apiKey,
    NOSTRATA_STRIPE_URL: stripe.url,
    NOSTRATA_STRIPE_KEY: stripe.secretKey,
  };
  const data = ['--data', folder.path];
  const before = await runWithin(['doctor', ...data], good);
  assert.equal(before.code, 0, before.stdout);
  assert.match(before.stdout, /accounts database +none yet/);
  assert.match(before.stdout, /payments by lnbits +lnbits: .*\n.*payments by stripe/);
  {
    await using relay = await startRelay([...data, '--log-level', 'warn'], { environment: good });
    front.lead(relay.port);
    await createVisitor(front.url).signIn(createPerson(1));
    const { code, stderr } = await relay.stop();
    assert.deepEqual([code, stderr], [0, '']);
  }
  await chmod(join(folder.path, 'accounts-secret'), 0o644);
  await stripe.stop();
  const bad = { ...good, NOSTRATA_LNBITS_KEY: secret, NOSTRATA_BTCPAY_KEY: secret };
  const { code, stdout, stderr } = await runProcess(['doctor', ...data], { environment: bad });
  assert.deepEqual([code, stderr], [1, '']);
  assert.match(stdout, /accounts database +sqlite, 1 users?/);
  assert.match(stdout, /Problem: \S+accounts-secret can be read by other users: chmod 600/);
  for (const name of ['lnbits', 'btcpay', 'stripe']) assert.match(stdout, new RegExp(`Problem: ${name}[^\\n]+`));
  assert.doesNotMatch(stdout, /geheim/);
  // The program starts all the same, and says so in one line of each.
  await using relay = await startRelay([...data, '--log-level', 'warn'], { environment: bad });
  let log = '';
  relay.process.stderr?.on('data', (part: string) => {
    log += part;
  });
  await waitUntil(() => log.trim().split('\n').length >= 3, { timeoutMs: 12_000, what: 'three warnings' });
  const ended = await relay.stop();
  assert.equal(ended.code, 0);
  const lines = ended.stderr.trim().split('\n');
  assert.equal(lines.length, 3, ended.stderr);
  const warned = lines.map((line) => JSON.parse(line) as { provider: string; state: string; msg: string });
  assert.deepEqual(warned.map(({ provider, state }) => `${provider} ${state}`).sort(), [
    'btcpay wrong',
    'lnbits wrong',
    'stripe away',
  ]);
  assert.doesNotMatch(ended.stderr, /geheim/);
});

/** Runs a command within this process, as the program does: most of the time of a process goes into its start. */
async function runWithin(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const [output, notes] = [new PassThrough(), new PassThrough()];
  const terminal = {
    ...{ input: new PassThrough(), output, notes },
    interrupted: AbortSignal.timeout(10_000),
  };
  const code = await runProgram(words, terminal as never, { ...createHost(), environment });
  return { code, stdout: String(output.read() ?? ''), stderr: String(notes.read() ?? '') };
}

/** Files by whose appearance the disk is filled, and gets room again; each has text when that is done. */
interface SmallDisk {
  readonly disk: string;
  readonly fill: string;
  readonly free: string;
}

/** Starts the program on a small file system of its own. */
function startOnDisk(
  { disk, fill, free }: SmallDisk,
  environment: NodeJS.ProcessEnv,
): ChildProcessByStdio<null, Readable, Readable> {
  // The disk is seen from its own namespace alone: files beside it say what is to be done with it.
  const script = `
    mount --make-rprivate / && mount -t tmpfs -o size=12m tmpfs "$3" || exit 9
    ( while [ ! -e "$4" ]; do sleep 0.05; done; dd if=/dev/zero of="$3/rest" bs=1k 2>/dev/null; echo full >"$4"
      while [ ! -e "$5" ]; do sleep 0.05; done; rm "$3/rest"; echo done >"$5" ) &
    exec "$1" "$2" up --data "$3/data" --port 0 --json`;
  const words = ['--mount', 'sh', '-c', script, 'sh', process.execPath, program, disk, fill, free];
  return spawn('unshare', words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
}
