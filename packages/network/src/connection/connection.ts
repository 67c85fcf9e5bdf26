import { InvalidError, parseRelayMessage, type RelayMessage } from '@nostrata/protocol';
import type { Clock, ConnectionState, RelayStatus } from '../contract.ts';
import type { NetworkLimits } from '../limits.ts';
import type { OpenSocket, RelaySocket, SocketEnd } from '../socket/socket.ts';
import { computeBackoff } from './backoff.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { createLedger, type Ledger, utf8Bytes } from './ledger.ts';
import { type ConnectionSignal, hasSocket, isUsable, transitions } from './states.ts';

/** How a connection went down. */
export interface Downfall {
  readonly reason: string;
  readonly isRefused: boolean;
  /** Whether it was open before. */
  readonly wasOpen: boolean;
}

/** What a connection needs and whom it tells. */
export interface ConnectionOptions {
  readonly relay: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly openSocket: OpenSocket;
  readonly allowLocal: boolean;
  readonly limits: NetworkLimits;
  /** Whether anybody needs it. */
  isWanted(): boolean;
  /** Asks for room in the budget; where there is none, `want` is called again when there is. */
  takeSlot(): boolean;
  freeSlot(): void;
  opened(): void;
  received(message: RelayMessage): void;
  /** True where the frame is that of an event which needs no more than to be counted as a frame. */
  readonly skim?: ((text: string) => boolean) | undefined;
  /** A frame that is no message; with the subscription id where it begins like an event. */
  malformed(subId: string | undefined): void;
  down(downfall: Downfall): void;
  changed(status: RelayStatus): void;
}

/** One relay's connection: opened when it is wanted, kept alive, opened again after failures with growing waits. */
export interface Connection {
  readonly state: ConnectionState;
  readonly ledger: Ledger;
  /** Opens it where the time and the budget allow. */
  want(): void;
  /** Milliseconds until it may be usable: 0 now or under way, infinity where nothing is planned. */
  outlookMs(): number;
  /** Says whether the frame left. */
  send(frame: string): boolean;
  /** Closes it: nobody needs it now. */
  release(): void;
  /** Cuts it as failed. */
  cut(reason: string): void;
  /** Finds out at once whether the other side is there. */
  probe(): void;
  authenticating(isUnderWay: boolean): void;
  pauseReading(isPaused: boolean): void;
  setOnline(isOnline: boolean): void;
  status(): RelayStatus;
  stop(): void;
}

/** The subscription id of the request that stands in for a ping where there is none. */
const pingSubId = 'ping';
const pingFrame = JSON.stringify(['REQ', pingSubId, { ids: ['0'.repeat(64)], limit: 1 }]);
const pingCloseFrame = JSON.stringify(['CLOSE', pingSubId]);

/** Creates a connection that is idle. */
export function createConnection(options: ConnectionOptions): Connection {
  const { relay, clock, limits } = options;
  const ledger = createLedger();
  let state: ConnectionState = 'idle';
  let socket: RelaySocket | undefined;
  /** Sockets that were replaced or cut still call back; only the current one is heard. */
  let generation = 0;
  let failures = 0;
  let nextTryMs = 0;
  let givenUpMs = 0;
  let connectedSinceMs: number | undefined;
  let isOnline = true;
  let isStopped = false;
  let frames = { good: 0, garbage: 0 };
  let isReadingPaused = false;
  let heartbeat: Heartbeat | undefined;
  let cancelTimer = (): void => undefined;
  let cancelHeld = (): void => undefined;

  const status = (): RelayStatus => {
    const { bytesIn, bytesOut, framesIn, framesOut, requests, forged, lastFailure, lastNotice } = ledger;
    const traffic = { bytesIn, bytesOut, framesIn, framesOut, requests, forged };
    return { relay, state, attempts: failures, ...traffic, connectedSinceMs, lastFailure, lastNotice };
  };
  const signal = (what: ConnectionSignal): boolean => {
    const next = transitions[state][what];
    if (next === state) return false;
    state = next;
    options.changed(status());
    return true;
  };
  const later = (milliseconds: number, callback: () => void): void => {
    cancelTimer();
    cancelTimer = clock.after(milliseconds, callback);
  };

  const want = (): void => {
    if (isStopped) return;
    const now = clock.now();
    if (state === 'given-up') {
      if (!isOnline || now - givenUpMs < limits.coolDownMs) return;
      return connect('retry');
    }
    if (state === 'waiting' && isOnline && now >= nextTryMs) return connect('retry');
    if (state !== 'idle') return;
    if (isOnline && now >= nextTryMs) return connect('want');
    signal('hold');
    if (isOnline) later(nextTryMs - now, tryAgain);
  };
  /** Timers may ring a little before the clock says so. */
  const tryAgain = (): void => {
    nextTryMs = 0;
    want();
  };
  const connect = (why: 'want' | 'retry'): void => {
    if (!options.takeSlot()) return;
    cancelTimer();
    const mine = ++generation;
    const isMine = (): boolean => mine === generation;
    signal(why);
    later(limits.connectMs, () => fall({ reason: 'no connection in time', isRefused: false }));
    const handlers = {
      opened: () => isMine() && opened(),
      received: (text: string, bytes: number) => isMine() && received(text, bytes),
      ponged: () => isMine() && heartbeat?.received(),
      closed: (end: SocketEnd) => isMine() && fall(end),
    };
    const { allowLocal } = options;
    socket = options.openSocket(relay, handlers, {
      allowLocal,
      messageBytesMax: limits.messageBytesMax,
      connectMs: limits.connectMs,
    });
  };
  const opened = (): void => {
    cancelTimer();
    if (!signal('opened')) return;
    connectedSinceMs = clock.now();
    frames = { good: 0, garbage: 0 };
    isReadingPaused = false;
    cancelHeld = clock.after(limits.heldMs, () => {
      failures = 0;
    });
    const dead = (): void => cut('half-open: no answer to a ping');
    const { pingMs, pongMs } = limits;
    heartbeat = startHeartbeat({ clock, pingMs, pongMs, ping, dead, isExcused: () => isReadingPaused });
    options.opened();
  };
  const ping = (): void => {
    if (socket?.ping) socket.ping();
    else send(pingFrame);
  };
  const received = (text: string, bytes: number): void => {
    heartbeat?.received();
    ledger.framesIn++;
    ledger.bytesIn += bytes;
    if (options.skim?.(text) === true) {
      frames.good++;
      return;
    }
    const message = readMessage(text);
    if (message === undefined) {
      ledger.garbage++;
      frames.garbage++;
      // Old events of strange shapes are garbage too: they cut no relay that mostly makes sense.
      const isNoise = frames.garbage > limits.garbageFramesMax && frames.garbage > frames.good;
      if (isNoise) cut('sends what is no message of a relay');
      else options.malformed(/^\s*\[\s*"EVENT"\s*,\s*"([^"\\]{1,64})"/.exec(text.slice(0, 100))?.[1]);
      return;
    }
    frames.good++;
    if ('subId' in message && message.subId === pingSubId) {
      if (message.type === 'EOSE') send(pingCloseFrame);
    } else options.received(message);
  };
  /** The socket is gone, whoever ended it. */
  const fall = ({ reason, isRefused }: SocketEnd): void => {
    generation++;
    cancelTimer();
    cancelHeld();
    heartbeat?.stop();
    heartbeat = undefined;
    const old = socket;
    socket = undefined;
    old?.terminate();
    const wasOpen = isUsable(state);
    const wasClosing = state === 'closing';
    connectedSinceMs = undefined;
    if (wasClosing) signal('closed');
    else plan(reason, isRefused);
    options.freeSlot();
    if (!wasClosing) options.down({ reason, isRefused, wasOpen });
    if (isStopped) return;
    if (!options.isWanted()) release();
    else if (state === 'idle') want();
  };
  /** What follows a failure. */
  const plan = (reason: string, isRefused: boolean): void => {
    failures++;
    ledger.lastFailure = reason;
    const now = clock.now();
    if (isRefused || failures >= limits.attemptsMax) {
      givenUpMs = now;
      signal('exhausted');
      return;
    }
    const waitMs = computeBackoff(failures, { ...limits, random: options.random });
    nextTryMs = now + waitMs;
    signal('lost');
    if (isOnline) later(waitMs, tryAgain);
  };
  const send = (frame: string): boolean => {
    if (!socket || !isUsable(state)) return false;
    if (socket.bufferedBytes > limits.outgoingBytesMax) {
      cut('does not read what we send');
      return false;
    }
    ledger.framesOut++;
    ledger.bytesOut += utf8Bytes(frame);
    socket.send(frame);
    return true;
  };
  const cut = (reason: string): void => {
    if (hasSocket(state)) fall({ reason, isRefused: false });
  };
  const release = (): void => {
    const hadSocket = hasSocket(state);
    if (!signal('release')) return;
    cancelTimer();
    if (!hadSocket) return;
    heartbeat?.stop();
    later(limits.closeMs, () => fall({ reason: 'closed', isRefused: false }));
    socket?.close();
  };

  return {
    get state() {
      return state;
    },
    ledger,
    want,
    outlookMs() {
      if (hasSocket(state)) return 0;
      if (!isOnline || state === 'given-up') return Number.POSITIVE_INFINITY;
      return Math.max(0, nextTryMs - clock.now());
    },
    send,
    release,
    cut,
    probe: () => heartbeat?.probe(),
    authenticating: (isUnderWay) => void signal(isUnderWay ? 'authenticate' : 'authenticated'),
    pauseReading(isPaused) {
      isReadingPaused = isPaused;
      if (isPaused) socket?.pause?.();
      else socket?.resume?.();
    },
    setOnline(value) {
      isOnline = value;
      if (hasSocket(state)) return;
      cancelTimer();
      if (!value) return;
      // The failures of a machine without a network say nothing of the relay.
      failures = 0;
      nextTryMs = 0;
      givenUpMs = Number.NEGATIVE_INFINITY;
      if (options.isWanted()) want();
    },
    status,
    stop() {
      isStopped = true;
      cancelTimer();
      cut('stopped');
    },
  };
}

function readMessage(text: string): RelayMessage | undefined {
  try {
    return parseRelayMessage(text);
  } catch (error) {
    if (error instanceof InvalidError) return undefined;
    throw error;
  }
}
