import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';
import { limits } from './limits.ts';

/** What the tests of one file came to. */
export interface SuiteReport {
  readonly path: string;
  readonly passed: number;
  readonly failures: readonly { readonly name: string; readonly detail: string }[];
  readonly skips: readonly { readonly name: string; readonly reason: string }[];
  readonly seconds: number;
}

/** Where test files live. */
const patterns = ['packages/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts'];

/** The absolute paths of all test files; with prefixes (relative to the root) only those under one of them. */
export async function findSuites(root: string, prefixes: readonly string[]): Promise<string[]> {
  const suites: string[] = [];
  const exclude = (path: string) => path.includes('node_modules');
  for await (const path of glob(patterns, { cwd: root, exclude })) {
    if (prefixes.length > 0 && !prefixes.some((prefix) => path.startsWith(prefix.replace(/^\.\//, '')))) continue;
    suites.push(join(root, path));
  }
  return suites;
}

interface TestEvent {
  readonly name: string;
  readonly line?: number | undefined;
  readonly skip?: string | boolean | undefined;
  readonly todo?: string | boolean | undefined;
  readonly details: { readonly type?: string | undefined; readonly error?: unknown };
}

/**
 * Runs one test file in its own process. A file that cannot be loaded, holds no test, ends with an error of its own
 * or does not end at all counts as a failure.
 */
export async function runSuite(path: string): Promise<SuiteReport> {
  const report = {
    path,
    passed: 0,
    failures: [] as SuiteReport['failures'][number][],
    skips: [] as SuiteReport['skips'][number][],
    seconds: 0,
  };
  const started = performance.now();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), limits.suiteTimeoutMs);
  const errorLines: string[] = [];
  const events = run({ files: [path], timeout: limits.testTimeoutMs, signal: deadline.signal });
  for await (const event of events) {
    if (event.type === 'test:stderr') errorLines.push(event.data.message);
    if (event.type === 'test:pass') notePass(report, event.data as TestEvent);
    if (event.type === 'test:fail') noteFailure(report, event.data as TestEvent, errorLines);
  }
  clearTimeout(timer);
  if (report.passed + report.failures.length + report.skips.length === 0) {
    report.failures.push({ name: 'the file', detail: '  it holds no test' });
  }
  report.seconds = (performance.now() - started) / 1000;
  return report;
}

type OpenReport = Pick<SuiteReport, 'path'> & {
  passed: number;
  failures: { name: string; detail: string }[];
  skips: { name: string; reason: string }[];
};

function notePass(report: OpenReport, event: TestEvent): void {
  const { name, skip, todo, details } = event;
  if (name === report.path) return;
  const reason = skip || todo;
  if (reason) report.skips.push({ name, reason: typeof reason === 'string' ? reason : 'no reason given' });
  else if (details.type !== 'suite') report.passed += 1;
}

function noteFailure(report: OpenReport, event: TestEvent, errorLines: readonly string[]): void {
  const { name, line, details } = event;
  const error = details.error as (Error & { failureType?: string; exitCode?: number; signal?: string }) | undefined;
  // Each failed part was reported by itself.
  if (error?.failureType === 'subtestsFailed') return;
  if (name !== report.path) {
    const cause = error?.cause ?? error;
    const at = line === undefined ? '' : `  line ${line}\n`;
    report.failures.push({ name, detail: at + indent(describeCause(cause)) });
    return;
  }
  const fate =
    error?.failureType === 'testAborted'
      ? `its process did not end within ${limits.suiteTimeoutMs / 1000} s: a timer, socket or worker is left open`
      : `its process ended with ${error?.signal ? `signal ${error.signal}` : `exit code ${error?.exitCode}`}`;
  const output = errorLines.join('').trimEnd().split('\n').slice(-limits.errorLinesMax).join('\n');
  report.failures.push({ name: 'the file', detail: indent(`${fate}\n${output}`.trimEnd()) });
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}

function describeCause(cause: unknown): string {
  // An error whose stack was taken away has said all it has to say.
  return cause instanceof Error && !cause.stack?.includes('\n    at ') ? cause.message : inspect(cause);
}
