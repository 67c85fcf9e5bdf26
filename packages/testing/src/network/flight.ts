/** Counts what is under way in a network, so that a test can wait until nothing is. */
export interface Flight {
  /** Handlers running and frames waiting to leave. */
  readonly pending: number;
  /** Grows with everything that happens. */
  readonly activity: number;
  /** Something happened and is over. */
  note(): void;
  /** Something began; the returned function ends it, once. */
  begin(): () => void;
}

/** Creates a counter at zero. */
export function createFlight(): Flight {
  let pending = 0;
  let activity = 0;
  return {
    get pending() {
      return pending;
    },
    get activity() {
      return activity;
    },
    note() {
      activity++;
    },
    begin() {
      let isOver = false;
      pending++;
      activity++;
      return () => {
        if (isOver) return;
        isOver = true;
        pending--;
        activity++;
      };
    },
  };
}

/** Options of `settle`. */
export interface SettleOptions {
  /** How long nothing may happen; 15 ms unless told. */
  readonly quietMs?: number;
  /** The deadline; 10,000 ms unless told. */
  readonly timeoutMs?: number;
  /** True while the program under test has work of its own that no frame tells of. */
  readonly isBusy?: () => boolean;
}

/**
 * Waits until nothing is under way and nothing has happened for `quietMs`, where `roundTrips` goes to every client and
 * back: a frame that was on its way before it has arrived after it.
 * @throws Error after the deadline
 */
export async function settleFlight(
  flight: Flight,
  roundTrips: () => Promise<void>,
  options: SettleOptions = {},
): Promise<void> {
  const { quietMs = 15, timeoutMs = 10_000, isBusy = () => false } = options;
  const end = performance.now() + timeoutMs;
  let quietSince: number | undefined;
  let seen = -1;
  for (;;) {
    await roundTrips();
    const now = performance.now();
    const isQuiet = flight.pending === 0 && flight.activity === seen && !isBusy();
    seen = flight.activity;
    quietSince = isQuiet ? (quietSince ?? now) : undefined;
    if (quietSince !== undefined && now - quietSince >= quietMs) return;
    if (now > end) throw new Error(`the network is not quiet after ${timeoutMs} ms: ${flight.pending} under way`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
