import type { Backend, BackendName } from './backend.ts';
import { openNoble } from './noble.ts';

/** Loads a back end in a browser. Rejects where it cannot be had. */
export async function openBackendInBrowser(name: BackendName, wasmUrl: string | undefined): Promise<Backend> {
  switch (name) {
    case 'libsecp256k1':
      throw new Error('libsecp256k1 is not for browsers');
    case 'wasm':
      if (wasmUrl === undefined) throw new Error('no address of secp256k1.wasm was given');
      return await openWasmFrom(wasmUrl);
    case 'noble':
      return openNoble();
  }
}

/** What the WebAssembly of tiny-secp256k1 exports, as far as it is used here. */
interface Secp256k1Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly HASH_INPUT: { readonly value: number };
  readonly X_ONLY_PUBLIC_KEY_INPUT: { readonly value: number };
  readonly SIGNATURE_INPUT: { readonly value: number };
  initializeContext(): void;
  verifySchnorr(): number;
}

/** The part of WebAssembly that is used here; the types of Node.js do not name it. */
interface WebAssemblyEngine {
  instantiate(bytes: ArrayBuffer, imports: object): Promise<{ readonly instance: { readonly exports: unknown } }>;
}

/** Bytes of an input that is out of range are told by a callback, which must not return. */
class RefusedInput extends Error {
  override readonly name = 'RefusedInput';
}

/**
 * Opens the WebAssembly of tiny-secp256k1 from its address. The package's own loader is for Node.js and for bundlers
 * that import WebAssembly as a module; not many do.
 */
async function openWasmFrom(url: string): Promise<Backend> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  const { WebAssembly: engine } = globalThis as unknown as { readonly WebAssembly: WebAssemblyEngine };
  const { instance } = await engine.instantiate(await answer.arrayBuffer(), {
    './rand.js': { generateInt32: () => crypto.getRandomValues(new Int32Array(1))[0] ?? 0 },
    './validate_error.js': {
      throwError: () => {
        throw new RefusedInput();
      },
    },
  });
  const secp256k1 = instance.exports as Secp256k1Exports;
  secp256k1.initializeContext();
  const { HASH_INPUT, X_ONLY_PUBLIC_KEY_INPUT, SIGNATURE_INPUT } = secp256k1;
  return {
    name: 'wasm',
    verify: ({ message, pubkey, signature }) => {
      const memory = new Uint8Array(secp256k1.memory.buffer);
      memory.set(message, HASH_INPUT.value);
      memory.set(pubkey, X_ONLY_PUBLIC_KEY_INPUT.value);
      memory.set(signature, SIGNATURE_INPUT.value);
      try {
        return secp256k1.verifySchnorr() === 1;
      } catch (error) {
        if (error instanceof RefusedInput) return false;
        throw error;
      }
    },
  };
}
