import { createHash } from 'node:crypto';
import { mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportPosition } from './import.ts';

/** Remembers how far the import of one file into one store has come. */
export interface ImportState {
  /** Where to go on; the start where nothing is known or the file is another one. */
  load(): Promise<ImportPosition>;
  /** Call only with what is durable. */
  save(position: ImportPosition): Promise<void>;
  clear(): Promise<void>;
}

interface Saved extends ImportPosition {
  readonly fingerprint: string;
  readonly size: number;
}

const headBytes = 65_536;

/**
 * Opens the state of importing `file` into the store at `storeUrl`. A file is known by its path and its first 64 KiB
 * and must not have become shorter; one that was appended to goes on where it ended.
 */
export async function openImportState(options: {
  readonly folder: string;
  readonly file: string;
  readonly storeUrl: string;
}): Promise<ImportState> {
  const path = await realpath(options.file);
  const name = createHash('sha256')
    .update(JSON.stringify([options.storeUrl, path]))
    .digest('hex')
    .slice(0, 32);
  const target = join(options.folder, `${name}.json`);
  const fingerprint = await readFingerprint(path);
  const { size } = await stat(path);
  return {
    async load() {
      const saved = await readSaved(target);
      if (saved?.fingerprint !== fingerprint || saved.size > size) return { offset: 0, lines: 0 };
      return { offset: saved.offset, lines: saved.lines };
    },
    async save(position) {
      await mkdir(options.folder, { recursive: true });
      const saved: Saved = { ...position, fingerprint, size };
      await writeFile(`${target}.new`, JSON.stringify(saved));
      await rename(`${target}.new`, target);
    },
    clear: () => rm(target, { force: true }),
  };
}

async function readFingerprint(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
  return createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
}

/** A state that cannot be read is no state: the import then starts over, which costs time and nothing else. */
async function readSaved(path: string): Promise<Saved | undefined> {
  try {
    const saved = JSON.parse(await readFile(path, 'utf8')) as Partial<Saved> | null;
    const { offset, lines, fingerprint, size } = saved ?? {};
    if (!isCount(offset) || !isCount(lines) || !isCount(size) || typeof fingerprint !== 'string') return undefined;
    return { offset, lines, size, fingerprint };
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
