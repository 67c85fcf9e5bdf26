import type { NostrEvent } from '@nostrata/protocol';
import type { Source, SubmitResult } from './contract.ts';

/** An event inside the door, from its submit to its answer. */
export interface Candidate {
  readonly event: NostrEvent;
  /** The canonical JSON text, made once. */
  readonly json: string;
  /** Its size in UTF-8. */
  readonly bytes: number;
  readonly source: Source;
  readonly resolve: (result: SubmitResult) => void;
  readonly reject: (error: Error) => void;
  /** Candidates with the same text that wait for this one's answer. */
  followers: Candidate[] | undefined;
}
