import { createSqliteDatabase, type Database, type SqliteHandle } from '@nostrata/database';
import type { WasmFiles, WasmSqlite } from '@nostrata/database/wasm';
import { startTimer } from '#platform';
import { StoreError } from '../errors.ts';
import { translateFailures } from '../sqlite/failures.ts';
import type { BrowserGlobals, MessageEnd } from './browser.ts';
import { configureHandle, openEngine } from './engine.ts';
import { toFailure } from './failures.ts';
import { takeFilesAttempts, takeFilesPauseMs } from './limits.ts';
import { createService } from './serve.ts';
import { joinTabs, type Lead, type Tab } from './tabs.ts';
import type { Failure, Incoming, Request } from './wire.ts';

/** What a page sends to its worker to open a storage; the port comes with it. */
export interface OpenMessage {
  readonly name: string;
  readonly relayUrls: readonly string[];
  readonly cacheBytes: number | undefined;
  readonly fileBytesMax: number | undefined;
  readonly wasmUrl: string | undefined;
  readonly port: MessageEnd;
}

/** What comes back on the port before anything else. */
export type OpenAnswer =
  | { readonly opened: { readonly persistent: boolean; readonly reason: string | undefined } }
  | { readonly failure: Failure };

/** What a page sends last, and what is answered to it. */
export const closeWord = 'close';

/** The pieces of a worker. */
export interface HostOptions {
  readonly browser: BrowserGlobals;
  readonly loadSqlite: (wasmUrl: string | undefined) => Promise<WasmSqlite>;
}

/** Opens storages for pages; SQLite is loaded once. */
export function createHost({ browser, loadSqlite }: HostOptions): (message: OpenMessage) => Promise<void> {
  let loading: Promise<WasmSqlite> | undefined;
  return async (message) => {
    const { port, wasmUrl } = message;
    try {
      loading ??= loadSqlite(wasmUrl).catch((error: unknown) => {
        throw new StoreError(`SQLite cannot be loaded (${describe(error)})`, { cause: error });
      });
      const sqlite = await loading;
      const reason = await whyNotPersistent(browser);
      const tab =
        reason === undefined ? openShared(message, { browser, sqlite }) : await openAlone(message, { browser, sqlite });
      listen(port, tab);
      port.postMessage({ opened: { persistent: reason === undefined, reason } } satisfies OpenAnswer);
    } catch (error) {
      port.postMessage({ failure: toFailure(error) } satisfies OpenAnswer);
      port.close();
    }
  };
}

interface Means {
  readonly browser: BrowserGlobals;
  readonly sqlite: WasmSqlite;
}

function listen(port: MessageEnd, tab: Tab): void {
  port.onmessage = ({ data }) => {
    if (data !== closeWord) return tab.handle(data as Request);
    void tab.close().then(() => {
      port.postMessage(closeWord);
      port.close();
    });
  };
}

/** One sentence on why nothing can be kept in this browser, or undefined. */
async function whyNotPersistent(browser: BrowserGlobals): Promise<string | undefined> {
  const { navigator, FileSystemFileHandle, BroadcastChannel } = browser;
  const { storage, locks } = navigator ?? {};
  if (
    !storage?.getDirectory ||
    !FileSystemFileHandle ||
    !('createSyncAccessHandle' in FileSystemFileHandle.prototype)
  ) {
    return 'this browser has no origin private file system (or the page is not served over https)';
  }
  if (!locks || !BroadcastChannel) return 'this browser cannot share a storage between tabs';
  try {
    await storage.getDirectory();
    return undefined;
  } catch (error) {
    return `the browser refuses to store anything for this site (${describe(error)})`;
  }
}

function openShared(message: OpenMessage, { browser, sqlite }: Means): Tab {
  const { navigator, BroadcastChannel } = browser;
  const locks = navigator?.locks;
  if (!locks || !BroadcastChannel) throw new StoreError('this browser cannot share a storage between tabs');
  return joinTabs({
    name: message.name,
    id: createId(browser),
    locks,
    openChannel: (name) => new BroadcastChannel(name),
    send: (answer: Incoming) => message.port.postMessage(answer),
    lead: async () => {
      const files = await takeFiles(sqlite, message.name);
      const open = (file: string): SqliteHandle =>
        translateFailures(placeOf(message), () => files.open(file, placeOf(message)));
      try {
        return await startLead(message, { browser, open, release: files.release });
      } catch (error) {
        files.release();
        throw error;
      }
    },
  });
}

/** Without a place to keep anything every tab has its own. */
async function openAlone(message: OpenMessage, { browser, sqlite }: Means): Promise<Tab> {
  const lead = await startLead(message, { browser, open: sqlite.openMemory, release: () => undefined });
  const session = lead.service.connect((answer) => message.port.postMessage(answer));
  return {
    handle: session.handle,
    close: async () => {
      session.close();
      await lead.service.settled();
      await lead.stop();
    },
  };
}

interface Ground {
  readonly browser: BrowserGlobals;
  readonly open: (file: string) => SqliteHandle;
  readonly release: () => void;
}

async function startLead(message: OpenMessage, { browser, open, release }: Ground): Promise<Lead> {
  const { relayUrls, cacheBytes, fileBytesMax } = message;
  const place = placeOf(message);
  let nowMs = 0;
  const now = (): number => nowMs;
  const sliceNow = (): number => browser.performance.now();
  const database = openTables(open('tables.db'), message);
  try {
    const store = await openEngine(open('events.db'), { place, now, relayUrls, cacheBytes, fileBytesMax, sliceNow });
    const service = createService({ store, database }, (ms) => {
      nowMs = ms;
    });
    const stop = async (): Promise<void> => {
      await store.stop();
      await database.close();
      release();
    };
    return { service, stop };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function openTables(handle: SqliteHandle, message: OpenMessage): Database {
  const place = placeOf(message);
  try {
    translateFailures(place, () => configureHandle(handle, message.fileBytesMax));
    return createSqliteDatabase(place, handle);
  } catch (error) {
    handle.close();
    throw error;
  }
}

/** The files of a tab that has just ended may be taken for another moment. */
async function takeFiles(sqlite: WasmSqlite, name: string): Promise<WasmFiles> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sqlite.openFiles(name);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'NoModificationAllowedError') {
        throw new StoreError(`the browser does not open the storage ${JSON.stringify(name)} (${describe(error)})`, {
          cause: error,
        });
      }
      if (attempt >= takeFilesAttempts) {
        throw new StoreError(`the storage ${JSON.stringify(name)} is held by another page`, { cause: error });
      }
      await new Promise<void>((resolve) => {
        startTimer(resolve, takeFilesPauseMs);
      });
    }
  }
}

function placeOf({ name }: OpenMessage): string {
  return `the browser's storage ${JSON.stringify(name)}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function createId({ crypto }: BrowserGlobals): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(36)).join('');
}
