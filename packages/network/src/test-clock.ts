import type { Clock } from './contract.ts';

/** The clock of the machine. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A clock whose time passes by `advance` alone. */
export interface ManualClock extends Clock {
  /** Moves the time on and calls back what is due, in order. */
  advance(milliseconds: number): void;
  readonly timers: number;
}

/** Creates one. */
export function createManualClock(startMs = 1_700_000_000_000): ManualClock {
  const timers = new Map<number, { readonly atMs: number; readonly callback: () => void }>();
  let nowMs = startMs;
  let counter = 0;
  return {
    now: () => nowMs,
    after(milliseconds, callback) {
      const id = counter++;
      timers.set(id, { atMs: nowMs + Math.max(0, milliseconds), callback });
      return () => timers.delete(id);
    },
    advance(milliseconds) {
      const endMs = nowMs + milliseconds;
      for (;;) {
        const due = [...timers]
          .filter(([, { atMs }]) => atMs <= endMs)
          .sort((a, b) => a[1].atMs - b[1].atMs || a[0] - b[0]);
        const [first] = due;
        if (first === undefined) break;
        timers.delete(first[0]);
        nowMs = Math.max(nowMs, first[1].atMs);
        first[1].callback();
      }
      nowMs = endMs;
    },
    get timers() {
      return timers.size;
    },
  };
}
