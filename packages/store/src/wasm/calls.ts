import { DatabaseError } from '@nostrata/database';
import { StoreError } from '../errors.ts';
import { toFailure } from './failures.ts';
import type { Call, Incoming, Request } from './wire.ts';

/** The requests of a page that have no answer yet. */
export interface Calls {
  /** A request was sent to that tab, or to nobody yet. */
  note(request: Request, sentTo: string | undefined): void;
  settle(number: number): void;
  /** The requests to send to a new leader; those that it could do twice are answered with a failure. */
  takeAgain(leader: string | undefined): readonly Request[];
  failAll(error: unknown): void;
  /** Answers every request with the failure, also those to come. */
  failFromNowOn(error: unknown): void;
}

interface Pending {
  readonly request: Request;
  readonly sentTo: string | undefined;
}

/** Remembers the requests of a page. */
export function createCalls(send: (message: Incoming) => void): Calls {
  const pendingByNumber = new Map<number, Pending>();
  /** The last word on whether the page follows, which a new leader must hear. */
  let following: Request | undefined;
  let failure: { readonly error: unknown } | undefined;
  const fail = (number: number, error: unknown): void => {
    pendingByNumber.delete(number);
    send({ number, failure: toFailure(error) });
  };
  const failAll = (error: unknown): void => {
    for (const number of [...pendingByNumber.keys()]) fail(number, error);
  };
  return {
    note: (request, sentTo) => {
      if (request.call.type === 'follow') following = request;
      pendingByNumber.set(request.number, { request, sentTo });
      if (failure) fail(request.number, failure.error);
    },
    settle: (number) => {
      pendingByNumber.delete(number);
    },
    takeAgain: (leader) => {
      const again: Request[] = [];
      for (const { request, sentTo } of [...pendingByNumber.values()]) {
        if (sentTo === leader && sentTo !== undefined) continue;
        if (sentTo === undefined || isRepeatable(request.call)) again.push(request);
        else fail(request.number, createAwayError(request.call));
      }
      if (following && !again.includes(following)) again.unshift(following);
      return again;
    },
    failAll,
    failFromNowOn: (error) => {
      failure = { error };
      failAll(error);
    },
  };
}

function createAwayError({ type }: Call): Error {
  const message = 'the tab that held the storage was closed, and what it did is not known: ask again';
  const isStore = type === 'next' || type === 'withdraw';
  return isStore ? new StoreError(message) : new DatabaseError('away', message);
}

/** Says whether a call may be done twice: events that are put again are duplicates, reads change nothing. */
function isRepeatable(call: Call): boolean {
  switch (call.type) {
    case 'next':
    case 'withdraw':
    case 'commit':
    case 'rollback':
      return false;
    case 'sql':
      return call.transaction === undefined && /^\s*select\b/i.test(call.sql);
    default:
      return true;
  }
}
