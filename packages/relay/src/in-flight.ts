/** Counts requests whose answers are owed, so that a stop can wait for them. */
export interface InFlight {
  begin(): void;
  end(): void;
  /** Fulfilled when nothing is owed, or after that many milliseconds. */
  whenNone(millisecondsMax: number): Promise<void>;
}

/** Creates the count of one relay. */
export function createInFlight(): InFlight {
  let count = 0;
  let waiting: (() => void)[] = [];
  return {
    begin() {
      count += 1;
    },
    end() {
      count -= 1;
      if (count > 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    async whenNone(millisecondsMax) {
      if (count === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        timer = setTimeout(resolve, millisecondsMax);
      });
      clearTimeout(timer);
    },
  };
}
