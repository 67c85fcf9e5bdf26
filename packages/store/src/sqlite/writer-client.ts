import { Worker } from 'node:worker_threads';
import { StoreError } from '../errors.ts';
import type { WriterAnswer, WriterOptions, WriterReplies, WriterRequest } from './messages.ts';

/** The writer as the rest of the process sees it. */
export interface WriterClient {
  /** Asks the writer; answers come in the order of the requests. */
  ask<T extends WriterRequest['type']>(request: WriterRequest & { readonly type: T }): Promise<WriterReplies[T]>;
  /** Ends the thread; what was asked before is done first. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (reply: WriterReplies[keyof WriterReplies]) => void;
  readonly reject: (error: StoreError) => void;
}

/**
 * Starts the writing thread and waits until the database is open. The thread keeps the process alive only while it
 * has something to do.
 */
export async function startWriter(options: WriterOptions): Promise<WriterClient> {
  const file = import.meta.url.endsWith('.ts') ? './writer.ts' : './writer.js';
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: options,
    name: 'store writer',
    // None of the program's options to Node: with `--eval` a file could not be started at all.
    execArgv: [],
  });
  const waiting = new Map<number, Waiting>();
  let lastNumber = 0;
  let failure: StoreError | undefined;

  const wait = <T>(number: number): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      worker.ref();
      waiting.set(number, { resolve: resolve as Waiting['resolve'], reject });
    });
  const fail = (error: StoreError): void => {
    failure = error;
    for (const one of waiting.values()) one.reject(error);
    waiting.clear();
  };
  const opened = wait<number>(0);
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('message', (answer: WriterAnswer) => {
    const one = waiting.get(answer.number);
    waiting.delete(answer.number);
    if (waiting.size === 0) worker.unref();
    if ('reply' in answer) one?.resolve(answer.reply);
    else one?.reject(new StoreError(answer.message, { fault: answer.fault }));
  });
  worker.on('error', (error) => fail(new StoreError(`the writer of ${options.path} has failed`, { cause: error })));
  worker.on('exit', () => fail(new StoreError(`the store ${options.path} is closed`)));
  await opened;

  return {
    ask: (request) => {
      if (failure) return Promise.reject(failure);
      lastNumber += 1;
      worker.postMessage({ number: lastNumber, request });
      return wait(lastNumber);
    },
    stop: async () => {
      if (!failure) {
        lastNumber += 1;
        worker.postMessage({ number: lastNumber, request: { type: 'stop' } });
        await wait(lastNumber).finally(() => worker.ref());
      }
      await ended;
    },
  };
}
