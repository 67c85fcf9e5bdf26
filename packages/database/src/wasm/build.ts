/** A function of the C interface, as WebAssembly exports it: pointers and lengths are numbers. */
export type NativeFunction = (...values: readonly (number | bigint)[]) => number;

/** Files of the origin's private file system that stand for SQLite's files; one connection at a time. */
export interface HandlePool {
  readonly vfsName: string;
  /** Lets go of all files, so that another thread can take them. */
  pauseVfs(): unknown;
  /** Takes them again. */
  unpauseVfs(): Promise<unknown>;
}

/** The parts of SQLite's official WebAssembly build that are used here. */
export interface SqliteBuild {
  readonly wasm: {
    readonly exports: Readonly<Record<string, NativeFunction>>;
    /** The memory, as it is now: growing makes a new one. */
    heap8u(): Uint8Array;
    alloc(bytes: number): number;
    dealloc(pointer: number): void;
  };
  installOpfsSAHPoolVfs(options: Readonly<Record<string, unknown>>): Promise<HandlePool>;
}

/** Where the build is loaded from. */
export interface BuildOptions {
  /** Address of `sqlite3.wasm`; beside the script unless told. */
  readonly wasmUrl?: string | undefined;
  /** Told of each failure of a file, before SQLite makes a result code of it. */
  readonly fileFailed: (error: unknown) => void;
}

type Initialise = (options: { readonly locateFile?: (file: string) => string }) => Promise<unknown>;

/** The part of a file handle that is mended here. */
interface FileHandlePrototype {
  createSyncAccessHandle?: (...options: unknown[]) => Promise<unknown>;
}

/**
 * Keeps each file handle in memory until it has given its access handle. Chromium (156) forgets the promise when the
 * file handle is collected meanwhile, and the pool holds none: opening then waits for ever.
 */
function keepFileHandles(): void {
  const { FileSystemFileHandle } = globalThis as { readonly FileSystemFileHandle?: { prototype: FileHandlePrototype } };
  const original = FileSystemFileHandle?.prototype.createSyncAccessHandle;
  if (!FileSystemFileHandle || !original) return;
  const held = new Set<unknown>();
  FileSystemFileHandle.prototype.createSyncAccessHandle = async function (this: unknown, ...options) {
    held.add(this);
    try {
      return await original.apply(this, options);
    } finally {
      held.delete(this);
    }
  };
}

/** Loads SQLite's WebAssembly build; only in a browser's worker. Rejects where the browser refuses to run it. */
export async function loadBuild({ wasmUrl, fileFailed }: BuildOptions): Promise<SqliteBuild> {
  keepFileHandles();
  const silent = (): void => undefined;
  Object.assign(globalThis, {
    sqlite3ApiConfig: {
      debug: silent,
      log: silent,
      warn: silent,
      // What a file throws is told here and nowhere else (`storeErr` of the pool).
      error: (_name: unknown, error: unknown) => fileFailed(error),
      // The pool needs none of them, and one would start a thread of its own.
      disable: { vfs: { opfs: true, 'opfs-wl': true, kvvfs: true } },
    },
  });
  const { default: initialise } = await import('@sqlite.org/sqlite-wasm');
  const build = await (initialise as unknown as Initialise)(
    wasmUrl === undefined ? {} : { locateFile: (file) => (file.endsWith('.wasm') ? wasmUrl : file) },
  );
  return build as SqliteBuild;
}
