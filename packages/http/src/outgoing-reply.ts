import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { OutgoingError, type OutgoingReply } from './outgoing.ts';

const unpackByEncoding = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const;

/**
 * Reads an answer, as it came and as it is unpacked, up to so many bytes.
 * @throws OutgoingError, and what the socket throws
 */
export async function readReply(incoming: IncomingMessage, bytesMax: number): Promise<OutgoingReply> {
  const { statusCode: status = 0, headers } = incoming;
  if (status >= 300 && status < 400 && status !== 304) {
    throw new OutgoingError('redirect', `it answers with the redirect ${status}, and none is followed`);
  }
  if (Number(headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const packed = await gather(incoming, bytesMax);
  const body = await unpack(packed, headers['content-encoding']?.trim().toLowerCase() ?? 'identity', bytesMax);
  const texts = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
  return { status, headers: Object.fromEntries(texts), body };
}

async function gather(incoming: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    bytes += piece.byteLength;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Nothing but `identity` is asked for, and some send something else; a small body may hide a huge one. */
async function unpack(packed: Buffer, encoding: string, bytesMax: number): Promise<Uint8Array> {
  if (encoding === 'identity' || encoding === '' || packed.byteLength === 0) return packed;
  if (!Object.hasOwn(unpackByEncoding, encoding)) {
    throw new OutgoingError('unreachable', 'its answer is packed in a way that was not asked for');
  }
  return unpackByEncoding[encoding as keyof typeof unpackByEncoding](packed, { maxOutputLength: bytesMax });
}

function tooLarge(bytesMax: number): OutgoingError {
  return new OutgoingError('too-large', `its answer has more than ${bytesMax} bytes`);
}
