import type { VerifierReport } from '../contract.ts';
import type { PackedCheck } from './packed.ts';

/** The name of a verifier back end. */
export type BackendName = VerifierReport['backend'];

/** One way to check BIP-340 signatures. */
export interface Backend {
  readonly name: BackendName;
  /** True where the signature is good; never throws for what the bytes say. */
  verify(check: PackedCheck): boolean;
}
