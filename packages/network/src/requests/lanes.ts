import type { RelayMessage } from '@nostrata/protocol';

/** A message that belongs to a subscription id, or a NOTICE given to the one exchange that it can mean. */
export type ExchangeMessage =
  | Extract<RelayMessage, { readonly subId: string }>
  | Extract<RelayMessage, { type: 'NOTICE' }>;

/** Something that is asked of a relay under a subscription id and keeps that id until it is over: REQ, COUNT, NEG-OPEN. */
export interface Exchange {
  readonly verb: 'REQ' | 'COUNT' | 'NEG-OPEN';
  /** The frame that begins it. */
  open(subId: string): string;
  /** The frame that ends it, where the relay would go on. */
  close(subId: string): string | undefined;
  readonly isLive: boolean;
  /** True until its final answer has come; a live subscription has it at EOSE. */
  readonly isAwaited: boolean;
  /** True where something of the answer has come. */
  readonly hasAnswer: boolean;
  receive(message: ExchangeMessage): void;
  /** An event came that cannot be read. */
  malformed?(): void;
  /** It left just now. */
  sent(): void;
}

/** The exchanges of one relay: those that have a subscription id, and those that wait for one. */
export interface Lanes {
  readonly active: ReadonlyMap<string, Exchange>;
  readonly size: number;
  /** Says whether it is open or waits. */
  holds(exchange: Exchange): boolean;
  /** False where too many wait already. */
  add(exchange: Exchange): boolean;
  /** Ends it; says so to the relay where it is open there. */
  remove(exchange: Exchange, isOpenThere: boolean): void;
  /** Sends it anew when there is room, before all others. */
  again(exchange: Exchange): void;
  /** The connection is gone: everything waits again. */
  lost(): void;
  /** Sends what there is room for. */
  flush(): void;
}

/** What lanes are run with. */
export interface LanesOptions {
  readonly waitingMax: number;
  subscriptionsMax(): number;
  /** True where frames can be sent now. */
  isReady(): boolean;
  send(frame: string): boolean;
}

/** Creates empty lanes. */
export function createLanes({ waitingMax, subscriptionsMax, isReady, send }: LanesOptions): Lanes {
  const active = new Map<string, Exchange>();
  const subIdByExchange = new Map<Exchange, string>();
  let waiting: Exchange[] = [];
  let counter = 0;

  const detach = (exchange: Exchange): string | undefined => {
    const subId = subIdByExchange.get(exchange);
    if (subId === undefined) return undefined;
    active.delete(subId);
    subIdByExchange.delete(exchange);
    return subId;
  };
  /** The next that may start. Live ones leave one slot free, or nothing else would ever be answered. */
  const take = (): Exchange | undefined => {
    const max = subscriptionsMax();
    if (active.size >= max) return undefined;
    const live = [...active.values()].filter((exchange) => exchange.isLive).length;
    const mayLive = live < Math.max(1, max - 1);
    const index = waiting.findIndex((exchange) => mayLive || !exchange.isLive);
    return index < 0 ? undefined : waiting.splice(index, 1)[0];
  };
  const flush = (): void => {
    while (isReady()) {
      const exchange = take();
      if (exchange === undefined) return;
      const subId = `n${(++counter).toString(36)}`;
      active.set(subId, exchange);
      subIdByExchange.set(exchange, subId);
      if (send(exchange.open(subId))) exchange.sent();
    }
  };
  return {
    active,
    get size() {
      return active.size + waiting.length;
    },
    holds: (exchange) => subIdByExchange.has(exchange) || waiting.includes(exchange),
    add(exchange) {
      if (waiting.length >= waitingMax) return false;
      waiting.push(exchange);
      return true;
    },
    remove(exchange, isOpenThere) {
      const subId = detach(exchange);
      if (subId === undefined) waiting = waiting.filter((other) => other !== exchange);
      else if (isOpenThere) {
        const frame = exchange.close(subId);
        if (frame !== undefined) send(frame);
      }
    },
    again(exchange) {
      detach(exchange);
      if (!waiting.includes(exchange)) waiting.unshift(exchange);
    },
    lost() {
      const open = [...active.values()];
      for (const exchange of open) detach(exchange);
      waiting.unshift(...open);
    },
    flush,
  };
}
