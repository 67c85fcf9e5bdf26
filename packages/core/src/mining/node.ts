import { Worker } from 'node:worker_threads';
import type { NonceSearch, SearchOptions } from './search.ts';

/** What the worker says: the hashes done so far, or the nonce. */
export type MiningMessage = { readonly hashes: number } | { readonly nonce: number };

/** Searches in a worker thread. */
export async function runSearch(search: NonceSearch, { signal, onMining }: SearchOptions): Promise<number> {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  const worker = new Worker(new URL(file, import.meta.url), { workerData: search, name: 'miner', execArgv: [] });
  const found = Promise.withResolvers<number>();
  const abort = (): void => found.reject(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  worker.on('message', (message: MiningMessage) => {
    if ('nonce' in message) found.resolve(message.nonce);
    else onMining?.(message.hashes);
  });
  worker.on('error', found.reject);
  worker.on('exit', () => found.reject(new Error('the mining thread has ended')));
  try {
    return await found.promise;
  } finally {
    signal?.removeEventListener('abort', abort);
    await worker.terminate();
  }
}
