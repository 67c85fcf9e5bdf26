import type { Database } from '@nostrata/database';
import type { StoreOptions } from '../contract.ts';
import { StoreError } from '../errors.ts';
import { type BrowserGlobals, getBrowser, type MessageEnd, type WorkerLike } from './browser.ts';
import { fromFailure } from './failures.ts';
import { closeWord, type OpenAnswer, type OpenMessage } from './host.ts';
import { nameCharactersMax } from './limits.ts';
import { createLink } from './link.ts';
import { createRemoteDatabase } from './remote-database.ts';
import { createRemoteStore, type RemoteStore } from './remote-store.ts';

/**
 * Deletes the storage of that name with everything in it; nothing happens where there is none.
 * @throws StoreError where a tab has it open
 */
export async function deleteBrowserStorage(name: string): Promise<void> {
  checkName(name);
  const { storage } = getBrowser().navigator ?? {};
  try {
    const root = await storage?.getDirectory?.();
    const folder = await root?.getDirectoryHandle('nostrata');
    await folder?.removeEntry(encodeURIComponent(name), { recursive: true });
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError') return;
    throw new StoreError(`the storage ${JSON.stringify(name)} cannot be deleted while a tab has it open`, {
      cause: error,
    });
  }
}

/** How a browser's storage is opened. */
export interface BrowserStorageOptions extends StoreOptions {
  /** Names the storage within the origin; tabs that give the same name share it. */
  readonly name: string;
  /** Asks the browser not to evict the storage when the disk runs low; the user may be asked. */
  readonly askForPersistence?: boolean | undefined;
  /**
   * Makes the worker, for those whose bundler must see its address: `() => new Worker(…, { type: 'module' })` of
   * `@nostrata/store/wasm-worker`.
   */
  readonly worker?: (() => unknown) | undefined;
  /** Leaves the worker to whoever made it, where it serves several storages; else `close` ends it. */
  readonly keepsWorker?: boolean | undefined;
  /** Address of `sqlite3.wasm`; beside the worker's script unless told. */
  readonly wasmUrl?: string | undefined;
  /** Bytes of event texts that the worker keeps in memory; 16 MB unless told. */
  readonly cacheBytes?: number | undefined;
  /** Bytes that each of the two databases may grow to; what would need more is refused as on a full disk. */
  readonly fileBytesMax?: number | undefined;
}

/** A browser's storage: events, and tables for everything else. */
export interface BrowserStorage extends AsyncDisposable {
  readonly store: RemoteStore;
  readonly database: Database;
  /** False where nothing survives the page. */
  readonly persistent: boolean;
  /** One sentence on why nothing survives the page. */
  readonly reason?: string | undefined;
  /** Whether the browser has promised not to evict the storage; undefined where it was not asked. */
  readonly isProtected?: boolean | undefined;
  /** Ends after what was put is durable; another tab may lead then. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the storage of that name: SQLite in a worker on the origin's private file system, shared by the tabs of the
 * origin. Where the browser offers no such files everything is kept in memory, and `reason` says why.
 * @throws StoreError with one clear sentence
 */
export async function openBrowserStorage(options: BrowserStorageOptions): Promise<BrowserStorage> {
  checkName(options.name);
  const browser = getBrowser();
  const worker = startWorker(options, browser);
  const { port1: port, port2 } = new browser.MessageChannel();
  const { promise: failed, reject: fail } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  worker.onerror = (event) => {
    event.preventDefault?.();
    fail(new StoreError(`the storage worker has failed (${event.message ?? 'its script could not be loaded'})`));
  };
  try {
    const opened = await Promise.race([askToOpen(worker, { options, port, port2 }), failed]);
    const link = createLink(port, options.now);
    failed.catch((error: Error) => {
      link.fail(error);
      // Another tab can lead where this worker is of no use any more.
      endWorker(worker, options);
    });
    const lastSeq = await link.ask({ type: 'follow', isFollowing: false });
    const store = createRemoteStore(link, { now: options.now, metrics: options.metrics, lastSeq });
    const database = createRemoteDatabase(link);
    const isProtected = options.askForPersistence ? await askForPersistence(browser) : undefined;
    const close = createClose({ store, database, port, failed, end: () => endWorker(worker, options) });
    return {
      store,
      database,
      persistent: opened.persistent,
      ...(opened.reason !== undefined && { reason: opened.reason }),
      ...(isProtected !== undefined && { isProtected }),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    port.close();
    endWorker(worker, options);
    throw error;
  }
}

function startWorker(options: BrowserStorageOptions, { Worker }: BrowserGlobals): WorkerLike {
  if (options.worker) return options.worker() as WorkerLike;
  if (!Worker) throw new StoreError('there are no workers here: this storage is for browsers');
  return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'nostrata storage' });
}

function endWorker(worker: WorkerLike, { keepsWorker = false }: BrowserStorageOptions): void {
  if (!keepsWorker) worker.terminate();
}

function checkName(name: string): void {
  if (name.length > 0 && name.length <= nameCharactersMax && !/^\.*$/.test(name)) return;
  throw new StoreError(`a storage has a name of 1 to ${nameCharactersMax} characters, not ${JSON.stringify(name)}`);
}

interface Opening {
  readonly options: BrowserStorageOptions;
  readonly port: MessageEnd;
  readonly port2: MessageEnd;
}

async function askToOpen(worker: WorkerLike, { options, port, port2 }: Opening) {
  const { name, relayUrls = [], cacheBytes, fileBytesMax, wasmUrl } = options;
  const { promise, resolve } = Promise.withResolvers<OpenAnswer>();
  port.onmessage = ({ data }) => {
    // Word of commits may come before; the page asks for the last position when it begins to listen.
    if (isOpenAnswer(data)) resolve(data);
  };
  const message: OpenMessage = { name, relayUrls, cacheBytes, fileBytesMax, wasmUrl, port: port2 };
  worker.postMessage(message, [port2]);
  const answer = await promise;
  if ('failure' in answer) throw fromFailure(answer.failure);
  return answer.opened;
}

function isOpenAnswer(data: unknown): data is OpenAnswer {
  return typeof data === 'object' && data !== null && ('opened' in data || 'failure' in data);
}

async function askForPersistence({ navigator }: BrowserGlobals): Promise<boolean> {
  return (await navigator?.storage?.persist?.()) ?? false;
}

interface Closing {
  readonly store: RemoteStore;
  readonly database: Database;
  readonly port: MessageEnd;
  readonly failed: Promise<never>;
  readonly end: () => void;
}

function createClose({ store, database, port, failed, end }: Closing): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    await store.stop();
    await database.close();
    const closed = new Promise<void>((resolve) => {
      port.onmessage = ({ data }) => {
        if (data === closeWord) resolve();
      };
    });
    port.postMessage(closeWord);
    // A worker that has failed has nothing left to close.
    await Promise.allSettled([Promise.race([closed, failed])]);
    port.close();
    end();
  };
  return () => {
    closing ??= run();
    return closing;
  };
}
