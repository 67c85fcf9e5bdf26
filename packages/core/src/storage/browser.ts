import { StoreError } from '@nostrata/store';
import { openBrowserStorage } from '@nostrata/store/wasm';
import type { OpenStorage, Storage } from '../contract.ts';

/** The part of Web Locks that leading needs. */
interface LockManagerLike {
  request(
    name: string,
    options: { readonly ifAvailable: true },
    work: (lock: object | null) => Promise<void>,
  ): Promise<void>;
}

/**
 * Opens the storage that a URL names in a browser: `opfs:NAME` (SQLite in a worker on the origin's private files, shared
 * by its tabs; in memory where there are no such files, and `reason` says why).
 * @throws StoreError with one clear sentence
 */
export const openStorage: OpenStorage = async (url, { now, browser = {} }) => {
  const name = url.startsWith('opfs:') ? url.slice('opfs:'.length) : '';
  if (name === '') throw new StoreError(`store ${JSON.stringify(url)} is not known here: use opfs:NAME`);
  const { store, database, persistent, reason, close } = await openBrowserStorage({
    name,
    now,
    askForPersistence: browser.askForPersistence,
    worker: browser.storeWorker,
    wasmUrl: browser.sqliteWasmUrl,
  });
  const lead = persistent ? createLead(`nostrata outbox ${name}`) : undefined;
  return { store, database, viewsDatabase: database, isPersistent: persistent, reason, lead, close };
};

/** A lock that ends with the tab; without Web Locks there is no way to share the storage either. */
function createLead(name: string): Storage['lead'] {
  const { locks } = (globalThis as { navigator?: { locks?: LockManagerLike } }).navigator ?? {};
  if (!locks) return undefined;
  return async () => {
    const answered = Promise.withResolvers<(() => Promise<void>) | undefined>();
    const released = Promise.withResolvers<void>();
    const held = locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock === null) return answered.resolve(undefined);
      answered.resolve(async () => {
        released.resolve();
        await held;
      });
      await released.promise;
    });
    held.catch(answered.reject);
    return await answered.promise;
  };
}
