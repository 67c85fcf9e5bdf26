import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { getFreePort } from './free-port.ts';
import { waitUntil } from './wait.ts';

/** A Redis for tests, without persistence: what ends it, empties it. */
export interface TestRedis extends AsyncDisposable {
  readonly isAvailable: true;
  /** Its address, with the password where it has one. */
  readonly url: string;
  readonly port: number;
  /** Ends it as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on the same port, empty. */
  restart(): Promise<void>;
  /** Stops its process where it stands: connections stay open and nothing answers. */
  freeze(): void;
  /** Lets a frozen one go on. */
  thaw(): void;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** Why there is none: the reason to skip a test with. */
export interface NoRedis {
  readonly isAvailable: false;
  readonly reason: string;
}

/** How to start it. */
export interface RedisOptions {
  readonly password?: string | undefined;
  /** More words for its command line, as `--maxmemory 2mb`. */
  readonly settings?: readonly string[] | undefined;
}

/**
 * Starts the `redis-server` of this machine on a free port of 127.0.0.1. It ends with `stop`, and with this process at
 * the latest, however that ends: a shell waits for the other end of its standard input, then kills the server.
 */
export async function startRedis(options: RedisOptions = {}): Promise<TestRedis | NoRedis> {
  if (platform() === 'win32') return { isAvailable: false, reason: 'Redis for tests is not started on Windows' };
  try {
    await promisify(execFile)('redis-server', ['--version']);
  } catch {
    // Not installed: the caller skips with this reason.
    return { isAvailable: false, reason: 'there is no redis-server on this machine' };
  }
  const folder = mkdtempSync(join(tmpdir(), 'nostrata-redis-'));
  try {
    const port = await getFreePort();
    return createHandle({ options, port, folder, first: await launch(options, port, folder) });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return { isAvailable: false, reason: `Redis did not start: ${error instanceof Error ? error.message : error}` };
  }
}

interface Running {
  readonly shell: ChildProcess;
  readonly pid: number;
}

async function launch(options: RedisOptions, port: number, folder: string): Promise<Running> {
  const settings = ['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', '--appendonly', 'no', '--dir', folder];
  if (options.password !== undefined) settings.push('--requirepass', options.password);
  // $@: the server's command line. Its first line of output is the server's process id.
  const script = '"$@" >/dev/null 2>&1 & echo $!; cat >/dev/null; kill -KILL $!; wait $!';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', 'redis-server', ...settings, ...(options.settings ?? [])], {
    cwd: folder,
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const [line] = await once(shell.stdout, 'data');
  shell.unref();
  for (const stream of [shell.stdin, shell.stdout]) (stream as unknown as { unref(): void }).unref();
  const running = { shell, pid: Number(String(line)) };
  try {
    await waitUntil(() => answers(port), { timeoutMs: 10_000, what: 'Redis' });
  } catch (error) {
    await end(running);
    throw error;
  }
  return running;
}

/** Says whether a Redis answers, be it only that it wants a password. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const settle = (isThere: boolean): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('data', (bytes) => settle(/^(\+PONG|-NOAUTH)/.test(String(bytes))));
    socket.once('error', () => settle(false));
    socket.once('close', () => settle(false));
  });
}

function end({ shell }: Running): Promise<void> {
  return new Promise((resolve) => {
    if (shell.exitCode !== null || shell.signalCode !== null) return resolve();
    shell.once('exit', () => resolve());
    shell.ref();
    shell.stdin?.end();
  });
}

interface HandleOptions {
  readonly options: RedisOptions;
  readonly port: number;
  readonly folder: string;
  readonly first: Running;
}

function createHandle({ options, port, folder, first }: HandleOptions): TestRedis {
  const { password } = options;
  let running: Running | undefined = first;
  const kill = async (): Promise<void> => {
    const ending = running;
    running = undefined;
    if (ending) await end(ending);
  };
  const signal = (name: NodeJS.Signals): void => {
    if (running) process.kill(running.pid, name);
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    isAvailable: true,
    url: `redis://${password === undefined ? '' : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    port,
    kill,
    async restart() {
      await kill();
      running = await launch(options, port, folder);
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
