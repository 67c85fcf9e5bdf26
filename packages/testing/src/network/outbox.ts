import type { WebSocket } from 'ws';
import type { SeededRandom } from '../random.ts';
import type { RelayFaults } from './faults.ts';
import type { Flight } from './flight.ts';
import type { OpenLedger } from './ledger.ts';

/** The frames of one connection on their way out: in order, late, or lost. */
export interface FrameOutbox {
  /** Sends; `isUncounted` keeps a stream without end from counting as something under way. */
  send(frame: string, isUncounted?: 'uncounted'): void;
  /** Drops what has not left. */
  stop(): void;
}

/** What an outbox needs of its relay. */
export interface OutboxParts {
  readonly socket: WebSocket;
  readonly faults: () => RelayFaults;
  readonly ledger: () => OpenLedger;
  readonly flight: Flight;
  readonly random: SeededRandom;
}

interface Waiting {
  readonly frame: string;
  readonly dueMs: number;
  readonly end: () => void;
}

/** Creates the way out of one connection. */
export function createOutbox({ socket, faults, ledger, flight, random }: OutboxParts): FrameOutbox {
  const queue: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sent = 0;
  let lastDueMs = 0;

  const write = (frame: string): void => {
    if (socket.readyState !== socket.OPEN || faults().halfOpen) return;
    socket.send(frame);
    ledger().framesOut++;
    ledger().bytesOut += Buffer.byteLength(frame);
    if (++sent >= faults().dropAfterFrames) socket.terminate();
  };
  const flush = (): void => {
    timer = undefined;
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      const waitMs = head.dueMs - performance.now();
      if (waitMs > 0) {
        timer = setTimeout(flush, waitMs);
        return;
      }
      queue.shift();
      write(head.frame);
      head.end();
    }
  };
  const latency = (): number => {
    const { latencyMs } = faults();
    if (typeof latencyMs === 'number') return latencyMs;
    const [least, most] = latencyMs;
    return least + random.next() * (most - least);
  };
  return {
    send(frame, isUncounted) {
      const { lossShare } = faults();
      if (!isUncounted) flight.note();
      if (lossShare > 0 && random.next() < lossShare) return;
      const delayMs = latency();
      if (delayMs <= 0 && queue.length === 0) return write(frame);
      lastDueMs = Math.max(lastDueMs, performance.now() + delayMs);
      queue.push({ frame, dueMs: lastDueMs, end: isUncounted ? () => undefined : flight.begin() });
      timer ??= setTimeout(flush, delayMs);
    },
    stop() {
      clearTimeout(timer);
      for (const { end } of queue.splice(0)) end();
    },
  };
}
