import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** A server under measurement, in a process of its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** The lines that it has printed so far. */
  output(): readonly string[];
}

/** Clock ticks per second of /proc/PID/stat; fixed at 100 on every Linux that Node.js runs on. */
const ticksPerSecond = 100;

/** Starts a program and waits until it prints a `ws://` address. Its standard error is shown when it fails. */
export async function startServer(command: string, parameters: readonly string[]): Promise<ServerProcess> {
  const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const lines: string[] = [];
  const url = await addressOf(child, { errors, lines });
  return {
    url,
    pid: child.pid ?? 0,
    output: () => lines,
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const deadline = setTimeout(() => child.kill('SIGKILL'), 30_000);
      await gone;
      clearTimeout(deadline);
    },
  };
}

function addressOf(
  child: ChildProcess,
  { errors, lines }: { readonly errors: readonly string[]; readonly lines: string[] },
): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`server ended with ${code}: ${errors.join('')}`)));
    if (!child.stdout) throw new Error('the child has no output');
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      const address = /ws:\/\/[^\s"',]+/.exec(line)?.[0];
      if (address) resolve(address);
    });
  });
}

/** CPU seconds, user and system, that a process and its threads have used so far. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory of a process in MB: now, and at its highest. */
export function residentMegabytes(pid: number): { readonly now: number; readonly peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0);
  return { now: kilobytes('VmRSS') / 1024, peak: kilobytes('VmHWM') / 1024 };
}
