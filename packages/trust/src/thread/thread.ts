import { Worker } from 'node:worker_threads';
import { TrustError } from '../errors.ts';
import { requestsMax, threadOldMb, threadYoungMb } from '../limits.ts';
import type { Exchange, ThreadAnswer, ThreadQuestion } from './messages.ts';

/** Asks the thread that holds the graph. */
export type Ask = <K extends keyof Exchange>(
  type: K,
  request: Exchange[K]['request'],
) => Promise<Exchange[K]['answer']>;

/** A thread with a graph of its own. It does not come back by itself. */
export interface Thread {
  /** @throws TrustError `unavailable` where the thread has ended, fails or is asked too much */
  readonly ask: Ask;
  /** Settles when the thread has ended, by itself or by `stop`. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Starts a thread. The seed keeps places in its hash table from being foreseen. */
export function startThread(seed: number): Thread {
  const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    ...{ workerData: { seed }, name: 'trust', execArgv: [] },
    // Texts of lists are garbage at once; the graph itself lies outside of the heap.
    resourceLimits: { maxYoungGenerationSizeMb: threadYoungMb, maxOldGenerationSizeMb: threadOldMb },
  });
  worker.unref();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const end = Promise.withResolvers<void>();
  let last = 0;
  let cause: unknown;
  let isEnded = false;

  worker.on('message', (answer: ThreadAnswer) => {
    const asked = waiting.get(answer.number);
    waiting.delete(answer.number);
    if (waiting.size === 0) worker.unref();
    if ('error' in answer) asked?.reject(new TrustError('unavailable', `the web of trust: ${answer.error}`));
    else asked?.resolve(answer.answer);
  });
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', () => {
    isEnded = true;
    for (const asked of waiting.values()) asked.reject(gone());
    waiting.clear();
    end.resolve();
  });
  const gone = (): TrustError => new TrustError('unavailable', 'the thread of the web of trust has ended', { cause });

  return {
    async ask(type, request) {
      if (isEnded) throw gone();
      if (waiting.size >= requestsMax) throw new TrustError('unavailable', 'the web of trust is asked too much');
      last += 1;
      const asked = Promise.withResolvers<unknown>();
      waiting.set(last, asked);
      worker.ref();
      worker.postMessage({ number: last, type, request } satisfies ThreadQuestion);
      // The worker answers each question by the type it was asked with.
      return (await asked.promise) as Exchange[typeof type]['answer'];
    },
    ended: end.promise,
    async stop() {
      await worker.terminate();
      await end.promise;
    },
  };
}
