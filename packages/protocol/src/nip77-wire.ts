import { InvalidError } from './errors.ts';
import { type Bound, pushVarint, type SyncItems } from './nip77-items.ts';

/** The byte that stands for version 1 of the protocol. */
export const negentropyVersion = 0x61;

/** What is said about a range. */
export const RangeMode = { skip: 0, fingerprint: 1, ids: 2 } as const;

/** The border after everything. */
export const infinity: Bound = { timestamp: Number.POSITIVE_INFINITY, idPrefix: new Uint8Array(0) };

/** Items from `begin` to before `end`. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Writes the ranges of one message. */
export interface MessageWriter {
  readonly length: number;
  skip(bound: Bound): void;
  fingerprint(bound: Bound, fingerprint: Uint8Array): void;
  /** The ids of the items of that span. */
  ids(bound: Bound, items: SyncItems, span: Span): void;
  /** Remembers where the message ends now; `rewind` takes away what was written since. */
  mark(): void;
  rewind(): void;
  finish(): Uint8Array;
}

/** Starts a message with its version byte. */
export function createMessageWriter(): MessageWriter {
  let bytes = new Uint8Array(1_024);
  bytes[0] = negentropyVersion;
  let length = 1;
  let lastTimestamp = 0;
  let marked = { length, lastTimestamp };
  const append = (part: ArrayLike<number>): void => {
    if (length + part.length > bytes.length) {
      const larger = new Uint8Array(2 * (length + part.length));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    bytes.set(part, length);
    length += part.length;
  };
  const range = ({ timestamp, idPrefix }: Bound, mode: number, count?: number): void => {
    const head: number[] = [];
    if (timestamp === Number.POSITIVE_INFINITY) head.push(0);
    else {
      pushVarint(head, 1 + timestamp - lastTimestamp);
      lastTimestamp = timestamp;
    }
    pushVarint(head, idPrefix.length);
    head.push(...idPrefix);
    pushVarint(head, mode);
    if (count !== undefined) pushVarint(head, count);
    append(head);
  };
  return {
    get length() {
      return length;
    },
    skip: (bound) => range(bound, RangeMode.skip),
    fingerprint(bound, fingerprint) {
      range(bound, RangeMode.fingerprint);
      append(fingerprint);
    },
    ids(bound, items, { begin, end }) {
      range(bound, RangeMode.ids, end - begin);
      for (let index = begin; index < end; index++) append(items.idAt(index));
    },
    mark() {
      marked = { length, lastTimestamp };
    },
    rewind() {
      ({ length, lastTimestamp } = marked);
    },
    finish: () => bytes.slice(0, length),
  };
}

/** Reads one message; every method throws `InvalidError` where the bytes end too early or make no sense. */
export interface MessageReader {
  readonly isAtEnd: boolean;
  bound(): Bound;
  varint(): number;
  bytes(length: number): Uint8Array;
}

/** Starts to read a message after its version byte. */
export function createMessageReader(message: Uint8Array): MessageReader {
  let at = 1;
  let lastTimestamp = 0;
  const bytes = (length: number): Uint8Array => {
    if (length > message.length - at) throw new InvalidError('negentropy message ends too early');
    at += length;
    return message.subarray(at - length, at);
  };
  const varint = (): number => {
    let value = 0;
    for (;;) {
      const [byte = 0] = bytes(1);
      value = value * 128 + (byte & 127);
      if (value > Number.MAX_SAFE_INTEGER)
        throw new InvalidError('negentropy message holds a number that is too large');
      if (byte < 128) return value;
    }
  };
  const timestamp = (): number => {
    const encoded = varint();
    if (encoded === 0 || lastTimestamp === Number.POSITIVE_INFINITY) lastTimestamp = Number.POSITIVE_INFINITY;
    else lastTimestamp += encoded - 1;
    return lastTimestamp;
  };
  return {
    get isAtEnd() {
      return at === message.length;
    },
    bound() {
      const bound = timestamp();
      const length = varint();
      if (length > 32) throw new InvalidError('negentropy message holds an id of more than 32 bytes');
      return { timestamp: bound, idPrefix: bytes(length) };
    },
    varint,
    bytes,
  };
}

/** The shortest border between two neighbours. */
export function getBoundBetween(items: SyncItems, index: number): Bound {
  const timestamp = items.timestampAt(index);
  if (timestamp !== items.timestampAt(index - 1)) return { timestamp, idPrefix: new Uint8Array(0) };
  const before = items.idAt(index - 1);
  const id = items.idAt(index);
  let common = 0;
  while (before[common] === id[common]) common++;
  return { timestamp, idPrefix: id.slice(0, common + 1) };
}

/** Orders borders. */
export function compareBounds(a: Bound, b: Bound): number {
  if (a.timestamp !== b.timestamp) return a.timestamp < b.timestamp ? -1 : 1;
  for (let byte = 0; byte < 32; byte++) {
    const difference = (a.idPrefix[byte] ?? 0) - (b.idPrefix[byte] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
