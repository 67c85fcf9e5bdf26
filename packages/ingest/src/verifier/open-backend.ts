import type { Backend, BackendName } from './backend.ts';

/** Loads a back end; each costs its library only when it is asked for. Rejects where this machine cannot run it. */
export async function openBackend(name: BackendName): Promise<Backend> {
  switch (name) {
    case 'libsecp256k1':
      return (await import('./libsecp256k1.ts')).openLibsecp256k1();
    case 'wasm':
      return (await import('./wasm.ts')).openWasm();
    case 'noble':
      return (await import('./noble.ts')).openNoble();
  }
}
