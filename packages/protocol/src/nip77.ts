import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { InvalidError } from './errors.ts';
import { negentropyFrameBytesMin } from './limits.ts';
import type { Bound, SyncItems } from './nip77-items.ts';
import {
  compareBounds,
  createMessageReader,
  createMessageWriter,
  getBoundBetween,
  infinity,
  type MessageReader,
  type MessageWriter,
  negentropyVersion,
  RangeMode,
  type Span,
} from './nip77-wire.ts';

/** Limits of a reconciliation. */
export interface ReconcileOptions {
  /** Bytes of one of our messages, before hex; at least 4,096. No limit unless told. */
  readonly frameBytesMax?: number | undefined;
}

/** The side that asks. */
export interface NegentropyClient {
  /** The first message, as hex. */
  start(): string;
  /**
   * Reads an answer. `have` are ids that only we have, `need` those that only the other side has; an id is told once.
   * `message` is the next message as hex, or null when both sides know all there is to know.
   * @throws InvalidError where the answer is malformed
   */
  next(message: string): { readonly message: string | null; readonly have: string[]; readonly need: string[] };
}

/** Starts a reconciliation (NIP-77, protocol version 1) of our items with those of a relay. */
export function createNegentropyClient(items: SyncItems, options: ReconcileOptions = {}): NegentropyClient {
  const frameBytesMax = checkLimit(options);
  // An answer that was cut goes over ranges again that were settled before.
  const told = new Set<string>();
  const isNew = (id: string): boolean => !told.has(id) && told.add(id).has(id);
  return {
    start() {
      const writer = createMessageWriter();
      splitRange({ items, writer }, { begin: 0, end: items.length }, infinity);
      return bytesToHex(writer.finish());
    },
    next(message) {
      const have: string[] = [];
      const need: string[] = [];
      const bytes = readMessage(message);
      if (bytes[0] !== negentropyVersion) throw new InvalidError('the other side speaks another version of negentropy');
      const answer = reconcile(items, bytes, { frameBytesMax, found: { have, need } });
      return {
        message: answer.length > 1 ? bytesToHex(answer) : null,
        have: have.filter(isNew),
        need: need.filter(isNew),
      };
    },
  };
}

/**
 * Answers one message of a client, as hex. Nothing is kept between messages: the items are all the state there is.
 * @throws InvalidError where the message is malformed
 */
export function answerNegentropy(items: SyncItems, message: string, options: ReconcileOptions = {}): string {
  const frameBytesMax = checkLimit(options);
  const bytes = readMessage(message);
  // A later version: say which one we speak, and the client comes down to it.
  if (bytes[0] !== negentropyVersion) return bytesToHex(Uint8Array.of(negentropyVersion));
  return bytesToHex(reconcile(items, bytes, { frameBytesMax }));
}

function checkLimit({ frameBytesMax = Number.POSITIVE_INFINITY }: ReconcileOptions): number {
  if (frameBytesMax < negentropyFrameBytesMin)
    throw new InvalidError(`frames have at least ${negentropyFrameBytesMin} bytes`);
  return frameBytesMax;
}

function readMessage(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})+$/i.test(hex)) throw new InvalidError('negentropy message is not hex');
  const bytes = hexToBytes(hex);
  const [version = 0] = bytes;
  if (version < 0x60 || version > 0x6f) throw new InvalidError('negentropy message does not begin with a version');
  return bytes;
}

interface Sides {
  readonly frameBytesMax: number;
  /** Where the asking side collects what it learns; the answering side has none. */
  readonly found?: { readonly have: string[]; readonly need: string[] };
}

/** Bytes that the end of a cut message may take: a skip, and one fingerprint for all the rest. */
const tailBytes = 128;

interface Answer {
  readonly items: SyncItems;
  readonly writer: MessageWriter;
}

function reconcile(items: SyncItems, message: Uint8Array, { frameBytesMax, found }: Sides): Uint8Array {
  const reader = createMessageReader(message);
  const writer = createMessageWriter();
  const answer: Answer = { items, writer };
  const room = frameBytesMax - tailBytes;
  let lower = 0;
  let previous: Bound = { timestamp: 0, idPrefix: new Uint8Array(0) };
  /** Everything up to here is settled, and the answer does not say so yet. */
  let settled: Bound | null = null;
  while (!reader.isAtEnd) {
    const bound = reader.bound();
    if (compareBounds(bound, previous) < 0) throw new InvalidError('negentropy ranges are out of order');
    const upper = items.findBound(lower, bound);
    writer.mark();
    if (settled) writer.skip(settled);
    const before = writer.length;
    let reach = readRange({ answer, reader, lower, upper, bound, room }, found);
    const isSilent = writer.length === before;
    const isFull = writer.length > room || reach < upper;
    if (writer.length > room) {
      writer.rewind();
      if (settled) writer.skip(settled);
      reach = lower;
    } else if (isSilent && !isFull) {
      writer.rewind();
      settled = bound;
    } else settled = null;
    if (isFull) {
      // The message is full: one fingerprint stands for all the rest, and the next round goes on there.
      writer.fingerprint(infinity, items.fingerprint(reach, items.length));
      break;
    }
    lower = upper;
    previous = bound;
  }
  return writer.finish();
}

interface Range {
  readonly answer: Answer;
  readonly reader: MessageReader;
  readonly lower: number;
  readonly upper: number;
  readonly bound: Bound;
  /** Bytes up to which the message may grow. */
  readonly room: number;
}

/** Reads what the other side says about a range and writes our answer; returns how far it reaches, mostly `upper`. */
function readRange(range: Range, found: Sides['found']): number {
  const { answer, reader, lower, upper, bound } = range;
  const mode = reader.varint();
  switch (mode) {
    case RangeMode.skip:
      return upper;
    case RangeMode.fingerprint: {
      const theirs = reader.bytes(16);
      const ours = answer.items.fingerprint(lower, upper);
      if (theirs.some((byte, index) => byte !== ours[index])) splitRange(answer, { begin: lower, end: upper }, bound);
      return upper;
    }
    case RangeMode.ids: {
      const count = reader.varint();
      const ids = reader.bytes(count * 32);
      if (!found) return listRange(range);
      compareIds(range, ids, found);
      return upper;
    }
    default:
      throw new InvalidError(`negentropy mode ${mode} is not known`);
  }
}

/** Below twice this number of items, ids are listed; above, the range is split into so many parts. */
const parts = 16;

function splitRange({ items, writer }: Answer, span: Span, bound: Bound): void {
  const count = span.end - span.begin;
  if (count < parts * 2) {
    writer.ids(bound, items, span);
    return;
  }
  for (let part = 0; part < parts; part++) {
    const begin = span.begin + Math.floor((count * part) / parts);
    const end = span.begin + Math.floor((count * (part + 1)) / parts);
    const partBound = part === parts - 1 ? bound : getBoundBetween(items, end);
    writer.fingerprint(partBound, items.fingerprint(begin, end));
  }
}

/** Lists all our ids of a range, or as many as there is room for; then the list ends before the first that is left out. */
function listRange({ answer: { items, writer }, lower, upper, bound, room }: Range): number {
  const fitting = Math.max(0, Math.floor((room - writer.length - 64) / 32));
  const end = Math.min(upper, lower + fitting);
  if (end === lower && end < upper) return lower;
  writer.ids(end < upper ? getBoundBetween(items, end) : bound, items, { begin: lower, end });
  return end;
}

function compareIds(range: Range, ids: Uint8Array, { have, need }: NonNullable<Sides['found']>): void {
  const { answer, lower, upper } = range;
  const theirs = new Set<string>();
  for (let at = 0; at < ids.length; at += 32) theirs.add(bytesToHex(ids.subarray(at, at + 32)));
  for (let index = lower; index < upper; index++) {
    const id = bytesToHex(answer.items.idAt(index));
    if (!theirs.delete(id)) have.push(id);
  }
  need.push(...theirs);
}
