import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { ConfigError } from './config/errors.ts';
import type { Settings } from './config/table.ts';

/**
 * The URL of the store that the settings name: SQLite in the data folder unless told otherwise.
 * @throws ConfigError where it names no engine; the URL is not repeated, it may hold a password
 */
export function getStoreUrl(settings: Pick<Settings, 'store' | 'data'>): string {
  const url = settings.store === '' ? `sqlite:${settings.data}` : settings.store;
  if (/^(?:sqlite:.|postgres(?:ql)?:\/\/|memory:$)/s.test(url)) return url;
  const scheme = /^[\w+.-]{1,40}:/.exec(url)?.[0] ?? 'what is given';
  throw new ConfigError(`store: ${scheme} names no store; use sqlite:FOLDER, postgres://USER@HOST/DATABASE or memory:`);
}

/**
 * Makes the folder of a store that lives in files of this machine.
 * @throws ConfigError where this user cannot keep anything there
 */
export async function prepareStoreFolder(url: string): Promise<void> {
  const folder = getStoreFolder(url);
  if (folder !== undefined) await prepareFolder(folder);
}

/**
 * Makes a folder, with those above it.
 * @throws ConfigError where this user cannot keep anything there
 */
export async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = {
      EEXIST: 'it is a file, not a folder',
      ENOTDIR: 'a part of the path is a file, not a folder',
      EACCES: 'this user may not write there',
      EPERM: 'this user may not write there',
      EROFS: 'the file system is read-only',
      ENOSPC: 'the disk is full',
    };
    throw new ConfigError(`the data folder ${folder} cannot be used: ${reasons[code] ?? code}`, { cause: error });
  }
}

/** The store's URL as it may be shown: without a password. */
export function redactStoreUrl(url: string): string {
  return url.replace(/^(postgres(?:ql)?:\/\/[^:@/]*):[^@]*@/, '$1:…@').replace(/([?&]password=)[^&]*/g, '$1…');
}

/** The folder of a store that lives in files of this machine. */
export function getStoreFolder(url: string): string | undefined {
  return /^sqlite:(.*)$/s.exec(url)?.[1];
}

/** Free bytes where a store of this machine lives, for the user that runs; undefined for other stores. */
export async function loadFreeBytes(url: string): Promise<number | undefined> {
  const folder = getStoreFolder(url);
  if (folder === undefined) return undefined;
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
