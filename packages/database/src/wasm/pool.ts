import type { SqliteHandle } from '../handle.ts';
import { toDatabaseError } from '../sqlite-errors.ts';
import { type HandlePool, loadBuild, type SqliteBuild } from './build.ts';
import { openWasmHandle } from './handle.ts';

/** SQLite as it runs in a browser's worker. */
export interface WasmSqlite {
  /**
   * Opens the files of that name in the origin's private file system, each under one connection. Rejects with the
   * browser's own error where it refuses, and with `NoModificationAllowedError` where another thread has them.
   */
  openFiles(name: string): Promise<WasmFiles>;
  /** Opens a database that nothing survives. */
  openMemory(): SqliteHandle;
}

/** Databases that live in the origin's private file system. */
export interface WasmFiles {
  /** Opens one of them; `place` names it in errors. */
  open(file: string, place: string): SqliteHandle;
  /** Lets go of all files; every connection is closed before. */
  release(): void;
}

/** What SQLite is started with. */
export interface WasmSqliteOptions {
  /** Address of `sqlite3.wasm`; beside the script unless told. */
  readonly wasmUrl?: string | undefined;
}

/** Loads SQLite into this worker. */
export async function loadWasmSqlite(options: WasmSqliteOptions = {}): Promise<WasmSqlite> {
  let lastFailure: unknown;
  const build = await loadBuild({
    wasmUrl: options.wasmUrl,
    fileFailed: (error) => {
      lastFailure = error;
    },
  });
  const isFull = (): boolean => isQuotaError(lastFailure);
  return {
    openMemory: () => openWasmHandle(build, { file: ':memory:', vfs: undefined, isFull: () => false }),
    openFiles: async (name) => createFiles(build, await takeFiles(build, name), isFull),
  };
}

async function takeFiles(build: SqliteBuild, name: string): Promise<HandlePool> {
  const pool = await build.installOpfsSAHPoolVfs({
    // SQLite knows file systems by name and has some of its own.
    name: `nostrata ${name}`,
    directory: `nostrata/${encodeURIComponent(name)}`,
    // Without it a second thread that comes too early would delete what the first one has.
    preserveOnInitFailure: true,
    forceReinitIfPreviouslyFailed: true,
    verbosity: 1,
  });
  await pool.unpauseVfs();
  return pool;
}

function createFiles(build: SqliteBuild, pool: HandlePool, isFull: () => boolean): WasmFiles {
  return {
    open: (file, place) => {
      try {
        return openWasmHandle(build, { file: `/${file}`, vfs: pool.vfsName, isFull });
      } catch (error) {
        throw toDatabaseError(place, error);
      }
    },
    release: () => {
      pool.pauseVfs();
    },
  };
}

/** Chromium throws it where the origin's share of the disk is used up; older ones say it in words. */
function isQuotaError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'QuotaExceededError' || /no space|quota|unknown write\(\) failure/i.test(error.message);
}
