import { createRequire } from 'node:module';
import { schnorr } from '@noble/curves/secp256k1.js';
import * as tiny from 'tiny-secp256k1';

/** Makes BIP-340 signatures without extra randomness, so that every back end gives the same 64 bytes. */
export interface Signer {
  readonly backend: 'libsecp256k1' | 'wasm' | 'pure';
  /** The x-only public key of a secret key, 32 bytes each. */
  getPublicKey(secret: Uint8Array): Uint8Array;
  /** Signs a digest of 32 bytes: a signature of 64 bytes. */
  sign(digest: Uint8Array, secret: Uint8Array): Uint8Array;
  /** Checks a signature of 64 bytes against a digest and an x-only public key of 32 bytes each. */
  verify(signature: Uint8Array, digest: Uint8Array, pubkey: Uint8Array): boolean;
}

const noRandomness = new Uint8Array(32);

/** The fastest signer that this machine has. */
export function createSigner(): Signer {
  return createNativeSigner() ?? createWasmSigner();
}

/** Signs with tiny-secp256k1: about 3,000 signatures a second. */
export function createWasmSigner(): Signer {
  return {
    backend: 'wasm',
    getPublicKey: (secret) => tiny.xOnlyPointFromScalar(secret),
    sign: (digest, secret) => tiny.signSchnorr(digest, secret, noRandomness),
    verify: (signature, digest, pubkey) => tiny.isXOnlyPoint(pubkey) && tiny.verifySchnorr(digest, pubkey, signature),
  };
}

/** Signs with @noble/curves: about 1,000 signatures a second. */
export function createPureSigner(): Signer {
  return {
    backend: 'pure',
    getPublicKey: (secret) => schnorr.getPublicKey(secret),
    sign: (digest, secret) => schnorr.sign(digest, secret, noRandomness),
    verify: (signature, digest, pubkey) => schnorr.verify(signature, digest, pubkey),
  };
}

/** Signs with the system's libsecp256k1: about 25,000 signatures a second. Null where it is not installed. */
export function createNativeSigner(): Signer | null {
  const library = loadLibrary();
  if (!library) return null;
  const createContext = library.func('void *secp256k1_context_create(unsigned int flags)');
  const createKeypair = library.func('int secp256k1_keypair_create(void *context, void *keypair, void *secret)');
  const getXOnly = library.func(
    'int secp256k1_keypair_xonly_pub(void *context, void *key, void *parity, void *keypair)',
  );
  const serialize = library.func('int secp256k1_xonly_pubkey_serialize(void *context, void *output, void *key)');
  const signDigest = library.func(
    'int secp256k1_schnorrsig_sign(void *context, void *signature, void *digest, void *keypair, void *randomness)',
  );
  const parseXOnly = library.func('int secp256k1_xonly_pubkey_parse(void *context, void *key, void *input)');
  const verifyDigest = library.func(
    'int secp256k1_schnorrsig_verify(void *context, void *signature, void *digest, size_t length, void *key)',
  );
  const context = createContext(1);
  const keypairOf = (secret: Uint8Array): Uint8Array => {
    const keypair = new Uint8Array(96);
    if (secret.length !== 32 || createKeypair(context, keypair, secret) !== 1) throw new Error('secret key is invalid');
    return keypair;
  };
  return {
    backend: 'libsecp256k1',
    getPublicKey(secret) {
      const key = new Uint8Array(64);
      const output = new Uint8Array(32);
      getXOnly(context, key, null, keypairOf(secret));
      serialize(context, output, key);
      return output;
    },
    sign(digest, secret) {
      if (digest.length !== 32) throw new Error('digest is not 32 bytes');
      const signature = new Uint8Array(64);
      if (signDigest(context, signature, digest, keypairOf(secret), null) !== 1) throw new Error('signing failed');
      return signature;
    },
    verify(signature, digest, pubkey) {
      if (signature.length !== 64 || digest.length !== 32 || pubkey.length !== 32) return false;
      const key = new Uint8Array(64);
      if (parseXOnly(context, key, pubkey) !== 1) return false;
      return verifyDigest(context, signature, digest, 32, key) === 1;
    },
  };
}

/** What this file uses of koffi. */
interface NativeLibrary {
  func(declaration: string): (...values: unknown[]) => unknown;
}

const libraryNames = ['libsecp256k1.so.2', 'libsecp256k1.so.1', 'libsecp256k1.so.0', 'libsecp256k1.dylib'];

function loadLibrary(): NativeLibrary | null {
  for (const name of libraryNames) {
    try {
      const koffi = createRequire(import.meta.url)('koffi') as { load(path: string): NativeLibrary };
      return koffi.load(name);
    } catch {
      // Not installed under this name: the next one, and WASM in the end, which signs the same bytes.
    }
  }
  return null;
}
