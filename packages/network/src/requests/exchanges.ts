import { type Filter, getReasonPrefix, InvalidError, serializeFilter } from '@nostrata/protocol';
import type { NegotiationEnd } from '../contract.ts';
import type { Exchange } from './exchange.ts';

/** An exchange with one final answer, besides REQ. */
export interface SingleExchange extends Exchange {
  /** Ends it without an answer. */
  fail(end: NegotiationEnd): void;
}

/** What a COUNT ends with. */
export type CountEnd = { readonly count: number; readonly hll?: string | undefined } | undefined;

/** Creates a COUNT (NIP-45); `done` is called once, with undefined where the relay does not answer it. */
export function createCount(filters: readonly Filter[], done: (end: CountEnd) => void): SingleExchange {
  let isOver = false;
  const end = (result: CountEnd): void => {
    if (isOver) return;
    isOver = true;
    done(result);
  };
  return {
    verb: 'COUNT',
    isLive: false,
    hasAnswer: false,
    get isAwaited() {
      return !isOver;
    },
    open: (subId) => JSON.stringify(['COUNT', subId, ...filters.map(serializeFilter)]),
    close: (subId) => JSON.stringify(['CLOSE', subId]),
    sent: () => undefined,
    receive(message) {
      if (message.type === 'COUNT') end({ count: message.count, hll: message.hll });
      else if (message.type === 'CLOSED' || message.type === 'NOTICE') end(undefined);
    },
    fail: () => end(undefined),
  };
}

/** What a negotiation is made of. */
export interface NegotiationParts {
  readonly filter: Filter;
  readonly message: string;
  readonly next: (message: string) => string | null;
  send(frame: string): void;
  /** A message came or went: the relay has time again. */
  progressed(): void;
  /** The relay wants to know who asks; true where that is under way and the negotiation begins again after it. */
  mustAuthenticate(exchange: Exchange): boolean;
  done(end: NegotiationEnd): void;
}

/** Creates a conversation of NEG-OPEN, NEG-MSG and NEG-CLOSE (NIP-77). */
export function createNegotiation(parts: NegotiationParts): SingleExchange {
  let isOver = false;
  let hasAnswer = false;
  let subId = '';
  const end = (how: NegotiationEnd): void => {
    if (isOver) return;
    isOver = true;
    parts.done(how);
  };
  const answer = (message: string): void => {
    hasAnswer = true;
    parts.progressed();
    try {
      const next = parts.next(message);
      if (next === null) end('reconciled');
      else parts.send(JSON.stringify(['NEG-MSG', subId, next]));
    } catch (error) {
      if (!(error instanceof InvalidError)) throw error;
      end('unsupported');
    }
  };
  const refuse = (exchange: Exchange, reason: string): void => {
    if (getReasonPrefix(reason) === 'auth-required' && parts.mustAuthenticate(exchange)) return;
    end(/too (?:big|large|many)|max|exceed|results/i.test(reason) ? 'too-large' : 'unsupported');
  };
  const exchange: SingleExchange = {
    verb: 'NEG-OPEN',
    isLive: false,
    get isAwaited() {
      return !isOver;
    },
    get hasAnswer() {
      return hasAnswer;
    },
    open(id) {
      subId = id;
      return JSON.stringify(['NEG-OPEN', id, serializeFilter(parts.filter), parts.message]);
    },
    close: (id) => JSON.stringify(['NEG-CLOSE', id]),
    sent: () => parts.progressed(),
    receive(message) {
      if (isOver) return;
      if (message.type === 'NEG-MSG') answer(message.message);
      else if (message.type === 'NEG-ERR' || message.type === 'CLOSED') refuse(exchange, message.reason);
      else if (message.type === 'NOTICE') refuse(exchange, message.text);
    },
    fail: end,
  };
  return exchange;
}
