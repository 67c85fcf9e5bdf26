import { StoreError } from '../errors.ts';
import type { MessagePortLike } from './browser.ts';
import { fromFailure } from './failures.ts';
import type { Call, CommitNotice, Incoming, Replies, Request } from './wire.ts';

/** A page's line to its storage. */
export interface Link {
  ask<C extends Call>(call: C): Promise<Replies[C['type']]>;
  /** Sends what has no answer that matters. */
  tell(call: Call): void;
  /** Called with each commit, before the answer to what caused it. */
  onCommit(listener: (commit: CommitNotice) => void): void;
  /** Fails everything that waits and everything that is asked from now on. */
  fail(error: Error): void;
}

interface Waiting {
  readonly resolve: (reply: Replies[keyof Replies]) => void;
  readonly reject: (error: Error) => void;
}

/** Makes the line over a message port. */
export function createLink(port: MessagePortLike, now: () => number): Link {
  const waiting = new Map<number, Waiting>();
  let lastNumber = 0;
  let failure: Error | undefined;
  let commitListener: ((commit: CommitNotice) => void) | undefined;

  port.onmessage = ({ data }) => {
    const message = data as Incoming;
    if ('commit' in message) {
      commitListener?.(message.commit);
      return;
    }
    const one = waiting.get(message.number);
    waiting.delete(message.number);
    if ('reply' in message) one?.resolve(message.reply);
    else one?.reject(fromFailure(message.failure));
  };
  const send = (call: Call): number => {
    lastNumber += 1;
    const request: Request = { number: lastNumber, nowMs: now(), call };
    port.postMessage(request);
    return lastNumber;
  };
  return {
    ask: <C extends Call>(call: C) => {
      if (failure) return Promise.reject(failure);
      return new Promise<Replies[C['type']]>((resolve, reject) => {
        try {
          waiting.set(send(call), { resolve: resolve as Waiting['resolve'], reject });
        } catch (error) {
          reject(new StoreError('what was asked cannot be sent to the worker', { cause: error }));
        }
      });
    },
    tell: (call) => {
      if (!failure) send(call);
    },
    onCommit: (listener) => {
      commitListener = listener;
    },
    fail: (error) => {
      failure ??= error;
      for (const one of waiting.values()) one.reject(failure);
      waiting.clear();
    },
  };
}
