import type { VerifierReport } from '../contract.ts';
import type { PackedCheck } from './packed.ts';

/** The name of a verifier back end. */
export type BackendName = VerifierReport['backend'];

/** All back ends, fastest first. */
export const backendNames: readonly BackendName[] = ['libsecp256k1', 'wasm', 'noble'];

/** One way to check BIP-340 signatures. */
export interface Backend {
  readonly name: BackendName;
  /** True where the signature is good; never throws for what the bytes say. */
  verify(check: PackedCheck): boolean;
}

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
