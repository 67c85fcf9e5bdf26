import type { Clock, ObservatoryLogger } from '../contract.ts';

/** A logger that nobody reads. */
export const quietLogger: ObservatoryLogger = { info: () => {}, warn: () => {}, error: () => {} };

/** A clock that stands still until it is moved; timers are called in their order when their time has come. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void;
  set(milliseconds: number): void;
}

/** Creates such a clock; it begins at noon of a Saturday in UTC. */
export function createTestClock(startMs = Date.UTC(2026, 10, 21, 12)): TestClock {
  let nowMs = startMs;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  const set = (milliseconds: number): void => {
    for (;;) {
      const [next] = timers.filter(({ atMs }) => atMs <= milliseconds).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      timers = timers.filter((timer) => timer !== next);
      nowMs = Math.max(nowMs, next.atMs);
      next.callback();
    }
    nowMs = milliseconds;
  };
  return {
    now: () => nowMs,
    after(milliseconds, callback) {
      const timer = { atMs: nowMs + milliseconds, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance: (milliseconds) => set(nowMs + milliseconds),
    set,
  };
}
