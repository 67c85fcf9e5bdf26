import { connect, type Socket } from 'node:net';

/** What a server frame is, told from its first bytes: the verbs of NIP-01 that a load cares about. */
export type FrameKind = 'EVENT' | 'EOSE' | 'OK' | 'NEG-MSG' | 'CLOSED' | 'other';

/** Called for every text frame; the payload is only valid during the call. */
export type FrameHandler = (kind: FrameKind, payload: Buffer) => void;

/**
 * A WebSocket client on a bare socket that costs so little that it does not measure itself: no masking work (the key
 * is zero, which RFC 6455 allows), no copies, frames told apart by four bytes.
 */
export class LoadConnection {
  onFrame: FrameHandler = () => {};
  /** When the server last sent something, in the time of `performance.now()`. */
  heardAtMs = performance.now();
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Connects to `ws://host:port`; fails when the server does not answer the upgrade within five seconds. */
  static open(url: string): Promise<LoadConnection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      const connection = new LoadConnection(socket);
      const deadline = setTimeout(() => reject(new Error(`${url} did not answer the upgrade`)), 5_000);
      socket.once('error', reject);
      socket.on('data', (chunk) => {
        const wasOpen = connection.#isOpen;
        connection.#take(chunk);
        if (!wasOpen && connection.#isOpen) {
          clearTimeout(deadline);
          resolve(connection);
        }
      });
      socket.write(
        `GET / HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
    });
  }

  /** Sends one text message. */
  send(text: string): void {
    this.#socket.write(encodeFrame(text));
  }

  /** Sends several text messages in one write. */
  sendAll(texts: readonly string[]): void {
    this.#socket.write(Buffer.concat(texts.map(encodeFrame)));
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.heardAtMs = performance.now();
    let data = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#isOpen) {
      const end = data.indexOf('\r\n\r\n');
      if (end < 0) {
        this.#rest = data;
        return;
      }
      this.#isOpen = true;
      data = data.subarray(end + 4);
    }
    this.#rest = data.subarray(this.#takeFrames(data));
  }

  /** Handles all whole frames; returns how many bytes they were. */
  #takeFrames(data: Buffer): number {
    let at = 0;
    while (at + 2 <= data.length) {
      let length = (data[at + 1] ?? 0) & 0x7f;
      let start = at + 2;
      if (length === 126) {
        if (at + 4 > data.length) break;
        length = data.readUInt16BE(at + 2);
        start = at + 4;
      } else if (length === 127) {
        if (at + 10 > data.length) break;
        length = Number(data.readBigUInt64BE(at + 2));
        start = at + 10;
      }
      if (start + length > data.length) break;
      const opcode = (data[at] ?? 0) & 0x0f;
      if (opcode === 1) this.onFrame(frameKind(data, start), data.subarray(start, start + length));
      else if (opcode === 9) this.#socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
      at = start + length;
    }
    return at;
  }
}

function frameKind(data: Buffer, start: number): FrameKind {
  const first = data[start + 2];
  const second = data[start + 3];
  if (first === 0x45) return second === 0x56 ? 'EVENT' : 'EOSE';
  if (first === 0x4f) return 'OK';
  if (first === 0x43 && second === 0x4c) return 'CLOSED';
  return first === 0x4e && second === 0x45 ? 'NEG-MSG' : 'other';
}

function encodeFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const headerLength = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = 0x81;
  if (length < 126) frame[1] = 0x80 | length;
  else if (length < 65_536) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.fill(0, headerLength - 4, headerLength);
  frame.write(text, headerLength, 'utf8');
  return frame;
}
