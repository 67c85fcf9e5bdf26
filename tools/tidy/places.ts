/** The rooms from the ground up; a room imports only rooms before it. */
export const ladder = [
  'protocol',
  'database',
  'cache',
  'http',
  'store',
  'ingest',
  'network',
  'views',
  'trust',
  'core',
  'relay',
  'observatory',
  'accounts',
  'music',
  'community',
  'web',
  'server',
  'testing',
] as const;

/** The room of a path under `packages/`, or undefined. */
export function roomOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** Says whether the file is a test, or runs only within tests: a conformance suite, a `test-….ts` beside tests. */
export function isTest(path: string): boolean {
  if (path.endsWith('.test.ts') || /\/test-[^/]+\.ts$/.test(path)) return true;
  return /^packages\/[^/]+\/(src\/)?conformance(\/|\.ts$)/.test(path);
}

/** Where the library that applications import takes the machine's clock and randomness, unless it is given others. */
const coreEdge = 'packages/core/src/clock.ts';

/** Where the page takes what it needs from the browser. */
const pageEdge = 'packages/web/page/main.tsx';

/** Says whether the file may read the clock, the environment, randomness and the console by itself. */
export function isAtEdge(path: string): boolean {
  const room = roomOf(path);
  if (path === coreEdge || path === pageEdge) return true;
  return room === undefined || room === 'server' || room === 'testing' || isTest(path);
}
