import type { Clock } from '@nostrata/network';

/** A clock that stands still until it is moved, with its timers. */
export interface TestClock extends Clock {
  /** Goes on so far; timers that are due run in their order. */
  advance(milliseconds: number): void;
  readonly timers: number;
}

/** Makes a clock for tests. */
export function createTestClock(startMs = 1_700_000_000_000): TestClock {
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>();
  let nowMs = startMs;
  return {
    now: () => nowMs,
    after: (milliseconds, callback) => {
      const timer = { atMs: nowMs + milliseconds, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: (milliseconds) => {
      const endMs = nowMs + milliseconds;
      for (;;) {
        const [next] = [...timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.atMs);
        next.callback();
      }
      nowMs = endMs;
    },
    get timers() {
      return timers.size;
    },
  };
}
