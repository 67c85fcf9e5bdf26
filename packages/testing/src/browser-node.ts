import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

declare global {
  /** The shared data, fetched before the laws are loaded, by path. */
  var sharedTexts: Readonly<Record<string, string>> | undefined;
}

/** Stands for `createHash` of node:crypto: SHA-256 over texts, in hex. */
export function createHash() {
  const hash = sha256.create();
  const self = {
    update: (text: string) => {
      hash.update(utf8ToBytes(text));
      return self;
    },
    digest: () => bytesToHex(hash.digest()),
  };
  return self;
}

/** Stands for `existsSync` of node:fs over the shared data. */
export function existsSync(path: string): boolean {
  return globalThis.sharedTexts?.[path] !== undefined;
}

/** Stands for `readFileSync` of node:fs over the shared data, which the server has unpacked. */
export function readFileSync(path: string): { toString(): string } {
  return { toString: () => globalThis.sharedTexts?.[path] ?? '' };
}

/** Stands for `gunzipSync` of node:zlib: nothing is left to unpack. */
export function gunzipSync<T>(file: T): T {
  return file;
}

/** Stands for `resolve` of node:path. */
export function resolve(...parts: readonly string[]): string {
  return parts.join('/');
}

/** Stands for `join` of node:path. */
export function join(...parts: readonly string[]): string {
  return parts.join('/');
}

/** Not used by the laws; named because the testing room imports them. */
export const [
  createReadStream,
  createWriteStream,
  renameSync,
  rmSync,
  chownSync,
  cpSync,
  mkdtempSync,
  realpathSync,
  statSync,
  dirname,
  createHmac,
  createPrivateKey,
  createSign,
  generateKeyPairSync,
  randomBytes,
  randomUUID,
] = Array<undefined>(16);
