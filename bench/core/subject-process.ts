/**
 * One app of the benchmark in its own process: `subject-process.ts ADAPTER`, asked by messages of its parent. Its
 * clock runs with the machine's but can be set ahead, so that a day passes in seconds for libraries whose clock cannot
 * be given to them.
 */
import type { App, Measured, OpenApp, SubjectAnswer, SubjectRequest } from './contract.ts';

const [, , adapter = ''] = process.argv;
const { openApp } = (await import(adapter)) as { openApp: OpenApp };
const machineNow = Date.now.bind(Date);
const state: { app: App | undefined; offsetMs: number } = { app: undefined, offsetMs: 0 };
Date.now = () => machineNow() + state.offsetMs;

process.on('message', (request: SubjectRequest) => void respond(request));
// Whatever a library still does then; Node.js keeps the code that it has compiled.
process.on('disconnect', () => process.exit(0));
// A library's own stray errors must not end the day of its app; they show in what is lost.
process.on('uncaughtException', (error) => console.error(error));
process.on('unhandledRejection', (error) => console.error(error));

async function respond(request: SubjectRequest): Promise<void> {
  const { id } = request;
  const send = (answer: SubjectAnswer): void => void process.send?.(answer);
  try {
    send({ id, value: await serve(request) });
  } catch (error) {
    send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}

async function serve(request: SubjectRequest): Promise<unknown> {
  switch (request.type) {
    case 'open':
      state.app = await openApp(request.options);
      return undefined;
    case 'clock':
      state.offsetMs = request.offsetMs;
      return undefined;
    case 'close':
      await state.app?.close();
      state.app = undefined;
      return undefined;
    case 'measure':
      return await measure(opened(), request);
    case 'call':
      return await call(opened(), request);
  }
}

function opened(): App {
  if (!state.app) throw new Error('the app is not open');
  return state.app;
}

async function call(app: App, { operation, args }: SubjectRequest & { type: 'call' }): Promise<unknown> {
  const method = app[operation] as (...values: readonly unknown[]) => Promise<unknown>;
  return await method(...args);
}

/** How long each sort of cached read is repeated at most. */
const budgetMs = 500;

async function measure(
  app: App,
  { pubkeys, authors, rounds }: SubjectRequest & { type: 'measure' },
): Promise<Measured> {
  const profiles: number[] = [];
  // What has no cache is not asked for ever.
  const end = performance.now() + budgetMs;
  for (let round = 0; round < rounds && performance.now() < end; round++) {
    for (const pubkey of pubkeys) profiles.push(await time(() => app.cachedProfile(pubkey)));
  }
  const feeds: number[] = [];
  let notes: unknown;
  const feedsEnd = performance.now() + budgetMs;
  for (let round = 0; round < rounds * 5 && performance.now() < feedsEnd; round++) {
    feeds.push(
      await time(() => {
        notes = app.cachedNotes(authors, 50);
        return notes;
      }),
    );
  }
  const shown = await notes;
  const { rss } = process.memoryUsage();
  return {
    profileP50Us: percentile(profiles, 0.5) * 1_000,
    profileP99Us: percentile(profiles, 0.99) * 1_000,
    notesP50Ms: percentile(feeds, 0.5),
    notesP99Ms: percentile(feeds, 0.99),
    notes: Array.isArray(shown) ? shown.length : 0,
    residentMb: rss / 2 ** 20,
    peakMb: process.resourceUsage().maxRSS / 1_024,
  };
}

/** Milliseconds; what is there at once is not waited for. */
async function time(work: () => unknown): Promise<number> {
  const startedMs = performance.now();
  const result = work();
  if (result instanceof Promise) await result;
  return performance.now() - startedMs;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
