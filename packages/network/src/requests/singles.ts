import type { Filter } from '@nostrata/protocol';
import { type Authentication, lostFault } from '../connection/authentication.ts';
import type { Clock, NegotiationEnd, NegotiationOptions } from '../contract.ts';
import { type CountEnd, createCount, createNegotiation, type SingleExchange } from './exchanges.ts';
import type { Lanes } from './lanes.ts';

/** What the single exchanges of a relay need. */
export interface SinglesOptions {
  readonly clock: Clock;
  readonly lanes: Lanes;
  readonly authentication: Authentication;
  /** Milliseconds without a word after which a negotiation is over. */
  readonly negotiationMs: number;
  send(frame: string): boolean;
  flush(): void;
  /** Something was added: connect. Returns why it cannot begin soon, where it cannot. */
  begin(): string | undefined;
  /** Something has ended. */
  ended(): void;
  /** What the information document says of NIP-77. */
  speaksNegentropy(): boolean | undefined;
}

/** The COUNTs and negotiations of one relay. */
export interface Singles {
  readonly size: number;
  /** Returns the function that ends it without an answer. */
  count(filters: readonly Filter[], done: (end: CountEnd) => void): () => void;
  /** Returns the function that ends it early. */
  negotiate(options: NegotiationOptions, done: (end: NegotiationEnd) => void): (end: NegotiationEnd) => void;
  /** Ends all of them: no connection. */
  fail(): void;
}

/** Creates an empty list. */
export function createSingles(options: SinglesOptions): Singles {
  const { clock, lanes, authentication, flush } = options;
  const exchanges = new Set<SingleExchange>();
  let isRefused = false;

  const add = (exchange: SingleExchange): void => {
    exchanges.add(exchange);
    if (!lanes.add(exchange)) exchange.fail('unreachable');
    else if (options.begin() !== undefined) exchange.fail('unreachable');
  };
  const end = (exchange: SingleExchange): void => {
    exchanges.delete(exchange);
    lanes.remove(exchange, true);
    lanes.flush();
    options.ended();
  };
  const authenticate = async (exchange: SingleExchange): Promise<void> => {
    lanes.remove(exchange, false);
    const fault = await authentication.acquire();
    if (!exchange.isAwaited) return;
    if (fault === null) lanes.again(exchange);
    else exchange.fail(fault === lostFault ? 'unreachable' : 'unsupported');
    flush();
  };
  const negotiate = (
    { filter, message, next }: NegotiationOptions,
    done: (how: NegotiationEnd) => void,
  ): ((how: NegotiationEnd) => void) => {
    let cancelSilence = (): void => undefined;
    let mayAuthenticate = true;
    const exchange: SingleExchange = createNegotiation({
      filter,
      message,
      next,
      send: options.send,
      progressed() {
        cancelSilence();
        cancelSilence = clock.after(options.negotiationMs, () => exchange.fail('timeout'));
      },
      mustAuthenticate() {
        if (!mayAuthenticate) return false;
        mayAuthenticate = false;
        void authenticate(exchange);
        return true;
      },
      done(how) {
        cancelSilence();
        if (how === 'unsupported') isRefused = true;
        end(exchange);
        done(how);
      },
    });
    if (isRefused || options.speaksNegentropy() === false) exchange.fail('unsupported');
    else add(exchange);
    return (how) => exchange.fail(how);
  };
  return {
    get size() {
      return exchanges.size;
    },
    count(filters, done) {
      const exchange: SingleExchange = createCount(filters, (result) => {
        end(exchange);
        done(result);
      });
      add(exchange);
      return () => exchange.fail('timeout');
    },
    negotiate,
    fail() {
      for (const exchange of [...exchanges]) exchange.fail('unreachable');
    },
  };
}
