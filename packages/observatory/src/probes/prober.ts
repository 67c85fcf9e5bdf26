import type { Database } from '@nostrata/database';
import type { Clock, ObservatoryLogger, ObservatoryMetrics } from '../contract.ts';
import type { Registry } from '../registry/registry.ts';
import { type Announcement, type Announcer, createAnnouncer } from './announcer.ts';
import type { LookupHost } from './dial.ts';
import { createJudge, type Judge } from './judge.ts';
import { loadStandings } from './ledger.ts';
import { type ProbeLimits, probeLimits } from './limits.ts';
import type { Standing } from './outages.ts';
import { createPlans, type Plans } from './plans.ts';
import { type ProbeParts, type ProbeResult, probeRelay, type WriteTrial } from './probe.ts';

/** What a prober needs. */
export interface ProberOptions {
  readonly database: Database;
  readonly registry: Registry;
  readonly clock: Clock;
  /** Monotonic, in milliseconds with fractions (`performance.now`). */
  readonly monotonicMs: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly logger: ObservatoryLogger;
  readonly metrics?: ObservatoryMetrics | undefined;
  readonly allowLocal?: boolean | undefined;
  /** Writes an event at each probe and reads it back; unless given, nothing is written to anybody. */
  readonly write?: WriteTrial | undefined;
  /** Tells the network what was found (NIP-66); unless given, nobody is told anything. */
  readonly announce?: Announcement | undefined;
  /** The platform's look-up of names unless given. */
  readonly lookupHost?: LookupHost | undefined;
  /** Servers that names are asked of instead of the platform's, as `address:port`. */
  readonly nameServers?: readonly string[] | undefined;
  /** Certificates that are trusted instead of the platform's. */
  readonly certificates?: readonly string[] | undefined;
  readonly limits?: Partial<ProbeLimits> | undefined;
}

/** Probes the relays of a registry, each in its turn. */
export interface Prober extends AsyncDisposable {
  /** Begins; the registry has started before. Idempotent. */
  start(): Promise<void>;
  /** Probes one relay now; the outcome counts as any other. */
  probe(url: string): Promise<ProbeResult>;
  /** Judges and writes what is not written yet. */
  flush(): Promise<void>;
  /** Ends after the probes under way; what they found is written. Idempotent. */
  stop(): Promise<void>;
}

/** Creates a prober. */
export function createProber(options: ProberOptions): Prober {
  const { clock, registry, database } = options;
  const limits = { ...probeLimits, ...options.limits };
  const plans = createPlans(clock, options.random, limits);
  const onStanding = (relay: number, { failures }: Standing): void => {
    plans.of(relay).failures = failures;
  };
  const judge = createJudge({ ...options, limits, onStanding });
  const hands = createHands(options);
  const announcer = toAnnouncer(options, limits);
  const trials = createTrials({ options, limits, plans, judge });
  const probeInTurn = async (relay: number, url: string): Promise<void> => {
    const result = await trials.probeKnown(relay, url);
    await announcer?.announceRelay({ relay, url, result });
  };
  let isStopped = false;
  let cancel = (): void => undefined;
  const startDue = (): void => {
    for (const { relay, url } of registry.relays()) {
      if (hands.underWay() >= limits.concurrencyMax) return;
      const plan = plans.of(relay);
      if (!plan.isUnderWay && plan.nextMs <= clock.now()) hands.run('a probe', () => probeInTurn(relay, url));
    }
    for (const url of registry.takeCandidates(limits.concurrencyMax - hands.underWay())) {
      hands.run('the probe of a candidate', async () => {
        await registry.settleCandidate(url, await trials.probeStranger(url));
      });
    }
  };
  const tick = (): void => {
    if (isStopped) return;
    startDue();
    hands.run('writing what probes found', () => judge.tick(registry.relays().length));
    if (announcer !== undefined) hands.run('announcing the monitor', announcer.announceMonitor);
    cancel = clock.after(limits.tickMs, tick);
  };
  const start = async (): Promise<void> => {
    const ids = registry.relays().map(({ relay }) => relay);
    for (const [relay, standing] of await loadStandings(database, ids)) {
      plans.resume(relay, standing);
      const last = standing.recent.at(-1);
      if (last !== undefined) judge.remember(relay, last.ok ? 'up' : 'down');
    }
    tick();
  };
  let starting: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    isStopped = true;
    cancel();
    await starting?.catch(() => undefined);
    await hands.finished();
    await judge.flush();
  };
  return {
    start: () => {
      starting ??= start();
      return starting;
    },
    async probe(url) {
      const relay = registry.idOf(url);
      return relay === undefined ? await trials.probeStranger(url) : await trials.probeKnown(relay, url);
    },
    flush: () => judge.flush(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function toAnnouncer({ announce, database, clock, write }: ProberOptions, limits: ProbeLimits): Announcer | undefined {
  if (announce === undefined) return undefined;
  return createAnnouncer({ announcement: announce, database, clock, limits, writes: write !== undefined });
}

interface Trials {
  probeKnown(relay: number, url: string): Promise<ProbeResult>;
  probeStranger(url: string): Promise<ProbeResult>;
}

interface TrialParts {
  readonly options: ProberOptions;
  readonly limits: ProbeLimits;
  readonly plans: Plans;
  readonly judge: Judge;
}

function createTrials({ options, limits, plans, judge }: TrialParts): Trials {
  const { clock, registry, metrics, monotonicMs } = options;
  const parts: ProbeParts = { ...options, limits, now: () => clock.now(), allowLocal: options.allowLocal ?? false };
  const measure = async (url: string, withInformation: boolean): Promise<ProbeResult> => {
    const begin = monotonicMs();
    const result = await probeRelay(url, { ...parts, withInformation });
    metrics?.probed?.(result.ok, (monotonicMs() - begin) / 1000);
    return result;
  };
  return {
    async probeKnown(relay, url) {
      const plan = plans.of(relay);
      plan.isUnderWay = true;
      try {
        const isDue = clock.now() - plan.informationMs >= limits.informationEveryMs;
        const result = await measure(url, isDue);
        const atMs = clock.now();
        if (isDue && result.ok) plan.informationMs = atMs;
        const { ok, failure, ms } = result;
        judge.take({ relay, atMs, ok, failure, ms, skipped: plan.skipped, skippedEveryMs: limits.everyMs });
        plans.reschedule(plan, ok);
        await registry.noteProbe(relay, result);
        return result;
      } finally {
        plan.isUnderWay = false;
      }
    },
    probeStranger: (url) => measure(url, true),
  };
}

interface Hands {
  underWay(): number;
  /** Does something without being waited for; what goes wrong is logged and counted. */
  run(what: string, work: () => Promise<unknown>): void;
  finished(): Promise<void>;
}

function createHands({ logger, metrics }: Pick<ProberOptions, 'logger' | 'metrics'>): Hands {
  const underWay = new Set<Promise<unknown>>();
  return {
    underWay: () => underWay.size,
    run(what, work) {
      const settled = work().catch((error: unknown) => {
        metrics?.failed?.('probes');
        logger.error({ error }, `${what} failed`);
      });
      underWay.add(settled);
      void settled.finally(() => underWay.delete(settled));
    },
    async finished() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
