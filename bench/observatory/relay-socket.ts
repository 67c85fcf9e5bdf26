import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';

/** The server's end of a WebSocket on a bare socket, which costs so little that it does not measure itself. */
export interface RelaySocket {
  /** Bytes that the other end has not read yet. */
  readonly waitingBytes: number;
  /** Sends whole frames. */
  write(frames: Buffer): void;
}

/** What a relay does with what comes in. */
export interface RelayHandlers {
  received(socket: RelaySocket, text: string): void;
  closed(socket: RelaySocket): void;
}

/** The answer to a request that is no upgrade (NIP-11). */
const information = JSON.stringify({ name: 'Benchmark', software: 'benchmark', supported_nips: [1, 11] });
const secretWord = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A server that takes WebSockets on loopback; it does not listen yet. */
export function createRelayServer(handlers: RelayHandlers): Server {
  return createServer({ noDelay: true }, (socket) => serve(socket, handlers));
}

function serve(socket: Socket, handlers: RelayHandlers): void {
  let rest: Buffer = Buffer.alloc(0);
  let isOpen = false;
  const end: RelaySocket = {
    get waitingBytes() {
      return socket.writableLength;
    },
    write: (frames) => void socket.write(frames),
  };
  socket.on('error', () => socket.destroy());
  socket.on('close', () => handlers.closed(end));
  socket.on('data', (chunk) => {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    if (!isOpen) {
      const length = rest.indexOf('\r\n\r\n');
      if (length < 0) return;
      isOpen = answerUpgrade(socket, rest.toString('latin1', 0, length));
      rest = rest.subarray(length + 4);
    }
    rest = rest.subarray(
      takeFrames(rest, (opcode, payload) => {
        if (opcode === 1) handlers.received(end, payload.toString());
        else if (opcode === 8) socket.end(encodeFrame(8, payload));
        else if (opcode === 9) socket.write(encodeFrame(10, payload));
      }),
    );
  });
}

function answerUpgrade(socket: Socket, head: string): boolean {
  const key = /^sec-websocket-key:\s*(\S+)/im.exec(head)?.[1];
  if (key === undefined) {
    socket.end(
      `HTTP/1.1 200 OK\r\nContent-Type: application/nostr+json\r\nContent-Length: ${information.length}\r\nConnection: close\r\n\r\n${information}`,
    );
    return false;
  }
  const accept = createHash('sha1').update(`${key}${secretWord}`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  return true;
}

/** Handles all whole frames of a client, which are masked; returns how many bytes they were. */
function takeFrames(bytes: Buffer, handle: (opcode: number, payload: Buffer) => void): number {
  let at = 0;
  while (at + 6 <= bytes.length) {
    let length = (bytes[at + 1] ?? 0) & 0x7f;
    let start = at + 2;
    if (length === 126) {
      if (start + 2 > bytes.length) break;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === 127) {
      if (start + 8 > bytes.length) break;
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    if (start + 4 + length > bytes.length) break;
    const payload = Buffer.from(bytes.subarray(start + 4, start + 4 + length));
    for (let index = 0; index < length; index++)
      payload[index] = (payload[index] ?? 0) ^ (bytes[start + (index & 3)] ?? 0);
    handle((bytes[at] ?? 0) & 0x0f, payload);
    at = start + 4 + length;
  }
  return at;
}

/** A whole frame of a server, which is not masked. */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(frameBytes(payload.length));
  writeFrameHeader(frame, 0, { opcode, length: payload.length });
  payload.copy(frame, frame.length - payload.length);
  return frame;
}

/** Bytes of a frame with so long a payload. */
export function frameBytes(length: number): number {
  return length + (length < 126 ? 2 : length < 65_536 ? 4 : 10);
}

/** Writes the header of a frame; returns where the payload begins. */
export function writeFrameHeader(
  target: Buffer,
  at: number,
  { opcode, length }: { readonly opcode: number; readonly length: number },
): number {
  target[at] = 0x80 | opcode;
  if (length < 126) {
    target[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    target[at + 1] = 126;
    target.writeUInt16BE(length, at + 2);
    return at + 4;
  }
  target[at + 1] = 127;
  target.writeBigUInt64BE(BigInt(length), at + 2);
  return at + 10;
}
