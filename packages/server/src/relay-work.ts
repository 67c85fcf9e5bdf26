import type { Cache } from '@nostrata/cache';
import type { Database } from '@nostrata/database';
import { createProber, type ObservatoryMetrics, type ProberOptions, type Registry } from '@nostrata/observatory';
import type { Logger } from 'pino';
import type { Settings } from './config/table.ts';
import { lead } from './leading.ts';
import { firstProbesMsMax, probeRoundMsMax, relayFiguresMsMax, relayFiguresMsMin } from './limits.ts';

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

/** What probes need besides: a way to write and to publish, where that was asked for. */
export interface ProbeWork extends RelayWork {
  readonly monitor: Pick<ProberOptions, 'write' | 'announce'>;
}

/**
 * Adds up the figures of relays and looks for new ones: soon after the start, when there is little and everybody waits
 * for it, and then after pauses that double up to five minutes.
 */
export function refreshRelays({ metrics, settings, registry, clock, logger }: RelayWork): AsyncDisposable {
  let isStopped = false;
  let cancel = (): void => undefined;
  let working = Promise.resolve();
  const step = async (pauseMs: number): Promise<void> => {
    try {
      if (settings.discoverRelays) await registry.discover();
      await registry.addUp();
    } catch (error) {
      metrics.failed?.('relay-figures');
      logger.error({ error: String(error) }, 'the figures of relays could not be added up and will be tried again');
    }
    if (!isStopped) schedule(Math.min(pauseMs * 2, relayFiguresMsMax));
  };
  const schedule = (milliseconds: number): void => {
    cancel = clock.after(milliseconds, () => {
      working = step(milliseconds);
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
export function leadProbes(work: ProbeWork): AsyncDisposable {
  const { settings, cache, metrics, database, registry, clock, logger, monitor } = work;
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
        write: monitor.write,
        announce: monitor.announce,
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
