import { Problem } from '@nostrata/http';
import type { Clock } from '../contract.ts';
import { flightMsMax } from './limits.ts';

/** Work that is done once however many wait for it. */
export interface Flights<Result> {
  /** Joins the work on a key, or begins it. */
  join(key: string, work: () => Promise<Result>): Promise<Result>;
}

/**
 * Creates them. Work that never ends is begun anew after a minute: what it waits for may be back by then.
 * @param most different keys at one time; more is refused by a `Problem` 503
 */
export function createFlights<Result>(clock: Clock, most: number): Flights<Result> {
  const running = new Map<string, { readonly result: Promise<Result>; readonly startMs: number }>();
  return {
    join(key, work) {
      const found = running.get(key);
      if (found !== undefined && clock.now() - found.startMs < flightMsMax) return found.result;
      if (found === undefined && running.size >= most) {
        return Promise.reject(new Problem(503, 'busy', 'too many answers are being worked out'));
      }
      const flight = { startMs: clock.now(), result: work().finally(() => end(key)) };
      const end = (ended: string) => running.get(ended) === flight && running.delete(ended);
      running.set(key, flight);
      return flight.result;
    },
  };
}
