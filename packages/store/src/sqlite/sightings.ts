import { startTimer } from '#platform';
import type { Sighting } from '../contract.ts';
import { hexKey } from '../keys.ts';
import { sightingsDelayMs, sightingsQueueMax, sightingsWaitingMax } from './limits.ts';
import type { SightingNote } from './messages.ts';
import type { Reader } from './reader.ts';
import { idOf } from './texts.ts';
import type { WriterClient } from './writer-client.ts';

/** Sightings of events that were known already: they wait a little and are written together. */
export interface Sightings {
  add(note: SightingNote): void;
  flush(): Promise<void>;
  /** Which sources delivered the event, first seen first. */
  read(id: string): Sighting[];
}

/** Makes the queue of sightings. */
export function createSightings(reader: Reader, writer: WriterClient): Sightings {
  let queue: SightingNote[] = [];
  let endTimer: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();
  const send = async (notes: readonly SightingNote[]): Promise<void> => {
    await writer.ask({ type: 'sightings', notes });
  };
  const flush = (): Promise<void> => {
    endTimer?.();
    endTimer = undefined;
    if (queue.length === 0) return writing;
    const notes = queue;
    queue = [];
    writing = writing.then(() => send(notes));
    return writing;
  };
  /** A sighting that could not be written waits for the next time, as long as there is room. */
  const flushLater = (): void => {
    const notes = queue;
    flush().catch(() => {
      writing = Promise.resolve();
      queue = [...notes, ...queue].slice(-sightingsWaitingMax);
    });
  };
  const find = reader.prepare(
    'SELECT name, first_seen_ms FROM sighting JOIN source ON source.id = sighting.source WHERE seq = ? ORDER BY first_seen_ms, source.id',
  );
  return {
    add: (note) => {
      queue.push(note);
      if (queue.length >= sightingsQueueMax) flushLater();
      else endTimer ??= startTimer(flushLater, sightingsDelayMs);
    },
    flush,
    read: (id) => {
      const entry = reader.findByKey(hexKey(id)).find(({ json }) => idOf(json) === id);
      if (!entry) return [];
      const rows = find.all(entry.seq) as unknown as [string, number][];
      return rows.map(([source, firstSeenMs]) => ({ source, firstSeenMs }));
    },
  };
}
