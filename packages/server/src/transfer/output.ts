import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';

/** Where an export goes. */
export interface ExportOutput {
  /** Waits while the reader does not keep up. False where nobody reads any more. */
  write(text: string): Promise<boolean>;
  /** The file is whole and durable, under its name. */
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

/** Writes to a stream, such as standard output, which stays open. */
export function createStreamOutput(stream: Writable): ExportOutput {
  return {
    write: (text) => writeText(stream, text),
    finish: () => new Promise((resolve) => stream.write('', () => resolve())),
    abandon: async () => undefined,
  };
}

/**
 * Writes to a file, packed where its name ends in `.gz`. Until `finish` it has another name, so that a part is never
 * taken for the whole. Rejects where the folder cannot be written.
 */
export async function createFileOutput(path: string, unique: string): Promise<ExportOutput> {
  const partPath = `${path}.part-${unique}`;
  // Flushed before it is closed: the file gets its name only when its content is on the disk.
  const sink = createWriteStream(partPath, { flags: 'wx', flush: true });
  await once(sink, 'open');
  const closed = new Promise<void>((resolve) => sink.on('close', () => resolve()));
  const head: Writable = path.endsWith('.gz') ? packInto(sink) : sink;
  let failure: unknown;
  const fail = (error: Error) => {
    failure ??= error;
  };
  for (const stream of [head, sink]) stream.on('error', fail);
  return {
    async write(text) {
      const isOpen = await writeText(head, text);
      if (failure !== undefined) throw failure;
      return isOpen;
    },
    async finish() {
      head.end();
      await closed;
      if (failure !== undefined) throw failure;
      await rename(partPath, path);
    },
    async abandon() {
      head.destroy();
      sink.destroy();
      await closed;
      await rm(partPath, { force: true });
    },
  };
}

function packInto(sink: Writable): Writable {
  const gzip = createGzip({ level: 6 });
  gzip.on('error', () => sink.destroy());
  sink.on('close', () => gzip.destroy());
  gzip.pipe(sink);
  return gzip;
}

async function writeText(stream: Writable, text: string): Promise<boolean> {
  if (stream.destroyed) return false;
  if (stream.write(text)) return true;
  await new Promise<void>((resolve) => {
    const go = () => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, go);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.on(event, go);
  });
  return !stream.destroyed;
}
