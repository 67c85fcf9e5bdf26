import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
  const file = await open(partPath, 'wx');
  const sink = createWriteStream(partPath, { fd: file, autoClose: false });
  const head: Writable = path.endsWith('.gz') ? createGzip({ level: 6 }) : sink;
  const done = head === sink ? finished(sink) : pipeline(head as ReturnType<typeof createGzip>, sink);
  let failure: unknown;
  done.catch((error: unknown) => {
    failure ??= error;
  });
  return {
    async write(text) {
      const isOpen = await writeText(head, text);
      if (failure !== undefined) throw failure;
      return isOpen;
    },
    async finish() {
      head.end();
      await done;
      await file.sync();
      await file.close();
      await rename(partPath, path);
    },
    async abandon() {
      head.destroy();
      sink.destroy();
      await done.catch(() => undefined);
      await file.close();
      await rm(partPath, { force: true });
    },
  };
}

function finished(stream: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('finish', () => resolve());
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('the file was closed before its end')));
  });
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
