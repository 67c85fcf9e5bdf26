import { sendNotice } from './answers.ts';
import type { Connection } from './connection.ts';
import type { RelayLimits } from './limits.ts';
import type { Registry } from './registry.ts';

/** Ends what is idle, half open or overdue. */
export interface Sweeper {
  sweep(): void;
}

/** What a sweeper is made with. */
export interface SweeperOptions {
  readonly limits: Pick<RelayLimits, 'pingSeconds' | 'idleSeconds'>;
  readonly registry: Registry;
  readonly now: () => number;
}

/** Creates the sweeper of one relay; somebody calls it every few seconds. */
export function createSweeper({ limits, registry, now }: SweeperOptions): Sweeper {
  const pingMs = limits.pingSeconds * 1_000;
  const idleMs = limits.idleSeconds * 1_000;

  const sweepOne = (connection: Connection, nowMs: number) => {
    for (const running of [...connection.running.values()]) running.sweep?.(nowMs);
    // What is not read cannot be heard: its silence counts from when it is read again.
    if (connection.isPaused) {
      connection.heardAtMs = nowMs;
      return;
    }
    const silentMs = nowMs - connection.heardAtMs;
    if (silentMs >= 2 * pingMs) {
      connection.endReason = 'half-open';
      connection.outbox.cut();
    } else if (isIdle(connection) && nowMs - connection.activeAtMs >= idleMs) {
      connection.endReason = 'idle';
      sendNotice(connection, { prefix: 'closed', message: `nothing was asked for ${limits.idleSeconds} seconds` });
      connection.outbox.close(1000, 'idle');
    } else if (silentMs >= pingMs) {
      const socket = registry.getSocket(connection);
      if (socket?.readyState === socket?.OPEN) socket?.ping();
    }
  };
  return {
    sweep() {
      const nowMs = now();
      for (const connection of registry.all()) sweepOne(connection, nowMs);
    },
  };
}

function isIdle({ subscriptions, running, submissionsInFlight }: Connection): boolean {
  return subscriptions.size === 0 && running.size === 0 && submissionsInFlight === 0;
}
