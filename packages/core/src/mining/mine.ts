import { InvalidError, type UnsignedEvent } from '@nostrata/protocol';
import { runSearch } from '#mining';
import { difficultyMax } from '../limits.ts';
import { type SearchOptions, toSearch, withNonce } from './search.ts';

/** How to mine. */
export interface MineOptions extends SearchOptions {
  /** Leading zero bits, 1 to 40: each bit doubles the work. */
  readonly difficulty: number;
}

/**
 * Gives the event a nonce tag with which its id has that difficulty (NIP-13). The search does not hold up the caller's
 * thread, and ends with the signal.
 * @throws InvalidError where the difficulty is out of bounds; the signal's reason
 */
export async function mine<T extends UnsignedEvent>(
  event: T,
  { difficulty, signal, onMining }: MineOptions,
): Promise<T> {
  if (!Number.isInteger(difficulty) || difficulty < 1 || difficulty > difficultyMax) {
    throw new InvalidError(`the difficulty is not a whole number between 1 and ${difficultyMax}`);
  }
  signal?.throwIfAborted();
  const nonce = await runSearch(toSearch(event, difficulty), { signal, onMining });
  return withNonce(event, String(nonce), difficulty);
}
