import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { rejectedTextMax } from '../limits.ts';
import type { RejectedLine } from './import.ts';

/** A file of lines that were not taken: `{"file","line","reason","text"}` a line. */
export interface RejectsFile extends AsyncDisposable {
  add(file: string, rejected: RejectedLine): void;
  /** Resolves when what was added is written. @throws the failure of the file */
  written(): Promise<void>;
}

/** Creates the file, empty. Rejects where it cannot be written. */
export async function createRejectsFile(path: string): Promise<RejectsFile> {
  const file = await open(path, 'w');
  const stream = createWriteStream(path, { fd: file });
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure ??= error;
  });
  const written = async () => {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
    if (failure) throw failure;
  };
  return {
    add(name, { line, reason, text }) {
      stream.write(`${JSON.stringify({ file: name, line, reason, text: text.slice(0, rejectedTextMax) })}\n`);
    },
    written,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => stream.end(() => resolve()));
    },
  };
}
