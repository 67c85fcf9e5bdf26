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
  readonly changedMs: number;
  readonly lastSeq: number;
}

const fingerprintBytes = 65_536;

/**
 * Opens the state of importing `file` into the store at `storeUrl`. A file goes on where it was if it was not touched
 * meanwhile, or if it only has more at its end: its first 64 KiB, and the last ones it had, are what they were. Every
 * other file starts over, which costs time and loses nothing.
 */
export async function openImportState(options: {
  readonly folder: string;
  readonly file: string;
  readonly storeUrl: string;
  /** The end of the store's log now: a store that has less than before is another one. */
  readonly lastSeq: () => number;
}): Promise<ImportState> {
  const path = await realpath(options.file);
  const name = createHash('sha256')
    .update(JSON.stringify([options.storeUrl, path]))
    .digest('hex')
    .slice(0, 32);
  const target = join(options.folder, `${name}.json`);
  const { size, mtimeMs: changedMs } = await stat(path);
  const fingerprint = await readFingerprint(path, size);
  const isContinued = async (saved: Saved): Promise<boolean> => {
    if (options.lastSeq() < saved.lastSeq) return false;
    if (saved.size === size) return saved.changedMs === changedMs && saved.fingerprint === fingerprint;
    return saved.size < size && saved.fingerprint === (await readFingerprint(path, saved.size));
  };
  return {
    async load() {
      const saved = await readSaved(target);
      if (saved === undefined || !(await isContinued(saved))) return { offset: 0, lines: 0 };
      return { offset: saved.offset, lines: saved.lines };
    },
    async save(position) {
      await mkdir(options.folder, { recursive: true });
      const saved: Saved = { ...position, fingerprint, size, changedMs, lastSeq: options.lastSeq() };
      await writeFile(`${target}.new`, JSON.stringify(saved));
      await rename(`${target}.new`, target);
    },
    clear: () => rm(target, { force: true }),
  };
}

/** Stands for the beginning of a file and for its end, as far as it is `size` bytes long. */
async function readFingerprint(path: string, size: number): Promise<string> {
  await using file = await open(path);
  const hash = createHash('sha256');
  for (const from of [0, Math.max(0, size - fingerprintBytes)]) {
    const length = Math.min(fingerprintBytes, size - from);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
    hash.update(buffer.subarray(0, bytesRead));
  }
  return hash.digest('hex');
}

/** A state that cannot be read is no state: the import then starts over, which costs time and nothing else. */
async function readSaved(path: string): Promise<Saved | undefined> {
  try {
    const saved = JSON.parse(await readFile(path, 'utf8')) as Partial<Saved> | null;
    const { offset, lines, fingerprint, size, changedMs, lastSeq } = saved ?? {};
    if (!isCount(offset) || !isCount(lines) || !isCount(size) || typeof fingerprint !== 'string') return undefined;
    if (typeof changedMs !== 'number' || !isCount(lastSeq)) return undefined;
    return { offset, lines, size, fingerprint, changedMs, lastSeq };
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
