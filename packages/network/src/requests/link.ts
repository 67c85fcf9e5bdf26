import {
  type Filter,
  getReasonPrefix,
  type NostrEvent,
  type RelayInformation,
  type RelayMessage,
} from '@nostrata/protocol';
import { createAuthentication } from '../connection/authentication.ts';
import { type Connection, createConnection, type Downfall } from '../connection/connection.ts';
import { isUsable } from '../connection/states.ts';
import type { AnswerEnd, Authenticate, Clock, Deliver, Delivery, Recognize, RelayStatus } from '../contract.ts';
import type { NetworkLimits } from '../limits.ts';
import type { FetchInformation, OpenSocket } from '../socket/socket.ts';
import type { Ask, AskHost, Waiter } from './ask.ts';
import { createAsks } from './asks.ts';
import { createInformationReader } from './information.ts';
import { createLanes } from './lanes.ts';
import { createNotices } from './notices.ts';
import { createRefusals } from './refusals.ts';
import { createKnowledge, type RelayLimits } from './relay-limits.ts';
import { createSends, type OnSent } from './sends.ts';
import { createSingles, type Singles } from './singles.ts';

/** What every link is created with. */
export interface LinkOptions {
  readonly relay: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly openSocket: OpenSocket;
  readonly fetchInformation: FetchInformation | undefined;
  readonly authenticate: Authenticate | undefined;
  readonly deliver: Deliver;
  readonly recognize: Recognize | undefined;
  readonly allowLocal: boolean;
  readonly limits: NetworkLimits;
  takeSlot(): boolean;
  freeSlot(): void;
  changed(status: RelayStatus): void;
  /** Nobody needs the connection any more. */
  idled(): void;
}

/** One relay: its connection, and everything that is asked of it. */
export interface Link {
  readonly connection: Connection;
  /** Whether anything is open or waits. */
  readonly isWanted: boolean;
  /** Joins the same ask where there is one. `resume`: where filters that were asked before go on, in seconds. */
  ask(filters: readonly Filter[], waiter: Waiter, resume?: ReadonlyMap<Filter, number>): Ask;
  /** Returns the function that stops waiting. */
  send(event: NostrEvent, onSent: OnSent): () => void;
  readonly count: Singles['count'];
  readonly negotiate: Singles['negotiate'];
  /** How a request ends whose time is over. */
  lateness(): { readonly end: AnswerEnd & ('refused' | 'timeout'); readonly reason: string };
  stop(): void;
}

/** Characters of a relay's last word that are kept. */
const noticeCharactersMax = 500;

/** Creates a link without a connection. */
export function createLink(options: LinkOptions): Link {
  const { relay, clock, limits } = options;
  const knowledge = createKnowledge(limits);
  let cancelIdle = (): void => undefined;

  const isWanted = (): boolean => asks.size + sends.size + singles.size > 0;
  const isReady = (): boolean => isUsable(connection.state) && !refusals.isPaused();
  const send = (frame: string): boolean => {
    if (frame.startsWith('["REQ"')) connection.ledger.requests++;
    return connection.send(frame);
  };
  const flush = (): void => {
    sends.flush();
    lanes.flush();
  };
  const relayLimits = (): RelayLimits => knowledge.current;
  const opened = (): void => {
    information.refresh();
    flush();
  };
  const received = (message: RelayMessage): void => {
    switch (message.type) {
      case 'OK':
        if (getReasonPrefix(message.reason) === 'rate-limited') refusals.pause();
        if (authentication.answered(message.eventId, message.accepted, message.reason)) return;
        return sends.answered(message.eventId, message.accepted, message.reason);
      case 'AUTH':
        return authentication.challenged(message.challenge);
      case 'NOTICE':
        connection.ledger.lastNotice = message.text.slice(0, noticeCharactersMax);
        if (/rate.?limit|too many requests|slow down/i.test(message.text)) refusals.pause();
        return noticed(message.text);
      default:
        if (message.type === 'CLOSED') connection.ledger.lastNotice = message.reason.slice(0, noticeCharactersMax);
        lanes.active.get(message.subId)?.receive(message);
    }
  };
  const down = ({ reason, isRefused, wasOpen }: Downfall): void => {
    authentication.lost();
    lanes.lost();
    singles.fail();
    asks.lost();
    if (isRefused) return failAll('refused', reason);
    if (!wasOpen || connection.state === 'given-up') return failAll('unreachable', reason);
    sends.lost(reason);
    asks.failLost(limits.lossesMax, reason);
  };
  const failAll = (end: 'refused' | 'unreachable', reason: string): void => {
    sends.fail({ type: end, reason });
    asks.fail(end, reason);
    singles.fail();
  };
  /** Something is asked: connect. Returns why it cannot begin soon, where it cannot. */
  const begin = (): string | undefined => {
    cancelIdle();
    connection.want();
    flush();
    if (connection.outlookMs() <= limits.patienceMs) return undefined;
    return connection.status().lastFailure ?? 'no network';
  };
  const ended = (): void => {
    lanes.flush();
    if (isWanted()) return;
    cancelIdle();
    cancelIdle = clock.after(limits.idleMs, () => {
      if (!isWanted()) connection.release();
    });
    options.idled();
  };
  const learned = (information: RelayInformation): void => {
    knowledge.apply(information);
    lanes.flush();
  };

  const malformed = (subId = ''): void => lanes.active.get(subId)?.malformed?.();
  const skim = createSkim(options.recognize, (subId) => {
    const exchange = lanes.active.get(subId);
    return exchange?.isLive === true && !exchange.isAwaited;
  });
  const connection: Connection = createConnection({ ...options, isWanted, opened, received, skim, malformed, down });
  const lanes = createLanes({ clock, limits, relayLimits, isReady, send });
  const underWay = (isUnderWay: boolean): void => connection.authenticating(isUnderWay);
  const { authenticateMs, negotiationMs, noticeGraceMs: graceMs } = limits;
  const authentication = createAuthentication({ ...options, authenticateMs, send, underWay });
  const { acquire: authenticate } = authentication;
  // The answer to an EVENT may come by a REQ that was made before it, so it must not overtake that.
  const sendEvent = (frame: string): boolean => {
    lanes.hurry();
    return send(frame);
  };
  const sends = createSends({ ...limits, isReady, send: sendEvent, authenticate, ended });
  const speaksNegentropy = (): boolean | undefined => knowledge.current.nips?.has(77);
  const shared = { clock, limits, lanes, authentication, flush };
  const singles = createSingles({ ...shared, negotiationMs, send, begin, ended, speaksNegentropy });
  const refusals = createRefusals({ ...shared, learn: knowledge.learn, isAlive: (ask) => asks.has(ask) });
  const information = createInformationReader({ ...options, read: learned });
  const noticed = createNotices({
    ...shared,
    graceMs,
    sendsPending: () => sends.size,
    teaches: (text) => knowledge.teaches(text, lanes.active.size),
  });
  const deliver = createDelivery(options, connection);
  const forged = (): void => void connection.ledger.forged++;
  const { refused, sent } = refusals;
  const asks = createAsks({ ...shared, relay, relayLimits, deliver, refused, sent, forged, abandoned: ended });

  return {
    connection,
    get isWanted() {
      return isWanted();
    },
    ask(filters, waiter, resume) {
      const ask = asks.join(filters, waiter, resume);
      const reason = ask.hasWaiters ? begin() : undefined;
      if (reason !== undefined) ask.excuse(waiter, 'unreachable', reason);
      return ask;
    },
    send(event, onSent) {
      const cancel = sends.add(event, onSent);
      const reason = begin();
      if (reason !== undefined) {
        cancel();
        onSent({ type: 'unreachable', reason });
      }
      return cancel;
    },
    count: singles.count,
    negotiate: singles.negotiate,
    lateness() {
      if (connection.state === 'idle') return { end: 'refused', reason: 'no room in the budget of connections' };
      if (isUsable(connection.state)) connection.probe();
      return { end: 'timeout', reason: 'no answer in time' };
    },
    stop() {
      cancelIdle();
      refusals.stop();
      information.stop();
      connection.stop();
    },
  };
}

/** The beginning of an EVENT frame as relays write it, up to the subscription id. */
const eventStart = '["EVENT","';

/** Finds out, before it is parsed, whether nothing needs to be done about a frame. */
function createSkim(
  recognize: Recognize | undefined,
  isFollowing: (subId: string) => boolean,
): ((text: string) => boolean) | undefined {
  if (recognize === undefined) return undefined;
  return (text) => {
    if (!text.startsWith(eventStart)) return false;
    const end = text.indexOf('"', eventStart.length);
    if (end < 0) return false;
    const isLive = isFollowing(text.slice(eventStart.length, end));
    return recognize(text, end + 1, isLive) && isLive;
  };
}

/** Hands events to the door; the socket is not read while too many wait there, and cut where that does not help. */
function createDelivery({ relay, limits, deliver }: LinkOptions, connection: Connection): AskHost['deliver'] {
  let inFlight = 0;
  return async (event): Promise<Delivery> => {
    if (++inFlight === limits.deliveriesPause) connection.pauseReading(true);
    if (inFlight > limits.deliveriesMax) connection.cut('sends faster than events can be judged');
    try {
      return await deliver(event, relay);
    } catch {
      // The door could not judge; the answer says so by not being complete.
      return 'failed';
    } finally {
      if (--inFlight === limits.deliveriesPause - 1) connection.pauseReading(false);
    }
  };
}
