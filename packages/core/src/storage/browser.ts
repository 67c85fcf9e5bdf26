import { StoreError } from '@nostrata/store';
import { openBrowserStorage } from '@nostrata/store/wasm';
import type { Storage } from '../contract.ts';

/**
 * Opens the storage that a URL names in a browser: `opfs:NAME` (SQLite in a worker on the origin's private files, shared
 * by its tabs; in memory where there are no such files, and `reason` says why) or `memory:`.
 * @throws StoreError with one clear sentence
 */
export async function openStorage(url: string, now: () => number): Promise<Storage> {
  const name = url.startsWith('opfs:') ? url.slice('opfs:'.length) : undefined;
  if (name === undefined || name === '')
    throw new StoreError(`store ${JSON.stringify(url)} is not known here: use opfs:NAME`);
  const { store, database, persistent, reason, close } = await openBrowserStorage({ name, now });
  return { store, database, viewsDatabase: database, isPersistent: persistent, reason, close };
}
