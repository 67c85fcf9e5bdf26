import {
  authFrame,
  type ClientMessage,
  closedFrame,
  compileFilters,
  countFrame,
  eoseFrame,
  eventFramePrefix,
  type Filter,
  findAuthenticationFault,
  type NostrEvent,
  noticeFrame,
  okFrame,
  parseClientMessage,
  serializeEvent,
  verifyEvent,
} from '@nostrata/protocol';
import type { WebSocket } from 'ws';
import type { SeededRandom } from '../random.ts';
import type { EventList, ListOutcome } from './event-list.ts';
import type { RelayFaults } from './faults.ts';
import type { Flight } from './flight.ts';
import type { OpenLedger } from './ledger.ts';
import { createNegotiations } from './negotiations.ts';
import type { Noise } from './noise.ts';
import { createOutbox, type FrameOutbox } from './outbox.ts';

/** What the sessions of one test relay share. */
export interface RelayParts {
  readonly url: () => string;
  readonly faults: () => RelayFaults;
  readonly ledger: () => OpenLedger;
  readonly flight: Flight;
  readonly list: EventList;
  readonly noise: Noise;
  readonly random: SeededRandom;
  /** Milliseconds. */
  readonly now: () => number;
  /** Hands a new event to the subscriptions of every connection. */
  readonly announce: (event: NostrEvent) => void;
  /** Whether the relay has the event, where it has only a share of them. */
  readonly holds: (event: NostrEvent) => boolean;
}

/** One connection of a test relay. */
export interface Session {
  /** Sends the event to each subscription that it matches. */
  offer(event: NostrEvent): void;
  /** Goes to the client and back: everything sent before has arrived after it. */
  roundTrip(): Promise<void>;
  /** Reads on, or no longer: what `halfOpen` has become. */
  refreshReading(): void;
  cut(): void;
}

/** How long a ping may stay unanswered before its client counts as one that reads nothing. */
const pongTimeoutMs = 300;

interface Conversation extends RelayParts {
  readonly number: number;
  readonly outbox: FrameOutbox;
  readonly challenge: string;
  readonly filtersBySubId: Map<string, readonly Filter[]>;
  readonly streams: Map<string, NodeJS.Timeout>;
  readonly pubkeys: Set<string>;
}

/** Serves one connection until it ends. */
export function createSession(socket: WebSocket, number: number, parts: RelayParts): Session {
  const { faults, ledger, flight } = parts;
  const outbox = createOutbox({ ...parts, socket });
  const talk: Conversation = {
    ...parts,
    number,
    outbox,
    challenge: `challenge ${number} ${parts.random.integer(2 ** 31)}`,
    filtersBySubId: new Map(),
    streams: new Map(),
    pubkeys: new Set(),
  };
  const negotiations = createNegotiations(talk);
  const isTooFast = createRateCheck(() => faults().rateLimit?.messagesMax);
  const receive = (text: string): void => {
    ledger().framesIn++;
    ledger().bytesIn += Buffer.byteLength(text);
    const message = parseClientMessage(text);
    if (message.type === 'INVALID') return outbox.send(noticeFrame(`invalid: ${message.reason}`));
    if (isTooFast() && message.type !== 'CLOSE') return refuseAsTooFast(talk, message);
    handle(talk, message, negotiations);
  };
  socket.on('message', (data) => {
    const end = flight.begin();
    try {
      receive(data.toString());
    } finally {
      end();
    }
  });
  // The client's errors are its own affair; the close that follows is what counts here.
  socket.on('error', () => flight.note());
  socket.on('close', () => {
    outbox.stop();
    for (const stream of talk.streams.values()) clearInterval(stream);
    flight.note();
  });
  if (faults().authToRead || faults().authToWrite) outbox.send(authFrame(talk.challenge));
  return {
    offer: (event) => offer(talk, event),
    roundTrip: () => (faults().halfOpen ? Promise.resolve() : ping(socket)),
    refreshReading: () => (faults().halfOpen ? socket.pause() : socket.resume()),
    cut: () => socket.terminate(),
  };
}

function handle(talk: Conversation, message: ClientMessage, negotiations: ReturnType<typeof createNegotiations>): void {
  switch (message.type) {
    case 'EVENT':
      return takeEvent(talk, message.event);
    case 'REQ':
      return answerRequest(talk, message.subId, message.filters);
    case 'COUNT':
      return answerCount(talk, message.subId, message.filters);
    case 'CLOSE':
      return endSubscription(talk, message.subId);
    case 'AUTH':
      return authenticate(talk, message.event);
    default:
      negotiations.handle(message);
  }
}

function answerRequest(talk: Conversation, subId: string, filters: readonly Filter[]): void {
  const { outbox, faults, ledger, list, noise, filtersBySubId } = talk;
  const fault = faults();
  ledger().requests.push({ atMs: talk.now(), connection: talk.number, subId, filters });
  if (fault.silent) return;
  const refusal = findRefusal(talk, 'read');
  if (refusal) return outbox.send(closedFrame(subId, refusal));
  if (!filtersBySubId.has(subId) && filtersBySubId.size >= fault.subscriptionsMax)
    return outbox.send(closedFrame(subId, 'error: too many subscriptions'));
  filtersBySubId.set(subId, filters);
  for (let count = 0; count < fault.garbageFrames; count++) outbox.send(noise.garbage(subId));
  if (fault.noticeInsteadOfEose) return outbox.send(noticeFrame('ERROR: bad req: cannot be served'));
  if (fault.unasked) outbox.send(eventFrame(subId, noise.stranger(undefined)));
  const capped = filters.map((filter) => ({ ...filter, limit: Math.min(filter.limit ?? Infinity, fault.limitMax) }));
  const events = list.query(capped, fault, talk.holds);
  for (const event of events) outbox.send(eventFrame(subId, toCopy(talk, event)));
  if (fault.endlessPerSecond > 0) return startStream(talk, subId, events);
  if (!fault.withoutEose) outbox.send(eoseFrame(subId));
}

/** Repeats what was found and mixes strangers in, until the subscription ends. */
function startStream(talk: Conversation, subId: string, events: readonly NostrEvent[]): void {
  const { outbox, noise, streams } = talk;
  let count = 0;
  const step = (): void => {
    // Frames leave in bursts of 20 ms.
    const burst = Math.max(1, Math.round(talk.faults().endlessPerSecond / 50));
    for (let sent = 0; sent < burst; sent++) {
      const known = count++ % 2 === 0 ? events[(count >> 1) % Math.max(1, events.length)] : undefined;
      const event = known ?? noise.stranger(talk.filtersBySubId.get(subId)?.[0]);
      outbox.send(eventFrame(subId, event), 'uncounted');
    }
  };
  clearInterval(streams.get(subId));
  streams.set(subId, setInterval(step, 20));
}

function endSubscription({ filtersBySubId, streams, ledger, number }: Conversation, subId: string): void {
  ledger().closes.push({ connection: number, subId });
  filtersBySubId.delete(subId);
  clearInterval(streams.get(subId));
  streams.delete(subId);
}

function answerCount(talk: Conversation, subId: string, filters: readonly Filter[]): void {
  const { outbox, ledger, list, faults } = talk;
  ledger().counts.push({ atMs: talk.now(), connection: talk.number, subId, filters });
  if (faults().silent) return;
  const refusal = findRefusal(talk, 'read');
  if (refusal) return outbox.send(closedFrame(subId, refusal));
  const unlimited = filters.map(({ limit: _, ...rest }) => rest);
  outbox.send(countFrame(subId, list.query(unlimited, faults(), talk.holds).length));
}

function takeEvent(talk: Conversation, event: NostrEvent): void {
  const { outbox, faults, ledger, list } = talk;
  const { silent, okLost, okDuplicate, okFalse } = faults();
  const refusal = findRefusal(talk, 'write') ?? okFalse;
  const { accepted, reason } = refusal ? { accepted: false, reason: refusal } : judge(event, list);
  ledger().events.push({ atMs: talk.now(), connection: talk.number, event, accepted, reason });
  if (accepted && reason === '') talk.announce(event);
  if (silent || okLost) return;
  if (accepted && okDuplicate) return outbox.send(okFrame(event.id, true, 'duplicate: already have this event'));
  outbox.send(okFrame(event.id, accepted, reason));
}

function judge(event: NostrEvent, list: EventList): { accepted: boolean; reason: string } {
  if (!verifyEvent(event)) return { accepted: false, reason: 'invalid: id or signature is wrong' };
  return answers[list.add(event)];
}

const answers: Readonly<Record<ListOutcome, { accepted: boolean; reason: string }>> = {
  stored: { accepted: true, reason: '' },
  ephemeral: { accepted: true, reason: '' },
  duplicate: { accepted: true, reason: 'duplicate: already have this event' },
  superseded: { accepted: true, reason: 'duplicate: a newer version is here' },
  deleted: { accepted: false, reason: 'blocked: this event was deleted' },
  expired: { accepted: false, reason: 'invalid: this event has expired' },
};

function authenticate(talk: Conversation, event: NostrEvent): void {
  const { outbox, ledger, faults, pubkeys, challenge } = talk;
  const fault = verifyEvent(event)
    ? findAuthenticationFault(event, {
        challenge,
        relayUrls: [talk.url()],
        nowSeconds: Math.floor(talk.now() / 1_000),
      })
    : 'id or signature is wrong';
  if (faults().silent) return;
  if (fault) return outbox.send(okFrame(event.id, false, `invalid: ${fault}`));
  ledger().authentications.push(event.pubkey);
  pubkeys.add(event.pubkey);
  outbox.send(okFrame(event.id, true));
}

/** Why this connection may not read or write now; undefined where it may. */
function findRefusal(talk: Conversation, what: 'read' | 'write'): string | undefined {
  const { authToRead, authToWrite, authPubkeys } = talk.faults();
  if (!(what === 'read' ? authToRead : authToWrite)) return undefined;
  if (talk.pubkeys.size === 0) {
    // The relay may ask for it since the connection was opened.
    talk.outbox.send(authFrame(talk.challenge));
    return 'auth-required: authenticate first';
  }
  const isWelcome = authPubkeys === undefined || authPubkeys.some((pubkey) => talk.pubkeys.has(pubkey));
  return isWelcome ? undefined : 'restricted: not for you';
}

function refuseAsTooFast({ outbox, faults, ledger, now, number }: Conversation, message: ClientMessage): void {
  const reason = 'rate-limited: slow down';
  const atMs = now();
  if (message.type === 'EVENT')
    ledger().events.push({ atMs, connection: number, event: message.event, accepted: false, reason });
  if (message.type === 'REQ')
    ledger().requests.push({ atMs, connection: number, subId: message.subId, filters: message.filters });
  if (faults().rateLimit?.answer === 'notice') return outbox.send(noticeFrame(reason));
  if (message.type === 'EVENT' || message.type === 'AUTH') return outbox.send(okFrame(message.event.id, false, reason));
  outbox.send(closedFrame(message.subId, reason));
}

/** Says whether a message comes too early: more of them within a second than the limit. */
function createRateCheck(messagesMax: () => number | undefined): () => boolean {
  const times: number[] = [];
  return () => {
    const most = messagesMax();
    if (most === undefined) return false;
    const now = performance.now();
    while (times[0] !== undefined && times[0] < now - 1_000) times.shift();
    if (times.length >= most) return true;
    times.push(now);
    return false;
  };
}

function offer(talk: Conversation, event: NostrEvent): void {
  if (talk.faults().silent) return;
  for (const [subId, filters] of talk.filtersBySubId) {
    if (compileFilters(filters)(event)) talk.outbox.send(eventFrame(subId, toCopy(talk, event)));
  }
}

/** What leaves for an event: a share of copies is forged. */
function toCopy({ faults, random, noise }: Conversation, event: NostrEvent): NostrEvent {
  const { forge } = faults();
  return forge !== undefined && random.next() < forge.share ? noise.forge(event, forge.part) : event;
}

function eventFrame(subId: string, event: NostrEvent): string {
  return `${eventFramePrefix(subId)}${serializeEvent(event)}]`;
}

function ping(socket: WebSocket): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      socket.off('pong', done);
      socket.off('close', done);
      resolve();
    };
    const timer = setTimeout(done, pongTimeoutMs);
    socket.on('pong', done);
    socket.on('close', done);
    socket.ping();
  });
}
