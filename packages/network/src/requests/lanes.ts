import type { Clock } from '../contract.ts';
import type { NetworkLimits } from '../limits.ts';
import { type Bundle, chooseMembers, createBundle, type FrameSize, isJoinable } from './bundle.ts';
import type { Exchange } from './exchange.ts';
import type { RelayLimits } from './relay-limits.ts';

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
  /** How large the frame is that it shares with others; undefined where it has one of its own, or waits. */
  sharedSize(exchange: Exchange): FrameSize | undefined;
  /** From now on each has a frame of its own, until the connection is made anew. */
  separate(): void;
  /** Sends it anew when there is room, before all others. */
  again(exchange: Exchange): void;
  /** The connection is gone: everything waits again. */
  lost(): void;
  /** Sends what there is room for: REQs of one moment in one frame. */
  flush(): void;
  /** The same at once, where something must not overtake it. */
  hurry(): void;
}

/** What lanes are run with. */
export interface LanesOptions {
  readonly clock: Clock;
  /** How many may wait, and how long a REQ waits for others to share its frame. */
  readonly limits: Pick<NetworkLimits, 'requestsWaitingMax' | 'gatherMs'>;
  relayLimits(): RelayLimits;
  /** True where frames can be sent now. */
  isReady(): boolean;
  send(frame: string): boolean;
}

/** Creates empty lanes. */
export function createLanes({ clock, limits, relayLimits, isReady, send }: LanesOptions): Lanes {
  const { requestsWaitingMax, gatherMs } = limits;
  const active = new Map<string, Exchange>();
  const bundleByMember = new Map<Exchange, Bundle>();
  const subIdByExchange = new Map<Exchange, string>();
  let waiting: Exchange[] = [];
  let counter = 0;
  let isSeparate = false;
  let isGathering = false;

  /** Takes it away from its subscription id; returns the id where nobody else uses it any more. */
  const detach = (exchange: Exchange): string | undefined => {
    const subId = subIdByExchange.get(exchange);
    if (subId === undefined) return undefined;
    subIdByExchange.delete(exchange);
    const bundle = bundleByMember.get(exchange);
    bundleByMember.delete(exchange);
    bundle?.leave(exchange);
    if (bundle !== undefined && bundle.members.length > 0) return undefined;
    active.delete(subId);
    return subId;
  };
  /** The next that may start. Live ones leave one slot free, or nothing else would ever be answered. */
  const take = (): Exchange | undefined => {
    const known = relayLimits();
    const max = known.subscriptionsMax;
    if (active.size >= max) return undefined;
    const live = [...active.values()].filter((exchange) => exchange.isLive).length;
    const mayLive = live < Math.max(1, max - 1);
    const allowed = waiting.filter((exchange) => mayLive || !exchange.isLive);
    const [first] = allowed;
    if (first === undefined) return undefined;
    const members = isJoinable(first) && !isSeparate ? chooseMembers(first, allowed, known) : [];
    const isShared = members.length > 1;
    waiting = waiting.filter(
      (exchange) => exchange !== first && !(isShared && members.some((one) => one === exchange)),
    );
    if (!isShared) return first;
    const bundle = createBundle(members);
    for (const member of members) bundleByMember.set(member, bundle);
    return bundle;
  };
  const flushNow = (): void => {
    while (isReady()) {
      const exchange = take();
      if (exchange === undefined) return;
      const subId = `n${(++counter).toString(36)}`;
      active.set(subId, exchange);
      for (const one of membersOf(exchange)) subIdByExchange.set(one, subId);
      if (send(exchange.open(subId))) exchange.sent();
    }
  };
  const flush = (): void => {
    if (gatherMs <= 0 || isSeparate || !waiting.some(isJoinable)) return flushNow();
    if (isGathering || !isReady()) return;
    isGathering = true;
    clock.after(gatherMs, () => {
      isGathering = false;
      flushNow();
    });
  };
  return {
    active,
    get size() {
      return active.size + waiting.length;
    },
    holds: (exchange) => subIdByExchange.has(exchange) || waiting.includes(exchange),
    add(exchange) {
      if (waiting.length >= requestsWaitingMax) return false;
      waiting.push(exchange);
      return true;
    },
    remove(exchange, isOpenThere) {
      waiting = waiting.filter((other) => other !== exchange);
      const subId = detach(exchange);
      const frame = subId !== undefined && isOpenThere ? exchange.close(subId) : undefined;
      if (frame !== undefined) send(frame);
    },
    sharedSize: (exchange) => bundleByMember.get(exchange)?.size,
    separate() {
      isSeparate = true;
    },
    again(exchange) {
      detach(exchange);
      if (!waiting.includes(exchange)) waiting.unshift(exchange);
    },
    lost() {
      const open = [...active.values()].flatMap(membersOf);
      for (const exchange of open) detach(exchange);
      waiting.unshift(...open);
      isSeparate = false;
    },
    flush,
    hurry: flushNow,
  };
}

/** Those that share the frame of an exchange; where it shares none, itself. */
function membersOf(exchange: Exchange): readonly Exchange[] {
  return 'members' in exchange ? (exchange as Bundle).members : [exchange];
}
