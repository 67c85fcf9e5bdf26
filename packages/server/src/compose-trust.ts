import type { Cache } from '@nostrata/cache';
import type { HttpRoute } from '@nostrata/http';
import type { Ingest } from '@nostrata/ingest';
import type { EventStore } from '@nostrata/store';
import { createTrust, createTrustRoutes, type Trust, TrustError } from '@nostrata/trust';
import type { Logger } from 'pino';
import type { Role } from './compose-observatory.ts';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';
import { discountMsMax } from './limits.ts';
import type { TrustMetrics } from './metrics/trust-metrics.ts';
import { afterTimeout } from './timers.ts';
import { createAssertionKey, leadAssertions } from './trust-assertions.ts';
import { loadTrustHealth, type TrustHealth } from './trust-health.ts';

/** The pieces of other rooms that the web of trust works with. */
export interface TrustParts {
  readonly store: EventStore;
  readonly ingest: Pick<Ingest, 'submit'>;
  readonly cache: Cache;
  readonly settings: Settings;
  readonly roles: ReadonlySet<Role>;
  readonly logger: Logger;
  readonly metrics: TrustMetrics;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The web of trust as far as this process has a part in it. */
export interface ComposedTrust extends AsyncDisposable {
  /** None where this process does not answer for it. */
  readonly routes: readonly HttpRoute[];
  /** Null where it is off. */
  health(): Promise<TrustHealth | null>;
  /** What somebody gets off a price, in percent: 0 where that is not known. Never rejects, and answers soon. */
  discountPercent(pubkey: string): Promise<number>;
}

/**
 * Starts the web of trust without waiting for it: until it has read the store its routes answer 503.
 * @throws ConfigError where there are too many anchors, or no key to sign with
 */
export async function composeTrust(parts: TrustParts): Promise<ComposedTrust> {
  const { settings, roles, metrics } = parts;
  if (!settings.trust || !(roles.has('api') || roles.has('jobs'))) return withoutTrust;
  const logger = parts.logger.child({ room: 'trust' });
  const clock = { now: parts.now, after: afterTimeout };
  await using started = new AsyncDisposableStack();
  const onProblem = (error: unknown): void => {
    metrics.failed();
    logger.warn({ error: String(error) }, 'the web of trust had a problem and goes on');
  };
  const trust = started.use(open(parts, { clock, onProblem }));
  metrics.watch(trust);
  let isStarting = true;
  let isStopped = false;
  const ready = trust
    .start()
    .catch((error: unknown) => void (isStopped || onProblem(error)))
    .finally(() => {
      isStarting = false;
    });
  if (settings.trustAssertions && roles.has('jobs')) {
    const key = started.use(await createAssertionKey(settings.data));
    started.use(leadAssertions({ ...parts, trust, ready, key, clock, onProblem }));
  }
  started.defer(() => {
    isStopped = true;
  });
  const stack = started.move();
  return {
    routes: roles.has('api') ? createTrustRoutes({ trust, clock }) : [],
    health: () => loadTrustHealth(trust, { isStarting, nowMs: parts.now() }),
    discountPercent: (pubkey) => loadDiscount(trust, pubkey, { clock, onProblem }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

interface Watching {
  readonly clock: { now(): number; after(milliseconds: number, callback: () => void): () => void };
  readonly onProblem: (error: unknown) => void;
}

function open({ store, cache, settings, metrics }: TrustParts, watching: Watching): Trust {
  try {
    return createTrust({ ...watching, store, cache, metrics, anchors: settings.trustAnchors, random: Math.random });
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    throw new ConfigError(`trustAnchors: ${error.message}`, { cause: error });
  }
}

/** Selling must go on: whatever goes wrong, or takes too long, is no discount. */
async function loadDiscount(trust: Trust, pubkey: string, { clock, onProblem }: Watching): Promise<number> {
  const late = Promise.withResolvers<number>();
  const cancel = clock.after(discountMsMax, () => late.resolve(0));
  const earned = trust.score(pubkey).then(
    ({ discountPercent }) => discountPercent,
    (error: unknown) => {
      if (!(error instanceof TrustError)) onProblem(error);
      return 0;
    },
  );
  try {
    return await Promise.race([earned, late.promise]);
  } finally {
    cancel();
  }
}

const withoutTrust: ComposedTrust = {
  routes: [],
  health: async () => null,
  discountPercent: async () => 0,
  [Symbol.asyncDispose]: async () => undefined,
};
