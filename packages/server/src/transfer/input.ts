import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { readChunkBytes } from '../limits.ts';

/** A file or stream of bytes that is read once, unpacked where it is gzip. */
export interface Input {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Bytes read so far, as they lie in the file. */
  bytesRead(): number;
  /** Bytes of the file; undefined for streams. */
  readonly size: number | undefined;
  stop(): void;
}

const gzipMagic = [0x1f, 0x8b] as const;

/** Opens a file; what begins like gzip is unpacked, whatever its name. Rejects where it cannot be read. */
export async function openFileInput(path: string): Promise<Input> {
  await using file = await open(path);
  const facts = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, facts.isFile() ? 0 : null);
  const isGzip = bytesRead === 2 && gzipMagic.every((byte, index) => buffer[index] === byte);
  const source = createReadStream(path, { highWaterMark: readChunkBytes });
  const input = createInput(source, { isGzip, size: facts.isFile() ? facts.size : undefined });
  return { ...input, chunks: nameFailures(path, input.chunks) };
}

/** Takes a stream, such as standard input; what begins like gzip is unpacked. An abort ends the wait for its start. */
export async function openStreamInput(source: Readable, signal?: AbortSignal): Promise<Input> {
  const first = await readFirstChunk(source, signal);
  const isGzip = gzipMagic.every((byte, index) => first[index] === byte);
  return createInput(source, { isGzip, size: undefined, first });
}

interface InputFacts {
  readonly isGzip: boolean;
  readonly size: number | undefined;
  /** What was already read from the source. */
  readonly first?: Uint8Array;
}

function createInput(source: Readable, { isGzip, size, first = new Uint8Array() }: InputFacts): Input {
  let bytes = 0;
  const counted = countBytes(putBefore(first, source), (count) => {
    bytes += count;
  });
  return {
    chunks: isGzip ? unpack(counted) : counted,
    bytesRead: () => bytes,
    size,
    stop: () => void source.destroy(),
  };
}

/** What fails while unpacking does not know the file. */
async function* nameFailures(path: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    if (error instanceof Error) Object.assign(error, { path });
    throw error;
  }
}

/** Not put back into the source, which may have ended by now. */
async function* putBefore(first: Uint8Array, source: Readable): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  yield* source as AsyncIterable<Uint8Array>;
}

async function* countBytes(
  source: AsyncIterable<Uint8Array>,
  add: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    add(chunk.length);
    yield chunk;
  }
}

async function* unpack(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: readChunkBytes });
  const feeding = feed(packed, gunzip);
  try {
    yield* gunzip as AsyncIterable<Uint8Array>;
  } finally {
    gunzip.destroy();
  }
  await feeding;
}

/** Failures of the source end the reader too. */
async function feed(packed: AsyncIterable<Uint8Array>, gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  try {
    for await (const chunk of packed) {
      if (gunzip.destroyed) return;
      if (!gunzip.write(chunk)) await drained(gunzip);
    }
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

function drained(gunzip: ReturnType<typeof createGunzip>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      gunzip.off('drain', done);
      gunzip.off('close', done);
      resolve();
    };
    gunzip.on('drain', done);
    gunzip.on('close', done);
  });
}

function readFirstChunk(source: Readable, signal: AbortSignal | undefined): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const onReadable = () => {
      const chunk: Buffer | null = source.read();
      if (chunk !== null) finish(chunk);
    };
    const onEnd = () => finish(Buffer.alloc(0));
    const finish = (chunk: Buffer) => {
      source.off('readable', onReadable);
      source.off('end', onEnd);
      source.off('error', reject);
      signal?.removeEventListener('abort', onEnd);
      resolve(chunk);
    };
    source.on('readable', onReadable);
    source.on('end', onEnd);
    source.on('error', reject);
    if (signal?.aborted) onEnd();
    else signal?.addEventListener('abort', onEnd);
  });
}
