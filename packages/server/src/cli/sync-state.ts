import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncStateAgeMaxMs } from '../limits.ts';

/** Remembers how far an interrupted sync has come with each relay. */
export interface SyncState {
  /** The second up to which each relay was done; empty where nothing is known or it is too long ago. */
  load(): Promise<ReadonlyMap<string, number>>;
  /** Call only with what is settled on both sides. */
  save(doneSeconds: ReadonlyMap<string, number>): Promise<void>;
  clear(): Promise<void>;
}

/** Opens the state of a sync; `identity` is everything that makes it the same one: store, filter, direction. */
export function openSyncState(folder: string, identity: readonly unknown[], now: () => number): SyncState {
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32);
  const path = join(folder, `${name}.json`);
  return {
    async load() {
      const { savedMs, relays } = (await readSaved(path)) ?? { savedMs: 0, relays: {} };
      // What came late on either side in the meantime lies before the second and would not be compared.
      if (now() - savedMs > syncStateAgeMaxMs) return new Map();
      return new Map(Object.entries(relays).filter(([, seconds]) => Number.isSafeInteger(seconds)));
    },
    async save(doneSeconds) {
      await mkdir(folder, { recursive: true });
      await writeFile(`${path}.new`, JSON.stringify({ savedMs: now(), relays: Object.fromEntries(doneSeconds) }));
      await rename(`${path}.new`, path);
    },
    clear: () => rm(path, { force: true }),
  };
}

interface Saved {
  readonly savedMs: number;
  readonly relays: Readonly<Record<string, number>>;
}

/** A state that cannot be read is no state: everything is then compared again. */
async function readSaved(path: string): Promise<Saved | undefined> {
  try {
    const { savedMs, relays } = JSON.parse(await readFile(path, 'utf8')) as Partial<Saved>;
    if (typeof savedMs !== 'number' || typeof relays !== 'object' || relays === null) return undefined;
    return { savedMs, relays };
  } catch {
    return undefined;
  }
}
