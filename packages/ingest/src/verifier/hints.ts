import type { BackendName } from './backend.ts';

/** Which back end is in use and why. */
export interface Choice {
  readonly backend: BackendName;
  /** True where the settings ask for it. */
  readonly isAskedFor: boolean;
  /** Why faster back ends are not in use. */
  readonly faults: readonly string[];
}

/** What would make verification faster; one sentence each, none where nothing would. */
export function hintsFor({ backend, isAskedFor, faults }: Choice): string[] {
  if (backend === 'libsecp256k1') return [];
  if (isAskedFor) return [`The settings ask for ${backend}, though libsecp256k1 would be faster.`];
  const factor = backend === 'wasm' ? 5 : 25;
  const name = 'libsecp256k1 (Debian and Ubuntu: libsecp256k1-1, macOS: brew install secp256k1)';
  return [...faults.map((fault) => `${fault}.`), `Install ${name} to verify about ${factor} times faster.`];
}
