import { verifyBatchMax } from '../limits.ts';

/** Bytes of one check in a packed batch: message (the event id) 32, x-only pubkey 32, signature 64. */
export const recordBytes = 128;

/** What a back end answers for one check. */
export const Verdict = { bad: 0, good: 1, unable: 2 } as const;

/** One check as three views into a packed batch. */
export interface PackedCheck {
  readonly message: Uint8Array;
  readonly pubkey: Uint8Array;
  readonly signature: Uint8Array;
}

/** Memory for one batch, shared between the main thread and one worker; whoever holds the batch may touch it. */
export interface BatchMemory {
  readonly checks: SharedArrayBuffer;
  readonly verdicts: SharedArrayBuffer;
}

/** Memory for the largest batch. */
export function createBatchMemory(): BatchMemory {
  return {
    checks: new SharedArrayBuffer(verifyBatchMax * recordBytes),
    verdicts: new SharedArrayBuffer(verifyBatchMax),
  };
}

/** Views of every check in packed memory, made once, so that no view is made while verifying. */
export function viewChecks(bytes: Uint8Array): PackedCheck[] {
  const checks: PackedCheck[] = [];
  for (let offset = 0; offset + recordBytes <= bytes.length; offset += recordBytes) {
    checks.push({
      message: bytes.subarray(offset, offset + 32),
      pubkey: bytes.subarray(offset + 32, offset + 64),
      signature: bytes.subarray(offset + 64, offset + recordBytes),
    });
  }
  return checks;
}
