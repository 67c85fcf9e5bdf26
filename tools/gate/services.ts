import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { startPostgres } from '@nostrata/testing';

/** Says whether a suite, or what it imports by path, starts PostgreSQL. */
export function needsPostgres(suite: string): boolean {
  const seen = new Set<string>();
  const waiting = [suite];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path) || !existsSync(path)) continue;
    seen.add(path);
    const text = readFileSync(path, 'utf8');
    if (text.includes('startPostgres(')) return true;
    for (const [, imported = ''] of text.matchAll(/from '(\.[^']+\.ts)'/g)) {
      if (isForTests(imported)) waiting.push(resolve(dirname(path), imported));
    }
  }
  return false;
}

/** Only files for tests start servers: what is shipped need not be read. */
function isForTests(path: string): boolean {
  return /(^|\/)test-[^/]+$|\/conformance\/|^\.\/[^/]+$/.test(path);
}

/**
 * Starts one PostgreSQL for all suites, which find its address in NOSTRATA_TEST_POSTGRES; each makes databases of its own
 * there. Does nothing where that variable names one already. Where there can be none, each suite finds out why.
 */
export async function startServices(): Promise<AsyncDisposable> {
  if (process.env.NOSTRATA_TEST_POSTGRES) return { [Symbol.asyncDispose]: async () => {} };
  const server = await startPostgres();
  if (!server.isAvailable) return { [Symbol.asyncDispose]: async () => {} };
  process.env.NOSTRATA_TEST_POSTGRES = server.url;
  return server;
}
