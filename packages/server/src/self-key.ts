import { createECDH, randomBytes } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from './config/errors.ts';
import { prepareFolder } from './store-url.ts';

const fileName = 'relay-key';

/**
 * The relay's own pubkey (`self` of NIP-11). The secret key is made once and kept in the data folder, readable by
 * this user only.
 * @throws ConfigError where the file holds something else
 */
export async function loadSelfPubkey(dataFolder: string): Promise<string> {
  await prepareFolder(dataFolder);
  const path = join(dataFolder, fileName);
  const secret = await createOnce(path, randomBytes(32).toString('hex'));
  if (!/^[0-9a-f]{64}$/.test(secret)) {
    throw new ConfigError(`${path} does not hold a key of 64 hex digits: put the right one back or delete the file`);
  }
  const curve = createECDH('secp256k1');
  curve.setPrivateKey(secret, 'hex');
  // BIP-340 takes the x coordinate alone, which follows the byte for the sign of y.
  return curve.getPublicKey('hex', 'compressed').slice(2);
}

/** Writes the file unless it is there, whoever of two processes comes first, and returns what it holds. */
async function createOnce(path: string, content: string): Promise<string> {
  try {
    await using file = await open(path, 'wx', 0o600);
    await file.writeFile(`${content}\n`);
    await file.sync();
    return content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await readFile(path, 'utf8')).trim();
  }
}
