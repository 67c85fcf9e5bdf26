import type { BackendName } from './backend.ts';

/** What would make verification faster, given what is in use and why faster back ends are not; one sentence each. */
export function hintsFor(backend: BackendName, faults: readonly string[]): string[] {
  const hints = faults.map((fault) => `${fault}.`);
  if (backend === 'libsecp256k1') return hints;
  const factor = backend === 'wasm' ? 5 : 25;
  hints.push(
    `Install libsecp256k1 (Debian and Ubuntu: libsecp256k1-1, macOS: brew install secp256k1) to verify about ${factor} times faster.`,
  );
  return hints;
}
