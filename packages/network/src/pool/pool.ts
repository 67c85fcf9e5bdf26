import { type Filter, normalizeRelayUrl } from '@nostrata/protocol';
import { fetchInformation as fetchInformationHere, openSocket as openSocketHere } from '#socket';
import { hasSocket } from '../connection/states.ts';
import type {
  Authenticate,
  Clock,
  Deliver,
  NegotiationEnd,
  Plan,
  Recognize,
  RelayPool,
  RelayStatus,
  SendResult,
} from '../contract.ts';
import { defaultLimits, type NetworkLimits } from '../limits.ts';
import { createLink, type Link } from '../requests/link.ts';
import { findAddressFault } from '../socket/address.ts';
import type { FetchInformation, OpenSocket } from '../socket/socket.ts';
import { startLive } from './live.ts';
import { type RequestServices, startRequest } from './request.ts';
import { createSlots } from './slots.ts';

/** What a pool is created with. */
export interface PoolOptions {
  /** The door for events of relays. */
  readonly deliver: Deliver;
  readonly clock: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  /** Whether to say who we are, relay by relay (NIP-42); nobody is told unless this is given. */
  readonly authenticate?: Authenticate | undefined;
  /** Connections at a time; 20 unless told. */
  readonly connectionsMax?: number | undefined;
  /** Whether private, local and link-local addresses may be dialled: tests and own networks only. */
  readonly allowLocal?: boolean | undefined;
  readonly openSocket?: OpenSocket | undefined;
  /** Recognises events of a relay by the text of their frames, for programs to which most of them come many times. */
  readonly recognize?: ((relay: string) => Recognize) | undefined;
  /** How information documents (NIP-11) are fetched; null: not at all. */
  readonly fetchInformation?: FetchInformation | null | undefined;
  readonly limits?: Partial<NetworkLimits> | undefined;
}

/** Creates a pool without connections; each is opened when something is asked of its relay. */
export function createPool(options: PoolOptions): RelayPool {
  const { deliver, clock, random, authenticate, allowLocal = false, openSocket = openSocketHere } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const fetchInformation = options.fetchInformation === undefined ? fetchInformationHere : options.fetchInformation;
  /** In the order of last use, the oldest first. */
  const linkByRelay = new Map<string, Link>();
  const listeners = new Set<(status: RelayStatus) => void>();
  const stopping = new AbortController();
  let isOnline = true;

  const slots = createSlots({
    connectionsMax: options.connectionsMax ?? limits.connectionsMax,
    evict() {
      for (const link of linkByRelay.values()) {
        if (link.isWanted || link.connection.state === 'closing' || !hasSocket(link.connection.state)) continue;
        link.connection.release();
        return true;
      }
      return false;
    },
    grant: (relay) => linkByRelay.get(relay)?.connection.want(),
  });
  const forget = (): void => {
    for (const [relay, link] of linkByRelay) {
      if (linkByRelay.size < limits.relaysRememberedMax) return;
      if (link.isWanted || hasSocket(link.connection.state)) continue;
      link.stop();
      linkByRelay.delete(relay);
    }
  };
  const create = (relay: string): Link => {
    forget();
    const link = createLink({
      relay,
      clock,
      random,
      openSocket,
      fetchInformation: fetchInformation ?? undefined,
      authenticate,
      recognize: options.recognize?.(relay),
      deliver,
      allowLocal,
      limits,
      takeSlot: () => slots.take(relay),
      freeSlot: () => slots.free(relay),
      changed: (status) => {
        for (const listener of listeners) listener(status);
      },
      idled() {
        slots.leave(relay);
        if (slots.hasQueue) link.connection.release();
      },
    });
    link.connection.setOnline(isOnline);
    return link;
  };
  const openLink = (relay: string): Link | { readonly refusal: string } => {
    if (stopping.signal.aborted) return { refusal: 'the pool has stopped' };
    const url = normalizeRelayUrl(relay);
    if (url === null) return { refusal: 'not a relay URL' };
    const fault = allowLocal ? undefined : findAddressFault(url);
    if (fault !== undefined) return { refusal: fault };
    const link = linkByRelay.get(url) ?? create(url);
    linkByRelay.delete(url);
    linkByRelay.set(url, link);
    return link;
  };
  const services: RequestServices = { clock, graceMs: limits.graceMs, deadlineMs: limits.deadlineMs, openLink };
  /** The signal of the caller joined with our own. */
  const withStop = (signal: AbortSignal | undefined): AbortSignal =>
    signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal;
  /** Runs something with one answer under a deadline and a signal. */
  const within = <T>(
    { deadlineMs = limits.deadlineMs, signal }: { deadlineMs?: number | undefined; signal?: AbortSignal | undefined },
    begin: (settle: (result: T) => void) => (end: 'timeout' | 'aborted') => void,
  ): Promise<T> =>
    new Promise((resolve) => {
      const joined = withStop(signal);
      let isSettled = false;
      let stopWaiting: ((end: 'timeout' | 'aborted') => void) | undefined;
      const onAbort = (): void => stopWaiting?.('aborted');
      const cancel = clock.after(deadlineMs, () => stopWaiting?.('timeout'));
      const settle = (result: T): void => {
        isSettled = true;
        cancel();
        joined.removeEventListener('abort', onAbort);
        resolve(result);
      };
      stopWaiting = begin(settle);
      if (isSettled) return;
      if (joined.aborted) onAbort();
      else joined.addEventListener('abort', onAbort);
    });

  return {
    load: (plan, loadOptions = {}) =>
      startRequest(services, normalizePlan(plan), {
        ...loadOptions,
        signal: withStop(loadOptions.signal),
        isLive: false,
      }).loaded,
    subscribe(plan, liveOptions = {}) {
      const signal = withStop(liveOptions.signal);
      const live = startLive(services, normalizePlan(plan), { ...liveOptions, signal, closed: () => undefined });
      return { ...live, update: (next) => live.update(normalizePlan(next)) };
    },
    send: (event, relay, sendOptions = {}) =>
      within<SendResult>(sendOptions, (settle) => {
        const link = openLink(relay);
        if ('refusal' in link) {
          settle({ type: 'refused', reason: link.refusal });
          return () => undefined;
        }
        const stopWaiting = link.send(event, settle);
        return (end) => {
          const late = end === 'aborted' ? undefined : link.lateness();
          stopWaiting();
          settle({ type: late?.end ?? 'aborted', reason: late?.reason ?? 'the caller has aborted' });
        };
      }),
    count: (filters, relay, countOptions = {}) =>
      within(countOptions, (settle) => {
        const link = openLink(relay);
        if (!('refusal' in link)) return link.count(filters, settle);
        settle(undefined);
        return () => undefined;
      }),
    negotiate: (relay, { deadlineMs = 10 * limits.negotiationMs, signal, ...negotiation }) =>
      within<NegotiationEnd>({ deadlineMs, signal }, (settle) => {
        const link = openLink(relay);
        if (!('refusal' in link)) return link.negotiate(negotiation, settle);
        settle('unreachable');
        return () => undefined;
      }),
    statuses: () => [...linkByRelay.values()].map(({ connection }) => connection.status()),
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    setOnline(value) {
      isOnline = value;
      for (const { connection } of linkByRelay.values()) connection.setOnline(value);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };

  async function stop(): Promise<void> {
    stopping.abort();
    for (const link of linkByRelay.values()) link.stop();
  }
}

/** One entry for each relay, whatever the spellings; what is no URL stays as it is and is refused later. */
function normalizePlan(plan: Plan): Plan {
  const normalized = new Map<string, readonly Filter[]>();
  for (const [relay, filters] of plan) {
    const url = normalizeRelayUrl(relay) ?? relay;
    normalized.set(url, [...(normalized.get(url) ?? []), ...filters]);
  }
  return normalized;
}
