import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { runProgram } from '../cli/program.ts';

const program = join(import.meta.dirname, '../../bin/nostrata.ts');
const runMsMax = 60_000;

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to start a process. */
export interface StartOptions {
  /** Settings on top of the environment of the test. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Standard input; empty unless told. */
  readonly input?: string | Uint8Array;
  /** Standard input stays open after `input`. */
  readonly isInputOpen?: boolean;
  /** After so long it is killed, however it is; a minute unless told. */
  readonly runMs?: number;
}

/** The real program as a process of its own. */
export interface Program extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** A running relay. */
export interface RunningRelay extends Program {
  /** `ws://127.0.0.1:…` */
  readonly url: string;
  /** `http://127.0.0.1:…` */
  readonly httpUrl: string;
  readonly port: number;
  /** From the start of the process to the line with the address, in milliseconds. */
  readonly startMs: number;
  /** SIGTERM, then waits for the end. */
  stop(): Promise<Ended>;
}

/** A new folder below the one for temporary files; it goes with its scope. */
export async function createFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'nostrata-e2e-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The environment of the test without settings. */
function inheritedEnvironment(): Record<string, string | undefined> {
  const isKept = ([name]: readonly [string, unknown]) => !/^NOSTRATA_(?!SHARED|TEST_)|^NODE_TEST_CONTEXT$/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(isKept));
}

/** Starts the program; it is killed at the end of the scope where it still runs. */
export function startProgram(words: readonly string[], options: StartOptions = {}): Program {
  const { environment = {}, input = '', isInputOpen = false, runMs = runMsMax } = options;
  const child = spawn(process.execPath, [program, ...words], {
    env: { ...inheritedEnvironment(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      text[name] += part;
    });
  }
  // A program that ends without reading its input is no failure of the test.
  child.stdin.on('error', (error: NodeJS.ErrnoException) => assert.equal(error.code, 'EPIPE'));
  child.stdin.write(input);
  if (!isInputOpen) child.stdin.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), runMs);
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, ...text });
    });
  });
  return {
    process: child,
    ended,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Runs the program to its end. */
export async function runProcess(words: readonly string[], options?: StartOptions): Promise<Ended> {
  await using running = startProgram(words, options);
  return await running.ended;
}

/**
 * Runs the program's commands in this process, which spares a start and what it loads: for the many cases of which a few
 * are run as processes too. All that the process adds are its streams and signals.
 */
export async function runHere(
  words: readonly string[],
  { environment = {}, input = '' }: Pick<StartOptions, 'environment' | 'input'> = {},
): Promise<Ended> {
  const texts: [string[], string[]] = [[], []];
  const [output, notes] = texts.map(
    (parts) =>
      new Writable({
        write(part, _, done) {
          parts.push(String(part));
          done();
        },
      }),
  );
  assert.ok(output && notes);
  const terminal = {
    input: Readable.from([Buffer.from(input)], { objectMode: false }),
    output,
    notes,
    interrupted: new AbortController().signal,
  };
  const host = { environment: { ...inheritedEnvironment(), ...environment }, now: Date.now };
  const code = await runProgram(words, terminal, host);
  return { code, signal: null, stdout: texts[0].join(''), stderr: texts[1].join('') };
}

/**
 * Runs a command, wants it to succeed, and returns what its last line of output says. It runs in this process, unless
 * its environment is about Node.js: what prepares a test, or looks at what came of it, need not be one.
 */
export async function runForJson(words: readonly string[], options?: StartOptions): Promise<Record<string, unknown>> {
  const run = options?.environment?.NODE_OPTIONS === undefined ? runHere : runProcess;
  const { code, stdout, stderr } = await run([...words, '--json'], options);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

/** `nostrata up` on a free port; ready when it has said where. */
export async function startRelay(words: readonly string[], options?: StartOptions): Promise<RunningRelay> {
  const startedMs = performance.now();
  const running = startProgram(['up', '--port', '0', '--json', ...words], options);
  const first = await firstLine(running);
  const startMs = performance.now() - startedMs;
  const { url, port } = JSON.parse(first) as { url: string; port: number };
  return {
    ...running,
    url,
    httpUrl: url.replace(/^ws/, 'http'),
    port,
    startMs,
    stop() {
      running.process.kill('SIGTERM');
      return running.ended;
    },
  };
}

async function firstLine({ process: child, ended }: Program): Promise<string> {
  assert.ok(child.stdout);
  const lines = createInterface({ input: child.stdout });
  const line = new Promise<string>((resolve) => lines.once('line', resolve));
  const failure = ended.then(({ code, stderr }) => {
    throw new Error(`the program ended with code ${code} before it said anything: ${stderr}`);
  });
  try {
    return await Promise.race([line, failure]);
  } finally {
    lines.close();
    failure.catch(() => undefined);
  }
}
