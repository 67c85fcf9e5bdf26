import { Socket } from 'node:net';
import { WebSocket } from 'ws';

/** What a socket needs to know of the relay it belongs to. */
export interface OutboxOptions {
  readonly outgoingBytesMax: number;
  readonly outgoingPauseBytes: number;
  /** The reader is further behind than `outgoingBytesMax`; called once, the socket is gone by then. */
  readonly onSlow: () => void;
  /** So many bytes were handed to the operating system's socket. */
  readonly onSent: (bytes: number) => void;
}

/** What goes out over one WebSocket: messages gather during a turn of the event loop and leave as one write. */
export interface Outbox {
  /** Queues one message. */
  send(text: string): void;
  /** Queues the message `prefix` + `json` + `]`. */
  sendSpliced(prefix: Buffer, json: string): void;
  /** Queues the message `prefix` + `tail`; the tail is shared by all its recipients. */
  sendShared(prefix: Buffer, tail: Buffer): void;
  /** True while so much is unsent that whoever produces answers should wait for `onDrain`. */
  readonly isCongested: boolean;
  /** Calls the function once, when everything queued was taken over by the operating system. */
  onDrain(resume: () => void): void;
  /** Sends what is queued, then closes with that code (RFC 6455 §7.4). */
  close(code: number, reason: string): void;
  /** Drops the connection at once. */
  cut(): void;
  /** Drops it where more is unsent than a reader may leave, whoever queued that. */
  cutIfSlow(): void;
  /** Stops reading from the socket: its sender has to wait. */
  pauseReading(): void;
  resumeReading(): void;
}

/** Makes outboxes whose writes are composed in one buffer and flushed together. */
export interface OutboxFactory {
  open(socket: WebSocket, options: OutboxOptions): Outbox;
}

// 100 events of 1.2 kB. Larger pages leave in several writes.
const scratchBytes = 131_072;
// Smaller writes are copied to their own size, so that a slow reader never pins a whole scratch buffer.
const copyBytesMax = 16_384;
// 8 MB of buffers kept for the next large replies.
const spareBuffersMax = 64;
const closingBracket = 0x5d;
const textFrame = 0x81;
// Bytes of the longest frame header (RFC 6455 §5.2).
const headerBytesMax = 10;

/** Creates the factory that all sockets of one relay share. */
export function createOutboxFactory(): OutboxFactory {
  const scratch = new Scratch();
  const dirty: SocketOutbox[] = [];
  let isScheduled = false;
  const flushAll = () => {
    isScheduled = false;
    for (const outbox of dirty.splice(0)) outbox.flush();
  };
  const schedule = (outbox: SocketOutbox) => {
    dirty.push(outbox);
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(flushAll);
  };
  return { open: (socket, options) => new SocketOutbox(socket, { ...options, scratch, schedule }) };
}

/** The socket below a WebSocket: `ws` keeps it in an undocumented field that has been stable since 2016. */
function getRawSocket(socket: WebSocket): Socket | undefined {
  const raw: unknown = Reflect.get(socket, '_socket');
  return raw instanceof Socket ? raw : undefined;
}

class SocketOutbox implements Outbox {
  readonly #socket: WebSocket;
  readonly #raw: Socket | undefined;
  readonly #options: OutboxOptions & { readonly scratch: Scratch; readonly schedule: (outbox: SocketOutbox) => void };
  /** Pairs: a prefix or nothing, then a whole text, the JSON to close with a bracket, or a shared tail. */
  #queue: (Buffer | string | undefined)[] = [];
  #queuedBytes = 0;
  #waiting: (() => void)[] = [];
  #isCut = false;
  /** Buffers that the operating system had not taken whole when they were written. */
  #pinned: Buffer[] = [];

  constructor(
    socket: WebSocket,
    options: OutboxOptions & { readonly scratch: Scratch; readonly schedule: (outbox: SocketOutbox) => void },
  ) {
    this.#socket = socket;
    this.#options = options;
    const raw = getRawSocket(socket);
    raw?.setNoDelay(true);
    raw?.on('drain', () => this.#drained());
    // Frames are composed here only where nothing transforms them: no compression, no TLS.
    const isPlain = raw !== undefined && socket.extensions === '' && !('encrypted' in raw);
    this.#raw = isPlain ? raw : undefined;
  }

  send(text: string): void {
    this.#push(undefined, text);
  }

  sendSpliced(prefix: Buffer, json: string): void {
    this.#push(prefix, json);
  }

  sendShared(prefix: Buffer, tail: Buffer): void {
    this.#push(prefix, tail);
  }

  get isCongested(): boolean {
    return this.#unsentBytes() > this.#options.outgoingPauseBytes;
  }

  onDrain(resume: () => void): void {
    this.#waiting.push(resume);
    if (this.#queue.length === 0 && this.#socket.bufferedAmount === 0) setImmediate(() => this.#drained());
  }

  close(code: number, reason: string): void {
    this.flush();
    this.#waiting = [];
    this.#socket.close(code, reason);
  }

  cut(): void {
    this.#isCut = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#waiting = [];
    this.#socket.terminate();
  }

  cutIfSlow(): void {
    if (this.#unsentBytes() > this.#options.outgoingBytesMax) this.#cutSlow();
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  /** Hands everything queued to the socket, composed into as few writes as possible. */
  flush(): void {
    const queue = this.#queue;
    if (queue.length === 0) return;
    this.#queue = [];
    this.#queuedBytes = 0;
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#raw) this.#writeFrames(this.#raw, queue);
    else {
      this.#sendMessages(queue);
      this.cutIfSlow();
    }
    if (this.#waiting.length > 0 && this.#socket.bufferedAmount === 0) this.#drained();
  }

  #push(prefix: Buffer | undefined, body: Buffer | string): void {
    if (this.#isCut || this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#queue.length === 0) this.#options.schedule(this);
    this.#queue.push(prefix, body);
    this.#queuedBytes += body.length + (prefix === undefined ? 0 : prefix.length);
    if (this.#queuedBytes > this.#options.outgoingPauseBytes) {
      // Only what the socket does not take counts against a reader.
      this.flush();
      this.cutIfSlow();
    }
  }

  #unsentBytes(): number {
    return this.#queuedBytes + this.#socket.bufferedAmount;
  }

  #drained(): void {
    if (this.#raw?.writableLength === 0) this.#releasePinned();
    if (this.#waiting.length === 0) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  #writeFrames(raw: Socket, queue: readonly (Buffer | string | undefined)[]): void {
    const { scratch } = this.#options;
    for (let at = 0; at < queue.length; at += 2) {
      const prefix = queue[at] as Buffer | undefined;
      const body = queue[at + 1] as Buffer | string;
      if (!scratch.append(prefix, body)) {
        this.#write(raw);
        scratch.reserve(prefix, body);
        scratch.append(prefix, body);
      }
    }
    this.#write(raw);
  }

  #write(raw: Socket): void {
    const { scratch } = this.#options;
    if (scratch.length === 0) return;
    this.#options.onSent(scratch.length);
    const isBehind = raw.writableLength > 0;
    if (!isBehind) this.#releasePinned();
    if (isBehind && scratch.length <= copyBytesMax) {
      raw.write(scratch.copy());
    } else {
      raw.write(scratch.view());
      // What the operating system did not take at once still points into the buffer.
      if (raw.writableLength > 0) this.#pinned.push(scratch.swap());
    }
    scratch.clear();
    if (isBehind && raw.writableLength > this.#options.outgoingBytesMax) this.#cutSlow();
  }

  #releasePinned(): void {
    for (const buffer of this.#pinned) this.#options.scratch.giveBack(buffer);
    if (this.#pinned.length > 0) this.#pinned = [];
  }

  #cutSlow(): void {
    if (this.#isCut) return;
    this.cut();
    this.#options.onSlow();
  }

  #sendMessages(queue: readonly (Buffer | string | undefined)[]): void {
    for (let at = 0; at < queue.length; at += 2) {
      const prefix = queue[at] as Buffer | undefined;
      const body = queue[at + 1] as Buffer | string;
      const text = prefix === undefined ? body.toString() : joinMessage(prefix, body);
      this.#options.onSent(text.length);
      this.#socket.send(text, { binary: false });
    }
  }
}

function joinMessage(prefix: Buffer, body: Buffer | string): string {
  return typeof body === 'string' ? `${prefix.toString()}${body}]` : prefix.toString() + body.toString();
}

/** One reusable buffer into which WebSocket frames are written one behind the other. Server frames carry no mask. */
class Scratch {
  #buffer: Buffer = Buffer.allocUnsafeSlow(scratchBytes);
  /** Buffers that sockets have given back: large replies would otherwise keep the garbage collector busy. */
  readonly #spare: Buffer[] = [];
  length = 0;

  /** Appends one text frame; false where it may not fit. */
  append(prefix: Buffer | undefined, body: Buffer | string): boolean {
    const payloadMax = payloadBytesMax(prefix, body);
    if (this.length + headerBytesMax + payloadMax > this.#buffer.length) return false;
    const buffer = this.#buffer;
    const start = this.length;
    const headerBytes = this.#headerBytes(payloadMax, prefix, body);
    let end = start + headerBytes;
    if (prefix !== undefined) end += prefix.copy(buffer, end);
    if (typeof body === 'string') {
      end += buffer.write(body, end);
      if (prefix !== undefined) buffer[end++] = closingBracket;
    } else {
      end += body.copy(buffer, end);
    }
    writeHeader(buffer, { start, headerBytes, payloadBytes: end - start - headerBytes });
    this.length = end;
    return true;
  }

  /** Makes room for a frame that is larger than the buffer. */
  reserve(prefix: Buffer | undefined, body: Buffer | string): void {
    const needed = headerBytesMax + payloadBytesMax(prefix, body);
    if (needed > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(needed);
  }

  copy(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.length));
  }

  view(): Buffer {
    return this.#buffer.subarray(0, this.length);
  }

  /** Hands over the buffer, which a socket still reads from, and goes on with another. */
  swap(): Buffer {
    const buffer = this.#buffer;
    this.#buffer = this.#spare.pop() ?? Buffer.allocUnsafeSlow(scratchBytes);
    return buffer;
  }

  /** Takes back a buffer that nobody reads from any more. */
  giveBack(buffer: Buffer): void {
    if (buffer.length === scratchBytes && this.#spare.length < spareBuffersMax) this.#spare.push(buffer);
  }

  clear(): void {
    this.length = 0;
    if (this.#buffer.length > scratchBytes) this.swap();
  }

  /** The header's size must be known before the payload is written; only near a boundary must the bytes be counted. */
  #headerBytes(payloadMax: number, prefix: Buffer | undefined, body: Buffer | string): number {
    if (payloadMax <= 125) return 2;
    const least = body.length + (prefix === undefined ? 0 : prefix.length);
    if (least > 125 && payloadMax < 65_536) return 4;
    if (least >= 65_536) return 10;
    const closing = prefix !== undefined && typeof body === 'string' ? 1 : 0;
    const bytes = (prefix?.length ?? 0) + Buffer.byteLength(body) + closing;
    return bytes <= 125 ? 2 : bytes < 65_536 ? 4 : 10;
  }
}

function payloadBytesMax(prefix: Buffer | undefined, body: Buffer | string): number {
  // One UTF-16 unit is at most three bytes of UTF-8.
  const bodyBytes = typeof body === 'string' ? body.length * 3 + 1 : body.length;
  return bodyBytes + (prefix === undefined ? 0 : prefix.length);
}

function writeHeader(
  buffer: Buffer,
  { start, headerBytes, payloadBytes }: { start: number; headerBytes: number; payloadBytes: number },
): void {
  buffer[start] = textFrame;
  if (headerBytes === 2) {
    buffer[start + 1] = payloadBytes;
  } else if (headerBytes === 4) {
    buffer[start + 1] = 126;
    buffer.writeUInt16BE(payloadBytes, start + 2);
  } else {
    buffer[start + 1] = 127;
    buffer.writeUInt32BE(0, start + 2);
    buffer.writeUInt32BE(payloadBytes, start + 6);
  }
}
