import type { Clock } from '@nostrata/network';
import { flushAfterMs } from '../limits.ts';

/** Brings what has changed in memory to the database: soon, together, and never twice at a time. */
export interface Flusher {
  /** Something has changed. */
  touch(): void;
  /** Resolves when everything that has changed is written. Rejects where it could not be. */
  flush(): Promise<void>;
  /** No more by itself; what is left is written by a last `flush`. */
  stop(): void;
}

/** Calls `write` a moment after a touch; a failure is reported and tried again with the next touch. */
export function createFlusher(clock: Clock, write: () => Promise<void>, onFailed: (error: unknown) => void): Flusher {
  let cancelTimer: (() => void) | undefined;
  let running: Promise<void> | undefined;
  let isDirty = false;

  const run = async (): Promise<void> => {
    while (isDirty) {
      isDirty = false;
      try {
        await write();
      } catch (error) {
        isDirty = true;
        throw error;
      }
    }
  };
  const flush = (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = undefined;
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    touch: () => {
      isDirty = true;
      cancelTimer ??= clock.after(flushAfterMs, () => {
        flush().catch(onFailed);
      });
    },
    flush,
    stop: () => {
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}
