import type { Ingest } from '@nostrata/ingest';
import type { Connection } from './connection.ts';
import type { RelayLimits } from './limits.ts';

/** Decides which sockets are read. */
export interface Reading {
  /** Stops or goes on reading from the connection, as the queues it feeds allow. */
  update(this: void, connection: Connection): void;
}

/** Creates the reading of one relay: a socket waits while ingest is full, or while too many of its events are unanswered. */
export function createReading(ingest: Ingest, limits: RelayLimits): Reading {
  const most = limits.submissionsInFlightPerConnectionMax;
  const waiting = new Set<Connection>();

  const drained = () => {
    const connections = [...waiting];
    waiting.clear();
    for (const connection of connections) update(connection);
  };
  const waitForIngest = (connection: Connection) => {
    if (waiting.size === 0) ingest.drained().then(drained, drained);
    waiting.add(connection);
  };
  const update = (connection: Connection) => {
    if (connection.isClosed) return;
    const { submissionsInFlight, isPaused } = connection;
    const isHeld = connection.deferred !== undefined;
    if (!isPaused) {
      // Only one that feeds the queue has to wait for it.
      const feedsTooMuch = submissionsInFlight > 0 && (ingest.isFull || submissionsInFlight >= most);
      if (!isHeld && !feedsTooMuch) return;
      connection.isPaused = true;
      connection.outbox.pauseReading();
      if (ingest.isFull) waitForIngest(connection);
      return;
    }
    if (isHeld || waiting.has(connection) || submissionsInFlight > most / 2) return;
    if (ingest.isFull && submissionsInFlight > 0) {
      waitForIngest(connection);
      return;
    }
    connection.isPaused = false;
    connection.outbox.resumeReading();
  };
  return { update };
}
