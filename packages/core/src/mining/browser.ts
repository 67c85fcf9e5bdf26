import { miningSliceHashes } from '../limits.ts';
import { type NonceSearch, type SearchOptions, searchNonces } from './search.ts';

/** Searches in slices of a few milliseconds, between which the page has its turn. */
export async function runSearch(search: NonceSearch, { signal, onMining }: SearchOptions): Promise<number> {
  for (let hashes = 0; ; hashes += miningSliceHashes) {
    signal?.throwIfAborted();
    const nonce = searchNonces(search, hashes, miningSliceHashes);
    if (nonce !== undefined) return nonce;
    onMining?.(hashes + miningSliceHashes);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
