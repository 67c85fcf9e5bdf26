import type { Filter } from '@nostrata/protocol';
import type { AnswerEnd } from '../contract.ts';
import { type Ask, type AskHost, askKey, createAsk, type Waiter } from './ask.ts';

/** The asks of one relay that somebody waits for. */
export interface Asks {
  readonly size: number;
  has(ask: Ask): boolean;
  /** Joins the same ask where there is one under way; a live waiter also joins one that stays. */
  join(filters: readonly Filter[], waiter: Waiter, resume?: ReadonlyMap<Filter, number>): Ask;
  /** Gives everybody who waits what there is. */
  fail(end: AnswerEnd, reason: string): void;
  /** The connection is gone: what is awaited is sent again so often, then fails; live ones go on after the next. */
  lost(): void;
  failLost(lossesMax: number, reason: string): void;
}

/** What asks need of their relay. */
export type AsksOptions = Omit<AskHost, 'abandoned'> & {
  /** Nobody waits for an ask any more. */
  abandoned(): void;
};

/** Creates an empty list. */
export function createAsks(options: AsksOptions): Asks {
  const lossesByAsk = new Map<Ask, number>();
  const abandoned = (ask: Ask): void => {
    if (lossesByAsk.delete(ask)) options.abandoned();
  };
  const host: AskHost = { ...options, abandoned };
  const find = (key: string, isLive: boolean): Ask | undefined => {
    for (const ask of lossesByAsk.keys()) if (ask.key === key && (ask.isAwaited || isLive)) return ask;
    return undefined;
  };
  return {
    get size() {
      return lossesByAsk.size;
    },
    has: (ask) => lossesByAsk.has(ask),
    join(filters, waiter, resume) {
      const known = find(askKey(filters), waiter.isLive);
      const ask = known ?? createAsk(host, filters, resume);
      if (!known) lossesByAsk.set(ask, 0);
      ask.join(waiter);
      return ask;
    },
    fail(end, reason) {
      for (const ask of [...lossesByAsk.keys()]) ask.fail(end, reason);
    },
    lost() {
      for (const ask of lossesByAsk.keys()) ask.lost();
    },
    failLost(lossesMax, reason) {
      for (const [ask, losses] of [...lossesByAsk]) {
        if (!ask.isAwaited) continue;
        lossesByAsk.set(ask, losses + 1);
        if (losses + 1 > lossesMax) ask.fail('unreachable', reason);
      }
    },
  };
}
