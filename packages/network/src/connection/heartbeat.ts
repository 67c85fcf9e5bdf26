import type { Clock } from '../contract.ts';

/** What a heartbeat needs to know of its connection. */
export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly pingMs: number;
  readonly pongMs: number;
  /** Sends something that the other side must answer. */
  ping(): void;
  /** True while nothing can come because we do not read. */
  isExcused(): boolean;
  /** Nothing came for too long after a ping. */
  dead(): void;
}

/** Finds out whether the other side is still there. */
export interface Heartbeat {
  /** Something came. */
  received(): void;
  /** Asks now rather than at the next turn. */
  probe(): void;
  stop(): void;
}

/** Pings after silence, and reports the other side dead where no frame at all follows. */
export function startHeartbeat({ clock, pingMs, pongMs, ...options }: HeartbeatOptions): Heartbeat {
  let lastReceivedMs = clock.now();
  let isProbing = false;
  let isStopped = false;
  let cancel = (): void => undefined;

  const probe = (): void => {
    if (isProbing || isStopped) return;
    isProbing = true;
    const askedMs = clock.now();
    cancel();
    cancel = clock.after(pongMs, () => {
      isProbing = false;
      if (lastReceivedMs < askedMs && !options.isExcused()) return options.dead();
      schedule();
    });
    options.ping();
  };
  const schedule = (): void => {
    const silentMs = clock.now() - lastReceivedMs;
    cancel = clock.after(Math.max(1, pingMs - silentMs), () => {
      if (clock.now() - lastReceivedMs >= pingMs) probe();
      else schedule();
    });
  };
  schedule();
  return {
    received() {
      lastReceivedMs = clock.now();
    },
    probe,
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
