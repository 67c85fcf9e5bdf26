import koffi from 'koffi';
import { parsedKeysMax } from '../limits.ts';
import type { Backend } from './backend.ts';

const libraryNames = [
  'libsecp256k1.so.1',
  'libsecp256k1.so.2',
  'libsecp256k1.so.5',
  'libsecp256k1.so.6',
  'libsecp256k1.so.0',
  'libsecp256k1.so',
  'libsecp256k1.dylib',
  '/opt/homebrew/lib/libsecp256k1.dylib',
];

/** SECP256K1_CONTEXT_VERIFY: what versions before 0.2 need; later ones take it for SECP256K1_CONTEXT_NONE. */
const contextVerify = 0x101;

/** Bytes of `secp256k1_xonly_pubkey`, the same in every version so far. */
const parsedKeyBytes = 64;

/**
 * The back end that calls the system's libsecp256k1: about 30,000 signatures a second.
 * @throws Error where no library is found, or it was built without Schnorr signatures
 */
export function openLibsecp256k1(): Backend {
  const library = loadLibrary();
  const createContext = library.func('void *secp256k1_context_create(unsigned int)');
  const parseKey = library.func('int secp256k1_xonly_pubkey_parse(const void *, void *, const void *)');
  const verifySignature = library.func(
    'int secp256k1_schnorrsig_verify(const void *, const void *, const void *, size_t, const void *)',
  );
  const context: unknown = createContext(contextVerify);
  if (!context) throw new Error('libsecp256k1 gave no context');
  const keys = createKeyCache((pubkey, parsed) => parseKey(context, parsed, pubkey) === 1);
  return {
    name: 'libsecp256k1',
    verify({ message, pubkey, signature }) {
      // The library reads behind the pointers without knowing their lengths.
      if (message.length !== 32 || pubkey.length !== 32 || signature.length !== 64) return false;
      const key = keys.get(pubkey);
      return key !== undefined && verifySignature(context, signature, message, 32, key) === 1;
    },
  };
}

function loadLibrary(): ReturnType<typeof koffi.load> {
  for (const name of libraryNames) {
    try {
      return koffi.load(name);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // Not under this name: the next one is tried, and the end of the list is the answer.
    }
  }
  throw new Error('libsecp256k1 was not found');
}

interface KeyCache {
  get(pubkey: Uint8Array): Uint8Array | undefined;
}

/**
 * Parsed keys by their 32 bytes, in two generations: when the young one is full it becomes the old one, so that
 * keys in use stay and no order has to be kept.
 */
function createKeyCache(parse: (pubkey: Uint8Array, parsed: Uint8Array) => boolean): KeyCache {
  let young = new Map<string, Uint8Array>();
  let old = new Map<string, Uint8Array>();

  function remember(name: string, key: Uint8Array): Uint8Array {
    if (young.size >= parsedKeysMax / 2) {
      old = young;
      young = new Map();
    }
    young.set(name, key);
    return key;
  }

  return {
    get(pubkey) {
      const name = Buffer.from(pubkey.buffer, pubkey.byteOffset, pubkey.length).toString('latin1');
      const known = young.get(name);
      if (known !== undefined) return known;
      const aged = old.get(name);
      if (aged !== undefined) return remember(name, aged);
      const parsed = new Uint8Array(parsedKeyBytes);
      return parse(pubkey, parsed) ? remember(name, parsed) : undefined;
    },
  };
}
