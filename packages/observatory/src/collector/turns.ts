/** Lets so many at a time do something that costs much. */
export interface Turns {
  /** Resolves when it is the caller's turn, with the function that ends it; undefined where the signal came first. */
  take(signal: AbortSignal): Promise<(() => void) | undefined>;
}

/** Creates turns of which so many are free. */
export function createTurns(max: number): Turns {
  let taken = 0;
  const queue: (() => void)[] = [];
  const end = (): void => {
    taken--;
    queue.shift()?.();
  };
  return {
    async take(signal) {
      while (taken >= max && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const go = (): void => {
            signal.removeEventListener('abort', go);
            const place = queue.indexOf(go);
            if (place >= 0) queue.splice(place, 1);
            resolve();
          };
          queue.push(go);
          signal.addEventListener('abort', go);
        });
      }
      if (signal.aborted) {
        // Whoever woke this one meant somebody who goes.
        if (taken < max) queue.shift()?.();
        return undefined;
      }
      taken++;
      let isOver = false;
      return () => {
        if (!isOver) end();
        isOver = true;
      };
    },
  };
}
