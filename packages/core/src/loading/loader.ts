import type { Clock, Plan, RelayAnswer, RelayPool } from '@nostrata/network';
import type { Filter } from '@nostrata/protocol';
import { gatherKeysMax, gatherMs, readDeadlineMs } from '../limits.ts';
import { addPlan, isLookup } from './lookup.ts';
import type { ReadRoutes } from './routes.ts';
import { createCover, keyOf, toFilters, type Wanted } from './wanted.ts';

/** What became of a wish: which relays answered it. None: nothing was learned. */
export interface LoadOutcome {
  readonly relays: readonly string[];
}

/** Gets single things from relays. */
export interface Loader {
  /**
   * Resolves when every relay that was asked for it has answered, or at the end of the request; never rejects. A wish
   * that is under way is not asked again; wishes of the same moment share their REQs.
   */
  load(wanted: Wanted, hints?: readonly string[]): Promise<LoadOutcome>;
  /** Wishes gathered or under way. */
  readonly pending: number;
}

interface Job {
  readonly wanted: Wanted;
  readonly hints: readonly string[];
  readonly promise: Promise<LoadOutcome>;
  resolve(outcome: LoadOutcome): void;
}

/** What the loader is made of. */
export interface LoaderOptions {
  readonly pool: Pick<RelayPool, 'load'>;
  readonly routes: ReadRoutes;
  readonly clock: Clock;
  readonly onFailed: (what: string, error: unknown) => void;
  readonly onAnswer?: ((answer: RelayAnswer) => void) | undefined;
}

/** Makes the loader. */
export function createLoader(options: LoaderOptions): Loader {
  const jobs = new Map<string, Job>();
  let gathered: Job[] = [];
  let cancelTimer: (() => void) | undefined;

  const send = (): void => {
    cancelTimer?.();
    cancelTimer = undefined;
    const batch = gathered;
    gathered = [];
    // Where others are is not known before relay lists are: they are asked for by themselves, or each would wait for
    // the other.
    sendBatch(batch.filter(({ wanted }) => isLookup(wanted)));
    sendBatch(batch.filter(({ wanted }) => !isLookup(wanted)));
  };
  const sendBatch = (batch: readonly Job[]): void => {
    if (batch.length === 0) return;
    const finish = (job: Job, outcome: LoadOutcome): void => {
      jobs.delete(keyOf(job.wanted));
      job.resolve(outcome);
    };
    request(batch, options, finish).catch((error: unknown) => {
      options.onFailed('loader', error);
      for (const job of batch) finish(job, { relays: [] });
    });
  };

  return {
    load: (wanted, hints = []) => {
      const key = keyOf(wanted);
      const known = jobs.get(key);
      if (known) return known.promise;
      const { promise, resolve } = Promise.withResolvers<LoadOutcome>();
      const job: Job = { wanted, hints, promise, resolve };
      jobs.set(key, job);
      gathered.push(job);
      if (gathered.length >= gatherKeysMax) send();
      else cancelTimer ??= options.clock.after(gatherMs, send);
      return promise;
    },
    get pending() {
      return jobs.size;
    },
  };
}

/** Asks for a batch; each job is finished as soon as the last relay that was asked for it has answered. */
async function request(
  batch: readonly Job[],
  { pool, routes, onAnswer }: LoaderOptions,
  finish: (job: Job, outcome: LoadOutcome) => void,
): Promise<void> {
  const plan = await makePlan(batch, routes);
  const tally = createTally(batch, plan, finish);
  await pool.load(plan, {
    settle: 'first',
    deadlineMs: readDeadlineMs,
    onAnswer: (answer) => {
      onAnswer?.(answer);
      tally.note(answer);
    },
  });
  tally.end();
}

/** The routes of a batch; wishes that say where they are asked have routes of their own. */
async function makePlan(batch: readonly Job[], routes: ReadRoutes): Promise<Plan> {
  const isLookupBatch = batch.every(({ wanted }) => isLookup(wanted));
  const groups = Map.groupBy(batch, ({ wanted }) => (wanted.type === 'references' ? wanted.at?.join(' ') : undefined));
  const plans = await Promise.all(
    [...groups].map(([at, jobs]) => {
      const hints = [...new Set([...(at?.split(' ') ?? []), ...jobs.flatMap((job) => job.hints)])];
      const filters = toFilters(jobs.map(({ wanted }) => wanted));
      return routes.forRead(filters, { hints, isLookup: isLookupBatch, isHinted: at !== undefined });
    }),
  );
  const plan = new Map<string, Filter[]>();
  for (const part of plans) addPlan(plan, part);
  return plan;
}

/** Counts for each job the relays that are still to answer. */
function createTally(batch: readonly Job[], plan: Plan, finish: (job: Job, outcome: LoadOutcome) => void) {
  const open = new Map<Job, { waiting: number; relays: string[] }>();
  for (const job of batch) open.set(job, { waiting: 0, relays: [] });
  const jobsByRelay = new Map<string, Job[]>();
  for (const [relay, filters] of plan) {
    const covers = filters.map(createCover);
    const asked = batch.filter(({ wanted }) => covers.some((covered) => covered(wanted)));
    jobsByRelay.set(relay, asked);
    for (const job of asked) (open.get(job) ?? { waiting: 0 }).waiting += 1;
  }
  const end = (job: Job, relays: readonly string[]): void => {
    open.delete(job);
    finish(job, { relays });
  };
  return {
    note: (answer: RelayAnswer): void => {
      const isAnswered = createIsAnswered(answer);
      for (const job of jobsByRelay.get(answer.relay) ?? []) {
        const state = open.get(job);
        if (!state) continue;
        state.waiting -= 1;
        if (isAnswered(job.wanted)) state.relays.push(answer.relay);
        if (state.waiting === 0) end(job, state.relays);
      }
    },
    end: (): void => {
      for (const [job, { relays }] of open) end(job, relays);
    },
  };
}

/** A wish is answered by EOSE, unless the page was cut before everything that was asked for could be in it. */
function createIsAnswered(answer: RelayAnswer): (wanted: Wanted) => boolean {
  if (answer.end !== 'eose') return () => false;
  const covers = answer.filters.filter(({ complete }) => complete).map(({ filter }) => createCover(filter));
  return (wanted) => covers.some((covered) => covered(wanted));
}
