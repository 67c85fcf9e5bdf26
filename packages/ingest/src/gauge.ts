import type { IngestLimits } from './limits.ts';

/** Counts what is inside the door, and says when that is too much. */
export interface Gauge {
  /** Takes an event of that size in; false where it would go over the hard bound. */
  enter(bytes: number): boolean;
  leave(bytes: number): void;
  readonly events: number;
  readonly isFull: boolean;
  /** Resolves once at most half of what makes it full is left; at once where it is not full. */
  drained(): Promise<void>;
  /** Resolves once nothing is inside. */
  empty(): Promise<void>;
}

/** A gauge for the bounds of the queue in `limits`. An event alone always enters. */
export function createGauge(limits: IngestLimits): Gauge {
  let events = 0;
  let bytes = 0;
  let drainedWaiters: (() => void)[] = [];
  let emptyWaiters: (() => void)[] = [];

  const isFull = () => events >= limits.queueEventsFull || bytes >= limits.queueBytesFull;
  const isLow = () => events <= limits.queueEventsFull / 2 && bytes <= limits.queueBytesFull / 2;

  return {
    enter(size) {
      if (events > 0 && (events >= limits.queueEventsMax || bytes + size > limits.queueBytesMax)) return false;
      events++;
      bytes += size;
      return true;
    },
    leave(size) {
      events--;
      bytes -= size;
      if (drainedWaiters.length > 0 && isLow()) {
        for (const resolve of drainedWaiters) resolve();
        drainedWaiters = [];
      }
      if (events === 0 && emptyWaiters.length > 0) {
        for (const resolve of emptyWaiters) resolve();
        emptyWaiters = [];
      }
    },
    get events() {
      return events;
    },
    get isFull() {
      return isFull();
    },
    drained: () => (isFull() ? new Promise((resolve) => drainedWaiters.push(resolve)) : Promise.resolve()),
    empty: () => (events > 0 ? new Promise((resolve) => emptyWaiters.push(resolve)) : Promise.resolve()),
  };
}
