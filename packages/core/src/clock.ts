import type { Clock } from '@nostrata/network';

/** The machine's own clock and timers. Timers do not keep a Node process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (milliseconds, callback) => {
    const timer: unknown = setTimeout(callback, milliseconds);
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref();
    return () => clearTimeout(timer as number);
  },
};

/** The machine's own chance, for jitter and choices; never for keys. */
export const systemRandom = (): number => Math.random();

/** The milliseconds that a piece of work took are measured with this; it never goes back. */
export const elapsed = (): number => performance.now();
