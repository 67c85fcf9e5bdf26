import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;

/** Says whether the peer is there. */
export function isPeerInstalled(): boolean {
  return existsSync(join(folder, 'node_modules/better-sqlite3'));
}

/**
 * Installs the peer where it is not there yet; nothing is compiled. Its SQLite module is a newer one than it asks for,
 * as the older aborts under Node.js 24. Returns the reason why it cannot be measured, or null.
 */
export function installPeer(): string | null {
  if (isPeerInstalled()) return null;
  console.error('installing @nostr-relay/core (once) …');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, stdio: 'ignore' });
  return status === 0 ? null : 'npm could not install it';
}
