/**
 * The gate: type check, lint, dead code, then every test suite. Ends with `N passed, N failed, N skipped` and exit
 * code 1 where anything failed.
 *
 * `npm test` runs all of it; `npm test -- packages/store tools/gate.test.ts` runs only the suites under those paths.
 * Random tests take the same path each time; `NOSTRATA_SEED=N` or `NOSTRATA_SEED=random` takes another.
 */
import { join, relative } from 'node:path';
import { parseSeed } from '@nostrata/testing';
import { checks, runCheck } from './gate/checks.ts';
import { watchCosts } from './gate/costs.ts';
import { planSuites, runPlan } from './gate/schedule.ts';
import { needsPostgres, startServices } from './gate/services.ts';
import { findSuites, runSuite, type SuiteReport } from './gate/suites.ts';

const root = new URL('..', import.meta.url).pathname;
const paths = process.argv.slice(2);
// Every suite and every worker thread loads the same files: compiled once, a store's worker starts in half the time.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/compiled');
// A random seed is chosen here, once, for all suites.
const seed = String(parseSeed(process.env.NOSTRATA_SEED));
process.env.NOSTRATA_SEED = seed;
const tally = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];
const skips: string[] = [];

const costs = watchCosts();

function countSuite(report: SuiteReport): void {
  tally.passed += report.passed;
  tally.failed += report.failures.length;
  tally.skipped += report.skips.length;
  const place = relative(root, report.path);
  const cost = costs.of(report.path);
  const seconds = `${report.seconds.toFixed(1)} s${cost === undefined ? '' : `, CPU ${cost.toFixed(1)} s`}`;
  const skipped = report.skips.length > 0 ? `, ${report.skips.length} skipped` : '';
  const verdict = report.failures.length > 0 ? `FAILED ${report.failures.length}, passed` : 'ok';
  console.log(`${place}: ${verdict} ${report.passed}${skipped} (${seconds})`);
  for (const { name, detail } of report.failures) failures.push(`FAILED ${place} › ${name}\n${detail}`);
  for (const { name, reason } of report.skips) skips.push(`SKIPPED ${place} › ${name}: ${reason}`);
}

async function runChecks(): Promise<void> {
  for (const check of checks) {
    const { ok, output, seconds } = await runCheck(check, root);
    console.log(`${check.name}: ${ok ? 'ok' : 'FAILED'} (${seconds.toFixed(1)} s)`);
    if (ok) tally.passed += 1;
    else {
      tally.failed += 1;
      failures.push(`FAILED ${check.name}\n${output}`);
    }
  }
}

async function runGate(): Promise<void> {
  const suites = await findSuites(root, paths);
  if (suites.length === 0) failures.push('FAILED no test suite found');
  if (suites.length === 0) tally.failed += 1;
  const onPostgres = new Set(suites.filter(needsPostgres));
  // It starts beside the checks; the first suite that needs it waits for it.
  const starting = onPostgres.size > 0 ? startServices() : undefined;
  await runPlan(planSuites(suites), {
    checks: paths.length === 0 ? runChecks : async () => {},
    async suite(path) {
      if (onPostgres.has(path)) await starting;
      countSuite(await runSuite(path));
    },
  });
  await (await starting)?.[Symbol.asyncDispose]();
}

console.log(`seed ${seed}`);
await runGate();
costs[Symbol.dispose]();
console.log(`${(performance.now() / 1000).toFixed(1)} s, CPU ${costs.total()?.toFixed(1) ?? 'unknown'} s`);
for (const text of [...skips, ...failures]) console.log(`\n${text}`);
process.exitCode = tally.failed > 0 ? 1 : 0;
console.log(`\n${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
