import type { Cache } from '@nostrata/cache';
import type { Database } from '@nostrata/database';
import { createProber, type ObservatoryMetrics, type Registry } from '@nostrata/observatory';
import type { Logger } from 'pino';
import type { Settings } from './config/table.ts';
import { lead } from './leading.ts';
import {
  firstProbesMsMax,
  probeRoundMsMax,
  relayFiguresMsMax,
  relayFiguresMsMin,
  relayFiguresPause,
} from './limits.ts';

/** What the work on relays needs that goes on beside collection. */
export interface RelayWork {
  readonly settings: Settings;
  readonly cache: Cache;
  readonly metrics: ObservatoryMetrics;
  readonly database: Database;
  readonly registry: Registry;
  readonly clock: { now(): number; after(milliseconds: number, callback: () => void): () => void };
  readonly logger: Logger;
}

/**
 * Adds up the figures of relays and looks for new ones: all the time while that is quick, as in an observatory that has
 * just begun, and no more than a fiftieth of the time when it has grown.
 */
export function refreshRelays({ metrics, settings, registry, clock, logger }: RelayWork): AsyncDisposable {
  let isStopped = false;
  let cancel = (): void => undefined;
  let working = Promise.resolve();
  const step = async (): Promise<void> => {
    const startMs = performance.now();
    try {
      if (settings.discoverRelays) await registry.discover();
      await registry.addUp();
    } catch (error) {
      metrics.failed?.('relay-figures');
      logger.error({ error: String(error) }, 'the figures of relays could not be added up and will be tried again');
    }
    const pauseMs = (performance.now() - startMs) * relayFiguresPause;
    if (!isStopped) schedule(Math.min(Math.max(pauseMs, relayFiguresMsMin), relayFiguresMsMax));
  };
  const schedule = (milliseconds: number): void => {
    cancel = clock.after(milliseconds, () => {
      working = step();
    });
  };
  schedule(relayFiguresMsMin);
  return {
    async [Symbol.asyncDispose]() {
      isStopped = true;
      cancel();
      await working;
    },
  };
}

/** Of several collectors one probes: all see the network from the same place. */
export function leadProbes(work: RelayWork): AsyncDisposable {
  const { settings, cache, metrics, database, registry, clock, logger } = work;
  const everyMs = settings.probeEvery * 1_000;
  return lead({
    cache,
    name: 'probes',
    after: clock.after,
    onFailed(error) {
      metrics.failed?.('probes');
      logger.error({ error: String(error) }, 'probes were interrupted');
    },
    async begin() {
      const prober = createProber({
        database,
        registry,
        clock,
        monotonicMs: () => performance.now(),
        random: Math.random,
        logger,
        metrics,
        allowLocal: settings.allowLocalRelays,
        limits: {
          everyMs,
          firstSpreadMs: Math.min(firstProbesMsMax, everyMs / 4),
          roundMs: Math.min(probeRoundMsMax, everyMs / 2),
        },
      });
      await prober.start();
      return () => prober.stop();
    },
  });
}
