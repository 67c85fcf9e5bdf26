import { type NostrEvent, serializeFilter } from '@nostrata/protocol';
import type { Delivery } from '../contract.ts';
import type { NetworkLimits } from '../limits.ts';
import type { Joinable, SharedEvent } from './bundle.ts';
import type { ExchangeMessage } from './exchange.ts';
import type { RelayLimits } from './relay-limits.ts';
import { longestList, type WireFilter } from './split.ts';
import { createTally, type Tally } from './tally.ts';

/** One REQ: some of the filters of an ask, as many as the relay takes at once. */
export interface Part extends Joinable {
  readonly wires: readonly WireFilter[];
  readonly tally: Tally;
  /** Its end, once the relay has said so and the door has judged everything. */
  readonly outcome: PartOutcome | undefined;
  /** True where the relay has ended it and only the door is waited for. */
  readonly isDraining: boolean;
  /** How often it was sent in all, and again for what reason since it went well. */
  readonly repeats: { sent: number; authenticated: number; paused: number; reopened: number };
  /** Ends it as refused, cut or lost. */
  finish(reason: string): void;
  /** The connection is gone. What was not complete begins again; a live one goes on from the newest it has seen. */
  lost(nowSeconds: number): void;
  /** Where to go on from, by place in `wires`; undefined before EOSE. */
  resumeSeconds(nowSeconds: number): readonly number[] | undefined;
  /** How large it is, for what can be learned of a refusal. */
  size(): { readonly filters: number; readonly values: number; readonly bytes: number };
}

/** How a part ended. */
export interface PartOutcome {
  readonly end: 'eose' | 'closed';
  readonly reason?: string | undefined;
}

/** What a part needs of its ask. */
export interface PartHost {
  readonly limits: NetworkLimits;
  relayLimits(): RelayLimits;
  readonly isLive: () => boolean;
  /** The verdict of the door: the one that stands in `shared`, where somebody else has asked it. */
  deliver(event: NostrEvent, shared: SharedEvent): Promise<Delivery>;
  counted(what: Delivery | 'unasked'): void;
  sent(part: Part): void;
  /** EOSE has come, everything may not have passed the door yet. */
  reachedEnd(part: Part): void;
  /** CLOSED, or a NOTICE that means it. */
  refused(part: Part, reason: string): void;
  /** It sends more than was asked for. */
  overflowed(part: Part): void;
  /** `outcome` is there now. */
  ended(part: Part): void;
}

/** Creates a part. `resume` holds for each wire the second to go on from, where it was complete before. */
export function createPart(host: PartHost, wires: readonly WireFilter[], resume?: readonly number[]): Part {
  const { limits } = host;
  let current = resume ? resumeWires(wires, resume, limits.overlapSeconds) : wires;
  let tally = createTally(current, limits.unlimitedEventsMax);
  let resumeFrom = resume;
  let received = 0;
  let pending = 0;
  let hints: readonly string[] | undefined;
  let closing: string | undefined;
  let outcome: PartOutcome | undefined;
  /** Verdicts of events from before a restart do not count for it. */
  let round = 0;

  const settle = (): void => {
    if (outcome !== undefined || pending > 0) return;
    if (closing !== undefined) outcome = { end: 'closed', reason: closing };
    else if (hints !== undefined) {
      tally.end(hints, host.relayLimits());
      outcome = { end: 'eose' };
    } else return;
    host.ended(part);
  };
  const take = (event: NostrEvent, shared: SharedEvent): void => {
    if (hints === undefined && ++received > tally.eventsMax) return host.overflowed(part);
    const rows = tally.match(event, shared.others);
    if (rows.length === 0) return host.counted('unasked');
    const mine = round;
    pending++;
    void host.deliver(event, shared).then((delivery) => {
      host.counted(delivery);
      if (mine !== round) return;
      pending--;
      tally.judged(rows, event, delivery);
      settle();
    });
  };
  const resumeSeconds = (nowSeconds: number): readonly number[] | undefined => {
    if (hints === undefined) return resumeFrom;
    return tally.rows.map(({ newest }, index) => {
      // Events from the future must not hide the present.
      const seen = Math.min(newest ?? 0, nowSeconds);
      return Math.max(seen, resumeFrom?.[index] ?? (newest === undefined ? nowSeconds : 0));
    });
  };
  const part: Part = {
    verb: 'REQ',
    wires,
    get tally() {
      return tally;
    },
    get outcome() {
      return outcome;
    },
    get isDraining() {
      return outcome === undefined && (hints !== undefined || closing !== undefined);
    },
    get isLive() {
      return host.isLive();
    },
    get isAwaited() {
      return hints === undefined && closing === undefined;
    },
    get hasAnswer() {
      return received > 0 || hints !== undefined;
    },
    repeats: { sent: 0, authenticated: 0, paused: 0, reopened: 0 },
    open: (subId) => JSON.stringify(['REQ', subId, ...current.map(({ filter }) => serializeFilter(filter))]),
    close: (subId) => JSON.stringify(['CLOSE', subId]),
    sent() {
      part.repeats.sent++;
      host.sent(part);
    },
    receive(message: ExchangeMessage) {
      if (message.type === 'EVENT') take(message.event, { others: 0 });
      else if (message.type === 'EOSE' && hints === undefined) {
        hints = message.hints;
        part.repeats.reopened = 0;
        host.reachedEnd(part);
        settle();
      } else if (message.type === 'CLOSED') host.refused(part, message.reason);
      else if (message.type === 'NOTICE') host.refused(part, message.text);
    },
    filters: () => current.map(({ filter }) => filter),
    matches: (event) => tally.matches(event),
    take,
    passed() {
      tally.passed();
    },
    malformed(others = 0) {
      if (hints === undefined && ++received > tally.eventsMax) return host.overflowed(part);
      tally.malformed(others);
      host.counted('unasked');
    },
    finish(reason) {
      if (outcome !== undefined || part.isDraining) return;
      closing = reason;
      settle();
    },
    lost(nowSeconds) {
      part.repeats.authenticated = 0;
      const resumed = resumeSeconds(nowSeconds);
      if (part.isDraining) return;
      closing = undefined;
      round++;
      received = 0;
      pending = 0;
      hints = undefined;
      if (resumed === undefined) return tally.reset();
      resumeFrom = resumed;
      current = resumeWires(wires, resumed, limits.overlapSeconds);
      tally = createTally(current, limits.unlimitedEventsMax);
    },
    resumeSeconds,
    size() {
      const values = Math.max(0, ...current.map(({ filter }) => longestList(filter)));
      return { filters: current.length, values, bytes: part.open('').length };
    },
  };
  return part;
}

/** From where it had come, less an overlap; the limit of the beginning does not hold for a gap. */
function resumeWires(
  wires: readonly WireFilter[],
  seconds: readonly number[],
  overlapSeconds: number,
): readonly WireFilter[] {
  return wires.map(({ filter, origin }, index) => {
    const { limit: _, ...rest } = filter;
    const since = Math.max(filter.since ?? 0, (seconds[index] ?? 0) - overlapSeconds, 0);
    return { filter: { ...rest, since }, origin };
  });
}
