import { exitCode } from './cli/exit.ts';
import { runProgram } from './cli/program.ts';
import { createHost } from './config/host.ts';

/** Runs the program of this process: streams, signals, exit code. */
export async function main(): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(exitCode.interrupted);
      interrupted.abort();
    });
  }
  // A reader that has gone (`| head`) is the end of the work, not a failure of it.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCode.ok);
    throw error;
  });
  const { stdin, stdout, stderr } = process;
  const terminal = { input: stdin, output: stdout, notes: stderr, interrupted: interrupted.signal };
  const code = await runProgram(process.argv.slice(2), terminal, createHost());
  await new Promise<void>((resolve) => stdout.write('', () => resolve()));
  process.exit(code);
}
