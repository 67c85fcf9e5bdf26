/** A clock that stands still until it is moved. */
export interface FakeClock {
  /** Milliseconds since 1970; can be passed on as it is. */
  readonly now: () => number;
  /** `now` in whole seconds. */
  readonly seconds: () => number;
  advance(milliseconds: number): void;
  set(milliseconds: number): void;
}

/** Creates a clock for tests of expiry, age and rates. */
export function createFakeClock(startMs = 1_700_000_000_000): FakeClock {
  let current = startMs;
  return {
    now: () => current,
    seconds: () => Math.floor(current / 1000),
    advance(milliseconds) {
      current += milliseconds;
    },
    set(milliseconds) {
      current = milliseconds;
    },
  };
}
