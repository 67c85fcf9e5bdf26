import { statSync, watch } from 'node:fs';
import { pollMs } from './limits.ts';
import type { CommitWatch } from './log.ts';

/** The size of the files of a database. */
export function bytesOnDisk(path: string): number {
  return sizeOf(path) + sizeOf(`${path}-wal`) + sizeOf(`${path}-shm`);
}

/** The size of the write-ahead log of a database. */
export function walBytesOnDisk(path: string): number {
  return sizeOf(`${path}-wal`);
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Watches for commits of other processes: by a timer, and sooner where the system tells of changed files. */
export function watchFile(path: string): CommitWatch {
  return (look) => {
    const timer = setInterval(look, pollMs);
    timer.unref();
    const endWatch = watchLog(path, look);
    return () => {
      clearInterval(timer);
      endWatch();
    };
  };
}

function watchLog(path: string, look: () => void): () => void {
  try {
    const watcher = watch(`${path}-wal`, { persistent: false }, look);
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    // Without it commits of others are seen by the timer alone.
    return () => undefined;
  }
}
