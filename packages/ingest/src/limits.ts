/** Bounds of the door. Every one can be set through `createIngest({ limits })`. */
export interface IngestLimits {
  /** UTF-8 bytes of one event's canonical JSON text; more is refused as invalid whatever the policies say. */
  readonly eventBytesMax: number;
  /** Events inside the door at which `isFull` becomes true. */
  readonly queueEventsFull: number;
  /** Bytes of JSON text inside the door at which `isFull` becomes true. */
  readonly queueBytesFull: number;
  /** Events inside the door above which `submit` refuses. */
  readonly queueEventsMax: number;
  /** Bytes of JSON text inside the door above which `submit` refuses. */
  readonly queueBytesMax: number;
  /** Events that are looked at in one turn of the event loop. */
  readonly tickEventsMax: number;
  /** Events in one transaction of the store. */
  readonly batchEventsMax: number;
  /** Bytes of JSON text in one transaction of the store; one larger event goes alone. */
  readonly batchBytesMax: number;
  /** Ephemeral events remembered so that they are not sent on twice. */
  readonly ephemeralIdsMax: number;
}

const mebibyte = 1_048_576;

/** The limits that hold unless told otherwise. */
export const defaultLimits: IngestLimits = {
  // Real follow lists reach 200 kB; a mebibyte leaves room and still bounds what one event can cost.
  eventBytesMax: mebibyte,
  // A batch of the store that is written, one that gathers, and those of the workers fit in.
  queueEventsFull: 8_192,
  queueBytesFull: 32 * mebibyte,
  // Feeds that do not look at `isFull` in time (many sockets in one turn) find three times as much room.
  queueEventsMax: 32_768,
  queueBytesMax: 64 * mebibyte,
  // About 5 ms on the main thread, so that other work gets its turn.
  tickEventsMax: 1_024,
  // Each transaction writes the index pages it touched once: an import at 5,000 took a tenth less CPU than at 1,000. A
  // batch is what gathered during the commit before, so that few events never wait for many.
  batchEventsMax: 5_000,
  batchBytesMax: 8 * mebibyte,
  // About 20 MB at worst; ten seconds of traffic at 6,500 ephemeral events a second.
  ephemeralIdsMax: 65_536,
};

/** Signatures in one packed batch to a worker, whatever the back end reaches. */
export const verifyBatchMax = 512;

/** CPU milliseconds that one batch should cost a worker: less costs more wake-ups, more only makes events wait (measured from 2 to 16). */
export const verifyBatchMs = 4;

/** Signatures that are not worth dividing among workers. */
export const verifyShareMin = 16;

/** Batches that a worker holds at once: one under way and one ready, so that it never waits for the main thread. */
export const verifyBatchesPerWorker = 2;

/** Workers that may die over one batch before its events are given up. */
export const verifyAttemptsMax = 3;

/** Workers that may fail to start, one after another, before the pool gives up. */
export const workerStartsMax = 3;

/** Parsed pubkeys that a libsecp256k1 worker keeps: 64 bytes each, saves one square root (5 µs) per signature. */
export const parsedKeysMax = 8_192;

/** Token buckets that a rate policy keeps; the least recently used half goes when they are full. */
export const rateBucketsMax = 65_536;

/** Characters of a source that the store keeps as provenance. */
export const sourceCharactersMax = 512;

/** Milliseconds of checks on a page's own thread before it does other things: half a frame. */
export const verifySliceMs = 8;
