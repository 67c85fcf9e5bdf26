import { parentPort, workerData } from 'node:worker_threads';
import { miningBatchHashes } from '../limits.ts';
import type { MiningMessage } from './node.ts';
import { type NonceSearch, searchNonces } from './search.ts';

const tell = (message: MiningMessage): void => parentPort?.postMessage(message);

for (let hashes = 0; ; hashes += miningBatchHashes) {
  const nonce = searchNonces(workerData as NonceSearch, hashes, miningBatchHashes);
  if (nonce !== undefined) {
    tell({ nonce });
    break;
  }
  tell({ hashes: hashes + miningBatchHashes });
}
