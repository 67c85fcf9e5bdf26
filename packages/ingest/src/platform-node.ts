import { hash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { BackendName } from './verifier/backend.ts';

/** The back ends that a verifier may have here, fastest first. */
export const backendNames: readonly BackendName[] = ['libsecp256k1', 'wasm', 'noble'];

/** What would make that back end faster, in one sentence. */
export function hintToSpeedUp(backend: BackendName): string {
  const factor = backend === 'wasm' ? 5 : 25;
  const name = 'libsecp256k1 (Debian and Ubuntu: libsecp256k1-1, macOS: brew install secp256k1)';
  return `Install ${name} to verify about ${factor} times faster.`;
}

/** Verifier workers where nothing else is asked for: one per core, but one core is left to the rest of the program. */
export function defaultWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** Runs the work in the next turn of the event loop. */
export function runNextTurn(work: () => void): void {
  setImmediate(work);
}

/** SHA-256 of a text in UTF-8, in lower-case hex. */
export function sha256Hex(text: string): string {
  return hash('sha256', text, 'hex');
}

/** How many bytes a text takes in UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** The bytes of a text of hex digits. */
export function hexToBytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}
