import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;

/** Installs the client libraries where they are not there yet. Returns the reason why they cannot be measured, or null. */
export function installClients(): string | null {
  if (existsSync(join(folder, 'node_modules/nostr-idb'))) return null;
  console.error('installing nostr-tools, NDK and applesauce (once) …');
  const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  const { status } = spawnSync('npm', words, { cwd: folder, stdio: 'ignore', timeout: 120_000 });
  return status === 0 ? null : 'npm could not install them';
}
