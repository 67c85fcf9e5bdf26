import { assert } from '@nostrata/protocol';
import type { Seq } from './contract.ts';

/** Takes a number that a store gave earlier, kept in a table or file, for a position in the log; 0 is the beginning. */
export function toSeq(position: number): Seq {
  assert(Number.isSafeInteger(position) && position >= 0, 'a log position is a non-negative safe integer');
  return position as Seq;
}
