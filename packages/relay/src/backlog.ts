/** Values that are handled in order, a bounded time in each turn of the event loop. */
export interface Backlog<T> {
  /** Handles the values at once while there is time; what is left follows in later turns, before anything newer. */
  push(values: readonly T[]): void;
  /** Handles everything that waits, now. */
  drain(): void;
}

/** What a backlog is made with. */
export interface BacklogOptions<T> {
  readonly handle: (value: T) => void;
  readonly now: () => number;
  readonly turnMillisecondsMax: number;
  /** Values that may wait; above it the turn goes on until there is room, so that whoever feeds it has to wait. */
  readonly waitingMax: number;
}

/** Creates an empty backlog. */
export function createBacklog<T>({ handle, now, turnMillisecondsMax, waitingMax }: BacklogOptions<T>): Backlog<T> {
  let waiting: T[] = [];
  let at = 0;
  let isScheduled = false;

  const work = (left: number) => {
    const endsAt = now() + turnMillisecondsMax;
    while (at < waiting.length && (waiting.length - at > left || now() < endsAt)) {
      const value = waiting[at] as T;
      at += 1;
      handle(value);
    }
    if (at === waiting.length) {
      waiting = [];
      at = 0;
      return;
    }
    if (at > waiting.length / 2) {
      waiting = waiting.slice(at);
      at = 0;
    }
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(workTurn);
  };
  const workTurn = () => {
    isScheduled = false;
    work(waitingMax);
  };
  return {
    push(values) {
      const isIdle = waiting.length === 0;
      for (const value of values) waiting.push(value);
      // With a turn to come, only what is too much is handled now.
      if (isIdle || waiting.length - at > waitingMax) work(waitingMax);
    },
    drain: () => work(0),
  };
}
