import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { decodeBech32, encodeBech32 } from './bech32.ts';
import { InvalidError } from './errors.ts';
import { ncryptsecLogRoundsMax } from './limits.ts';

/** What is known of how a key was handled before. */
export type KeyHistory = 'insecure' | 'secure' | 'unknown';

/** Options of `encryptSecret`. */
export interface SecretEncryptionOptions {
  /** Rounds of scrypt as a power of two, 16–20; 16 unless told: 64 MiB, and about a second here. */
  readonly logRounds?: number | undefined;
  readonly history?: KeyHistory | undefined;
  /** The system's generator unless a test gives another. */
  readonly randomBytes?: ((bytes: number) => Uint8Array) | undefined;
}

const histories: readonly KeyHistory[] = ['insecure', 'secure', 'unknown'];

/**
 * Encrypts a secret key of 32 bytes with a password, as `ncryptsec1…` (NIP-49).
 * @throws InvalidError where the key or the rounds are out of range
 */
export async function encryptSecret(
  secret: Uint8Array,
  password: string,
  options: SecretEncryptionOptions = {},
): Promise<string> {
  const { logRounds = 16, history = 'unknown', randomBytes: random = randomBytes } = options;
  if (secret.length !== 32) throw new InvalidError('secret does not have 32 bytes');
  if (logRounds < 1 || logRounds > ncryptsecLogRoundsMax) throw new InvalidError('rounds are out of range');
  const [salt, nonce] = [random(16), random(24)];
  const associated = Uint8Array.of(histories.indexOf(history));
  const key = await deriveKey(password, salt, logRounds);
  const ciphertext = xchacha20poly1305(key, nonce, associated).encrypt(secret);
  key.fill(0);
  return encodeBech32('ncryptsec', concatBytes(Uint8Array.of(2, logRounds), salt, nonce, associated, ciphertext));
}

/**
 * Decrypts `ncryptsec1…` with its password (NIP-49).
 * @throws InvalidError where it is malformed, the password is wrong, or it asks for more than a gibibyte of memory
 */
export async function decryptSecret(
  text: string,
  password: string,
): Promise<{ readonly secret: Uint8Array; readonly history: KeyHistory }> {
  const { prefix, bytes } = decodeBech32(text);
  if (prefix !== 'ncryptsec' || bytes.length !== 91) throw new InvalidError('text is not ncryptsec');
  const [version, logRounds = 0] = bytes;
  if (version !== 2) throw new InvalidError('ncryptsec is of an unknown version');
  if (logRounds < 1 || logRounds > ncryptsecLogRoundsMax) throw new InvalidError('rounds are out of range');
  const history = histories[bytes[42] ?? 255];
  if (history === undefined) throw new InvalidError('ncryptsec has an unknown history');
  const key = await deriveKey(password, bytes.slice(2, 18), logRounds);
  try {
    return {
      secret: xchacha20poly1305(key, bytes.slice(18, 42), bytes.slice(42, 43)).decrypt(bytes.slice(43)),
      history,
    };
  } catch (error) {
    throw new InvalidError('password is wrong', { cause: error });
  } finally {
    key.fill(0);
  }
}

function deriveKey(password: string, salt: Uint8Array, logRounds: number): Promise<Uint8Array> {
  const N = 2 ** logRounds;
  const maxmem = 128 * 8 * N + 2 ** 20;
  return scryptAsync(utf8ToBytes(password.normalize('NFKC')), salt, { N, r: 8, p: 1, dkLen: 32, maxmem });
}
