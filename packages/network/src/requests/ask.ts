import type { Filter, NostrEvent } from '@nostrata/protocol';
import type { AnswerEnd, Clock, Delivery, RelayAnswer } from '../contract.ts';
import type { Lanes } from './lanes.ts';
import { createPart, type Part, type PartHost } from './part.ts';
import { matchesNothing, splitFilters, type WireFilter } from './split.ts';
import { joinRows } from './tally.ts';

/** Somebody who waits for the answer to an ask. */
export interface Waiter {
  /** Stays after EOSE. */
  readonly isLive: boolean;
  /** Called once with the answer. */
  answered(answer: RelayAnswer): void;
}

/** The filters that one relay is asked, for everybody who asks the same at the same time. */
export interface Ask {
  readonly key: string;
  readonly filters: readonly Filter[];
  readonly hasWaiters: boolean;
  readonly hasLiveWaiters: boolean;
  /** True until its answer is there. */
  readonly isAwaited: boolean;
  /** True where the relay has said everything and only the door is waited for. */
  readonly isDraining: boolean;
  join(waiter: Waiter): void;
  /** Unless the waiter has its answer, it gets what there is, ended like this. Live ones stay. */
  excuse(waiter: Waiter, end: AnswerEnd, reason?: string): void;
  /** Takes the waiter away, as `excuse` does. */
  leave(waiter: Waiter, end: AnswerEnd, reason?: string): void;
  /** Gives everybody who waits what there is. Live waiters stay. */
  fail(end: AnswerEnd, reason: string): void;
  /** The connection is gone; what is left goes on after the next. */
  lost(): void;
  /** Cuts a refused part into smaller ones; false where it is as small as it gets. */
  resplit(part: Part): boolean;
  /** From where each filter would go on, in seconds; undefined where it has not come to EOSE. */
  resumeSeconds(): ReadonlyMap<Filter, number>;
}

/** What an ask needs of its relay. */
export interface AskHost extends Pick<PartHost, 'limits' | 'relayLimits'> {
  readonly relay: string;
  readonly clock: Clock;
  readonly lanes: Lanes;
  deliver(event: NostrEvent): Promise<Delivery>;
  refused(ask: Ask, part: Part, reason: string): void;
  /** A part has left for the relay. */
  sent(ask: Ask, part: Part): void;
  forged(): void;
  /** Nobody waits for it any more. */
  abandoned(ask: Ask): void;
}

/** Says which asks are the same. */
export function askKey(filters: readonly Filter[]): string {
  return JSON.stringify(filters);
}

/** Creates an ask and puts its parts into the lanes. `resume`: seconds to go on from, of filters known before. */
export function createAsk(host: AskHost, filters: readonly Filter[], resume?: ReadonlyMap<Filter, number>): Ask {
  const { relay, clock, lanes } = host;
  const waiters = new Set<Waiter>();
  const answered = new Set<Waiter>();
  const startedMs = clock.now();
  const counts = { kept: 0, gone: 0, forged: 0, failed: 0, unasked: 0 };
  let firstEventMs: number | undefined;
  let parts: Part[] = [];
  let final: RelayAnswer | undefined;
  const isOpenThere = new Set<Part>();

  const snapshot = (end: AnswerEnd, reason?: string): RelayAnswer => {
    const { kept, gone, forged, unasked } = counts;
    const rows = parts.flatMap(({ tally }) => tally.rows);
    const endMs = clock.now() - startedMs;
    return { relay, end, reason, kept, gone, forged, unasked, filters: joinRows(filters, rows), firstEventMs, endMs };
  };
  const tell = (waiter: Waiter, answer: RelayAnswer): void => {
    if (answered.has(waiter)) return;
    answered.add(waiter);
    waiter.answered(answer);
  };
  const drop = (waiter: Waiter): void => {
    if (waiters.delete(waiter) && waiters.size === 0) close();
  };
  const excuse = (waiter: Waiter, end: AnswerEnd, reason?: string): void => {
    if (!waiters.has(waiter)) return;
    if (!answered.has(waiter)) tell(waiter, snapshot(end, reason));
    if (!waiter.isLive) drop(waiter);
  };
  const close = (): void => {
    for (const part of parts) lanes.remove(part, isOpenThere.has(part) || part.isAwaited);
    host.abandoned(ask);
  };
  const finishIfDone = (): void => {
    if (final !== undefined || parts.some(({ outcome }) => outcome === undefined)) return;
    const closed = parts.find(({ outcome }) => outcome?.end === 'closed');
    final = snapshot(closed ? 'closed' : 'eose', closed?.outcome?.reason);
    for (const waiter of [...waiters]) {
      tell(waiter, final);
      if (!waiter.isLive) drop(waiter);
    }
  };
  const deliverOnce = async (event: NostrEvent): Promise<Delivery> => {
    const verdict = await host.deliver(event);
    if (verdict === 'forged') host.forged();
    return verdict;
  };
  const partHost: PartHost = {
    limits: host.limits,
    relayLimits: host.relayLimits,
    isLive: () => ask.hasLiveWaiters,
    deliver(event, shared) {
      firstEventMs ??= clock.now() - startedMs;
      shared.verdict ??= deliverOnce(event);
      return shared.verdict;
    },
    counted(what) {
      counts[what]++;
    },
    sent: (part) => host.sent(ask, part),
    reachedEnd(part) {
      if (ask.hasLiveWaiters) isOpenThere.add(part);
      else lanes.remove(part, true);
      lanes.flush();
    },
    refused(part, reason) {
      isOpenThere.delete(part);
      host.refused(ask, part, reason);
    },
    overflowed(part) {
      lanes.remove(part, true);
      host.refused(ask, part, 'sends more than was asked for');
      lanes.flush();
    },
    ended: finishIfDone,
  };
  const enter = (made: readonly Part[]): void => {
    parts.push(...made);
    for (const part of made) if (!lanes.add(part)) part.finish('too many requests wait for this relay');
  };
  const ask: Ask = {
    key: askKey(filters),
    filters,
    get hasWaiters() {
      return waiters.size > 0;
    },
    get hasLiveWaiters() {
      for (const waiter of waiters) if (waiter.isLive) return true;
      return false;
    },
    get isAwaited() {
      return final === undefined;
    },
    get isDraining() {
      return final === undefined && parts.every(({ isDraining, outcome }) => isDraining || outcome !== undefined);
    },
    join(waiter) {
      waiters.add(waiter);
      if (final === undefined) return;
      tell(waiter, final);
      if (!waiter.isLive) drop(waiter);
    },
    excuse,
    leave(waiter, end, reason) {
      excuse(waiter, end, reason);
      drop(waiter);
    },
    fail(end, reason) {
      for (const waiter of [...waiters]) excuse(waiter, end, reason);
    },
    lost() {
      isOpenThere.clear();
      const nowSeconds = Math.floor(clock.now() / 1000);
      for (const part of parts) part.lost(nowSeconds);
    },
    resplit(part) {
      const groups = splitFilters(part.wires, host.relayLimits());
      if (groups.length === 1 && groups[0]?.length === part.wires.length) return false;
      lanes.remove(part, false);
      parts = parts.filter((other) => other !== part);
      enter(groups.map((wires) => createPart(partHost, wires)));
      return true;
    },
    resumeSeconds() {
      const seconds = new Map<Filter, number>();
      const now = Math.floor(clock.now() / 1000);
      for (const part of parts) {
        const resumed = part.resumeSeconds(now);
        part.wires.forEach(({ origin }, index) => {
          const filter = filters[origin];
          const second = resumed?.[index];
          if (filter && second !== undefined) seconds.set(filter, Math.min(second, seconds.get(filter) ?? second));
        });
      }
      return seconds;
    },
  };
  const wires = filters.flatMap((filter, origin): WireFilter[] => (matchesNothing(filter) ? [] : [{ filter, origin }]));
  const isResumed = ({ origin }: WireFilter): boolean => resume?.has(filters[origin] as Filter) === true;
  const made = [
    ...splitFilters(
      wires.filter((wire) => !isResumed(wire)),
      host.relayLimits(),
    ).map((group) => createPart(partHost, group)),
    ...splitFilters(wires.filter(isResumed), host.relayLimits()).map((group) => {
      const seconds = group.map(({ origin }) => resume?.get(filters[origin] as Filter) ?? 0);
      return createPart(partHost, group, seconds);
    }),
  ];
  enter(made);
  finishIfDone();
  return ask;
}
