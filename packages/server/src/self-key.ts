import { createECDH, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from './config/errors.ts';
import { prepareFolder } from './store-url.ts';

/**
 * The relay's own pubkey (`self` of NIP-11). The secret key is made once and kept in the data folder, readable by
 * this user only.
 * @returns undefined where there is none yet and the disk has no room for it: the relay serves without it
 * @throws ConfigError where the file holds something else
 */
export async function loadSelfPubkey(dataFolder: string): Promise<string | undefined> {
  const secret = await loadSelfSecret(dataFolder);
  if (secret === undefined) return undefined;
  const curve = createECDH('secp256k1');
  curve.setPrivateKey(secret, 'hex');
  // BIP-340 takes the x coordinate alone, which follows the byte for the sign of y.
  return curve.getPublicKey('hex', 'compressed').slice(2);
}

/** The secret key itself, 64 hex digits, for what the relay says in its own name; the same limits as above. */
export function loadSelfSecret(dataFolder: string): Promise<string | undefined> {
  return loadSecret(dataFolder, 'relay-key');
}

/** A secret key that is made once and kept in the data folder under that name; the same limits as above. */
export async function loadSecret(dataFolder: string, fileName: string): Promise<string | undefined> {
  await prepareFolder(dataFolder);
  const path = join(dataFolder, fileName);
  const secret = await createOnce(path, randomBytes(32).toString('hex')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return undefined;
    throw error;
  });
  if (secret === undefined) return undefined;
  if (!/^[0-9a-f]{64}$/.test(secret)) {
    throw new ConfigError(`${path} does not hold a key of 64 hex digits: put the right one back or delete the file`);
  }
  return secret;
}

/**
 * Writes the file unless it is there, whoever of two processes comes first, and returns what it holds. The file gets
 * its name only when it is whole: on a full disk none is left behind.
 */
async function createOnce(path: string, content: string): Promise<string> {
  const known = await readIfThere(path);
  if (known !== undefined) return known;
  const whole = `${path}.${process.pid}.new`;
  try {
    await writeFile(whole, `${content}\n`, { mode: 0o600, flush: true });
    await link(whole, path);
    return content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await readFile(path, 'utf8')).trim();
  } finally {
    await rm(whole, { force: true });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}
