import { type Filter, type NostrEvent, serializeFilter } from '@nostrata/protocol';
import { utf8Bytes } from '../connection/ledger.ts';
import type { Delivery } from '../contract.ts';
import type { Exchange, ExchangeMessage } from './exchange.ts';
import type { RelayLimits } from './relay-limits.ts';

/** How many of the others that share a REQ asked for an event too, and what the door says of it, once for all. */
export interface SharedEvent {
  readonly others: number;
  verdict?: Promise<Delivery> | undefined;
}

/** A REQ that may share a frame and a subscription id with others. */
export interface Joinable extends Exchange {
  /** Its filters as they are sent now. */
  filters(): readonly Filter[];
  matches(event: NostrEvent): boolean;
  take(event: NostrEvent, shared: SharedEvent): void;
  /** An event came that only others asked for: it counts for what the relay's cap counts. */
  passed(): void;
  malformed(others?: number): void;
}

/** How large a REQ was. */
export interface FrameSize {
  readonly filters: number;
  readonly bytes: number;
}

/** Several REQs that leave as one. Each gets its own events, and the end is the end of each. */
export interface Bundle extends Exchange {
  /** Those that are still in it. */
  readonly members: readonly Joinable[];
  readonly size: FrameSize;
  /** One needs nothing more. The relay goes on with its filters as long as another stays; what comes for it is dropped. */
  leave(member: Exchange): void;
}

/** Says whether an exchange may share its frame. */
export function isJoinable(exchange: Exchange): exchange is Joinable {
  return 'passed' in exchange;
}

/** Chooses from those that wait, in their order, who may leave in one frame with the first. */
export function chooseMembers(first: Joinable, waiting: readonly Exchange[], limits: RelayLimits): readonly Joinable[] {
  const chosen = [first];
  let size = sizeOf(first.filters());
  for (const other of waiting) {
    if (!isJoinable(other) || other === first) continue;
    const added = sizeOf(other.filters());
    const filters = size.filters + added.filters;
    const bytes = size.bytes + added.bytes;
    if (filters > limits.filtersPerRequestMax || bytes > limits.requestBytesMax) continue;
    chosen.push(other);
    size = { filters, bytes };
  }
  return chosen;
}

/** Joins them. */
export function createBundle(joined: readonly Joinable[]): Bundle {
  let members = [...joined];
  const left: Joinable[] = [];
  const size = sizeOf(joined.flatMap((member) => member.filters()));
  const take = (event: NostrEvent): void => {
    const askers = members.filter((member) => member.matches(event));
    if (askers.length === 0 && left.some((member) => member.matches(event))) return;
    // What nobody asked for counts against the first, as it would alone.
    const takers = askers.length > 0 ? askers : members.slice(0, 1);
    const shared: SharedEvent = { others: takers.length - 1 };
    for (const member of [...members]) {
      if (takers.includes(member)) member.take(event, shared);
      else member.passed();
    }
  };
  return {
    verb: 'REQ',
    size,
    get members() {
      return members;
    },
    get isLive() {
      return members.some(({ isLive }) => isLive);
    },
    get isAwaited() {
      return members.some(({ isAwaited }) => isAwaited);
    },
    get hasAnswer() {
      return members.some(({ hasAnswer }) => hasAnswer);
    },
    open: (subId) => {
      const filters = new Set(members.flatMap((member) => member.filters()).map(toJson));
      return `["REQ",${JSON.stringify(subId)},${[...filters].join(',')}]`;
    },
    close: (subId) => JSON.stringify(['CLOSE', subId]),
    sent() {
      for (const member of [...members]) member.sent();
    },
    receive(message: ExchangeMessage) {
      if (message.type === 'EVENT') take(message.event);
      else for (const member of [...members]) member.receive(message);
    },
    malformed() {
      const others = members.length - 1;
      for (const member of [...members]) member.malformed(others);
    },
    leave(member) {
      for (const one of members) if (one === member) left.push(one);
      members = members.filter((other) => other !== member);
    },
  };
}

function toJson(filter: Filter): string {
  return JSON.stringify(serializeFilter(filter));
}

/** Bytes of a REQ around its filters. */
const frameBytes = 64;

function sizeOf(filters: readonly Filter[]): FrameSize {
  const bytes = filters.reduce((sum, filter) => sum + utf8Bytes(toJson(filter)) + 1, frameBytes);
  return { filters: filters.length, bytes };
}
