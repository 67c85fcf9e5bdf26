import type { EventStore, RetentionPolicy } from '@nostrata/store';
import type { Settings } from './config/table.ts';

/** Work that comes round again. */
export interface Job {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<unknown>;
}

/** Jobs that run until they are stopped. */
export interface Jobs {
  /** Waits for those that are running. Idempotent. */
  stop(): Promise<void>;
}

/** Runs each job over and over; a job never runs beside itself, and one that fails is told and tried again. */
export function createJobs(jobs: readonly Job[], onFailure: (name: string, error: unknown) => void): Jobs {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let isStopped = false;
  const schedule = (job: Job) => {
    if (isStopped) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      const run: Promise<void> = runJob(job, onFailure).then(() => {
        running.delete(run);
        schedule(job);
      });
      running.add(run);
    }, job.everyMs);
    timer.unref();
    timers.add(timer);
  };
  for (const job of jobs) schedule(job);
  return {
    async stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

async function runJob(job: Job, onFailure: (name: string, error: unknown) => void): Promise<void> {
  try {
    await job.run();
  } catch (error) {
    onFailure(job.name, error);
  }
}

/** The retention policy that the settings ask for; undefined where they keep everything. */
export function toRetentionPolicy(settings: Settings): RetentionPolicy | undefined {
  const { retainAge, retainBytes, retainKinds, retainPubkeys } = settings;
  if (retainAge === 0 && retainBytes === 0) return undefined;
  return {
    maxAgeSeconds: retainAge === 0 ? undefined : retainAge,
    maxBytes: retainBytes === 0 ? undefined : retainBytes,
    protectedKinds: new Set(retainKinds),
    protectedPubkeys: new Set(retainPubkeys),
  };
}

/** How the jobs of a store are run. */
export interface StoreJobsOptions {
  readonly expireEveryMs: number;
  /** Resolves when nothing is lost by removing events: roll-ups have read them. */
  readonly before: () => Promise<void>;
}

/** The jobs of a store that is in use: sweeping what has expired (NIP-40), and retention where it is asked for. */
export function createStoreJobs(
  store: EventStore,
  settings: Settings,
  { expireEveryMs, before }: StoreJobsOptions,
): Job[] {
  const expire = async (): Promise<void> => {
    await before();
    await store.expire();
  };
  const jobs: Job[] = [{ name: 'expire', everyMs: expireEveryMs, run: expire }];
  const policy = toRetentionPolicy(settings);
  if (policy) {
    // A timer holds at most 2^31 − 1 milliseconds.
    const everyMs = Math.min(Math.max(settings.retainEvery, 1) * 1000, 2 ** 31 - 1);
    const retain = async (): Promise<void> => {
      await before();
      await store.retain(policy);
    };
    jobs.push({ name: 'retain', everyMs, run: retain });
  }
  return jobs;
}
