import { statfs } from 'node:fs/promises';
import type { Settings } from './config/table.ts';

/** The URL of the store that the settings name: SQLite in the data folder unless told otherwise. */
export function getStoreUrl(settings: Pick<Settings, 'store' | 'data'>): string {
  return settings.store === '' ? `sqlite:${settings.data}` : settings.store;
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
