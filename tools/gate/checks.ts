import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** A whole-project check: one command that succeeds or fails. */
export interface Check {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
}

/** What became of a check. */
export interface CheckReport {
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
}

/** The checks that run before the suites, in order; each counts as one test. */
export const checks: readonly Check[] = [
  { name: 'type check', command: 'tsc', arguments: ['-p', '.', '--pretty', 'false'] },
  { name: 'type check of the page', command: 'tsc', arguments: ['-p', 'packages/web/page', '--pretty', 'false'] },
  {
    name: 'lint and format',
    command: 'biome',
    arguments: ['check', '--error-on-warnings', '--max-diagnostics=50', '.'],
  },
  { name: 'dead code and dependencies', command: 'knip', arguments: ['--no-progress'] },
];

/** Runs a check with the tools that the project installs, whatever else the machine has. */
export async function runCheck(check: Check, root: string): Promise<CheckReport> {
  const started = performance.now();
  const bin = join(root, 'node_modules/.bin');
  const child = spawn(join(bin, check.command), check.arguments, {
    cwd: root,
    env: { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const parts: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => parts.push(text));
  }
  const ok = await new Promise<boolean>((resolve) => {
    child.on('error', (error) => {
      parts.push(`cannot run ${check.command}: ${error.message}; is everything installed (npm ci)?`);
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
  return { ok, output: parts.join('').trimEnd(), seconds: (performance.now() - started) / 1000 };
}
